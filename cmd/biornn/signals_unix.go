//go:build unix

package main

import (
	"os"
	"syscall"
)

// stopSignals ask the process to stop: SIGUSR1 is what batch systems send before a limit
// of time.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1}
