// Package sharedtest finds the real data and golden files that some tests need.
package sharedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable names the environment variable that holds the folder with data/ and
// golden/. A relative path counts from the root of the module.
const Variable = "BIORNN_SHARED"

// Dir returns that folder. Without the variable the test is skipped and says so;
// with a wrong one it fails.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skipf("%s is not set: this test needs the real data beside the project", Variable)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root(t), dir)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	return dir
}

// File returns the path of a file below Dir, which must exist.
func File(t testing.TB, elem ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Dir(t)}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	return path
}

// root returns the folder of go.mod, at or above the working directory.
func root(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}
