package main

import (
	"os"
	"os/exec"
	"syscall"
)

// machines says what the workers run on.
func machines() string {
	if os.Geteuid() == 0 {
		return "two hosts (host names, process numbers and /proc of their own)"
	}
	return "one host (two need root)"
}

// onMachine is a command on a host of its own: with its own name and numbers of processes,
// as if its folder were a network file system's.
func onMachine(host, program string, args []string) *exec.Cmd {
	if os.Geteuid() != 0 {
		return exec.Command(program, args...)
	}
	script := `mount --make-rprivate / && mount -t proc proc /proc && hostname ` + host + ` && exec "$@"`
	cmd := exec.Command("sh", append([]string{"-c", script, "sh", program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUTS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	return cmd
}
