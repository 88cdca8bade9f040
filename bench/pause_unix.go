//go:build unix

package main

import (
	"os"
	"syscall"
)

// Libraries let idle threads spin for a while. A peer whose turn it is not is therefore
// stopped altogether.

func pause(p *os.Process)  { _ = p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process) { _ = p.Signal(syscall.SIGCONT) }
