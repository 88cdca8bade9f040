package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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

// TestCreateIsExclusive: of many that make a file at the same time one is told so, with
// links and without.
func TestCreateIsExclusive(t *testing.T) {
	for _, links := range []bool{true, false} {
		restore := Inject(func(step, _ string) error {
			if step == "link" && !links {
				return errors.New("no links here")
			}
			return nil
		})
		path := filepath.Join(t.TempDir(), "claim")
		made := make([]bool, 20)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				var err error
				if made[i], err = Create(path, fmt.Appendf(nil, "owner %d", i), i%2 == 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		restore()
		got, err := os.ReadFile(path)
		for i, is := range made {
			if is != (string(got) == fmt.Sprint("owner ", i)) {
				t.Errorf("links %v: owner %d is told %v, the file says %q (%v)", links, i, is, got, err)
			}
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestFaults: whatever step fails, the old file stays and nothing is left behind.
func TestFaults(t *testing.T) {
	for _, failing := range []string{"create", "write", "sync", "close", "rename"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		if err := WriteFile(path, []byte("old")); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		restore := Inject(func(step, _ string) error {
			if step == failing {
				return broken
			}
			return nil
		})
		err := WriteFile(path, []byte("new"))
		dirErr := WriteDir(filepath.Join(dir, "d"), map[string][]byte{"x": []byte("1")})
		restore()
		if !errors.Is(err, broken) || !errors.Is(dirErr, broken) {
			t.Errorf("%s: %v, %v", failing, err, dirErr)
		}
		left, _ := os.ReadDir(dir)
		if got, _ := os.ReadFile(path); string(got) != "old" || len(left) != 1 {
			t.Errorf("%s: the file says %q, left are %v", failing, got, left)
		}
	}
}
