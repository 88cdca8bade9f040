//go:build unix && !linux

package main

import "os/exec"

func machines() string { return "one host" }

func onMachine(_, program string, args []string) *exec.Cmd { return exec.Command(program, args...) }
