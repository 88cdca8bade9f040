package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAssemblyIsUpToDate generates the assembly again and compares.
func TestAssemblyIsUpToDate(t *testing.T) {
	dir := t.TempDir()
	tool := filepath.Join(dir, "asmgen.exe")
	if out, err := exec.Command("go", "build", "-o", tool, "./asmgen").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(tool)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	have, err := filepath.Glob("*.s")
	if err != nil || len(have) == 0 {
		t.Fatalf("no assembly here: %v", err)
	}
	for _, name := range have {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s is not generated any more: %v", name, err)
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what asmgen writes: go generate ./internal/kernel", name)
		}
	}
}
