package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, text := range []string{"one", "two"} {
		if err := WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != text {
			t.Errorf("want %q, got %q", text, got)
		}
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestWriteDirIsWholeOrAbsent(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "run")
	if err := WriteDir(dir, map[string][]byte{"x": []byte("1"), "no/such/folder": nil}); err == nil {
		t.Fatal("a file in a missing folder was written")
	}
	if left, _ := os.ReadDir(root); len(left) != 0 {
		t.Fatalf("a failed write left %v", left)
	}
	if err := WriteDir(dir, map[string][]byte{"x": []byte("1")}); err != nil {
		t.Fatal(err)
	}
	if err := WriteDir(dir, map[string][]byte{"x": []byte("2")}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "x")); string(got) != "1" {
		t.Errorf("a whole folder was overwritten: %q", got)
	}
}
