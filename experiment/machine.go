package experiment

import (
	"bufio"
	"os"
	"runtime"
	"strings"
	"time"

	"biornn/internal/kernel"
)

// ThisMachine describes the machine and a duration of work on it.
func ThisMachine(took time.Duration) Machine {
	return Machine{Version: Version, Go: runtime.Version(), CPU: cpuModel(), Kernel: kernel.Name(), Seconds: took.Seconds()}
}

// cpuModel returns the processor's name where the system tells it, else the architecture.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
