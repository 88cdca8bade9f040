package sweep

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// bootID names this start of this host and the name space of its processes: within it,
// numbers of processes mean the same.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text)) + " " + space
}

// processStarted returns when a process of this host began, in ticks since the host did,
// and whether it is over and only waits to be buried; "" where that cannot be seen.
func processStarted(pid int) (started string, over bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	at := strings.LastIndex(string(text), ") ") // the name before it may hold anything
	if at < 0 {
		return "", false
	}
	fields := strings.Fields(string(text)[at+2:])
	if len(fields) < 20 {
		return "", false
	}
	return fields[19], fields[0] == "Z" || fields[0] == "X"
}

// isGone reports whether the process of a number, begun at a time, is surely over. A
// process of another user may be hidden, which is no death.
func isGone(pid int, started string) bool {
	now, over := processStarted(pid)
	if now == "" {
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
	}
	return over || started != "" && now != started
}
