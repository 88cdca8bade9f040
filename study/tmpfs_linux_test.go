package study

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRealFullDisk runs a study on a file system that is too small for it, makes it greater
// and goes on.
func TestRealFullDisk(t *testing.T) {
	text := fmt.Sprintf(quickStudy, 6)
	want := undisturbed(t, text)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=200k"); err != nil {
		t.Skipf("a small file system cannot be mounted here (it needs root): %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(dir, "study.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"300k", "500k", "64m"} {
		out, err := startAndWait(t, path)
		if err == nil || !strings.Contains(string(out), "no space left on device") || !strings.Contains(string(out), "make room") {
			t.Errorf("before %s: %v\n%s", size, err, out)
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := startAndWait(t, path); err != nil {
		t.Errorf("with room: %v\n%s", err, out)
	}
	sameFiles(t, "after a full disk", runFiles(t, path), want)

	// A folder that can only be read says so, and loses nothing.
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if out, err := startAndWait(t, path); err == nil || !strings.Contains(string(out), "read-only file system") || !strings.Contains(string(out), "give rights") {
		t.Errorf("read-only: %v\n%s", err, out)
	}
	if p, err := ReadProgress(filepath.Join(dir, "out")); err != nil || p.Done != 24 {
		t.Errorf("status of a read-only folder: %+v, %v", p, err)
	}
}
