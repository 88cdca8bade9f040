// Package durable writes files and folders that are whole or absent: beside
// their place first, flushed to the disk, then renamed.
package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// partMark stands in the names of files and folders that are being written.
const partMark = ".part-"

// IsPart reports whether a name is that of a write in progress, or of one that a dying
// process left.
func IsPart(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, partMark)
}

// WriteFile replaces path by data.
func WriteFile(path string, data []byte) error {
	part, err := writePart(path, data, true)
	if err != nil {
		return err
	}
	defer os.Remove(part) // fails, as it should, once renamed
	if err := renamed(part, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Create makes path with data, if nobody else did: of many that try at the same time,
// exactly one is told that it made the file. The file is complete when its name appears
// (where there are no hard links: almost). data must be unlike that of all others, for a
// file server may make the file and lose the answer. Only with flush does it surely outlive
// a loss of power.
func Create(path string, data []byte, flush bool) (made bool, err error) {
	part, err := writePart(path, data, flush)
	if err != nil {
		return false, err
	}
	defer os.Remove(part)
	if err = fault("link", path); err == nil {
		err = os.Link(part, path)
	}
	if err == nil {
		return true, nil
	}
	if is, readErr := holds(path, data); readErr == nil {
		return is, nil
	} else if !errors.Is(readErr, fs.ErrNotExist) {
		return false, readErr
	}
	return createInPlace(path, data, flush, err)
}

// createInPlace is Create where a file system refused a link.
func createInPlace(path string, data []byte, flush bool, linkErr error) (made bool, err error) {
	if err := fault("create", path); err != nil {
		return false, errors.Join(linkErr, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return holds(path, data)
	} else if err != nil {
		return false, err
	}
	if err := fill(f, path, data, flush); err != nil {
		return false, errors.Join(err, os.Remove(path))
	}
	return true, nil
}

func holds(path string, data []byte) (bool, error) {
	got, err := os.ReadFile(path)
	return err == nil && bytes.Equal(got, data), err
}

// writePart writes data beside path and returns the name of the part.
func writePart(path string, data []byte, flush bool) (part string, err error) {
	if err := fault("create", path); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+partMark+"*")
	if err != nil {
		return "", err
	}
	err = fill(f, path, data, flush)
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", path, err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func fill(f *os.File, path string, data []byte, flush bool) error {
	n := len(data)
	short := fault("write", path)
	if short != nil {
		n /= 2
	}
	_, err := f.Write(data[:n])
	err = errors.Join(err, short)
	if err == nil && flush {
		if err = fault("sync", path); err == nil {
			err = f.Sync()
		}
	}
	return errors.Join(err, fault("close", path), f.Close())
}

func renamed(from, to string) error {
	if err := fault("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// WriteDir makes the folder dir with the given files. A folder that is already
// there stays as it is: whoever wrote it was as complete.
func WriteDir(dir string, files map[string][]byte) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := fault("mkdir", dir); err != nil {
		return err
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+partMark+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part)
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := fault("create", filepath.Join(dir, name)); err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(part, name))
		if err != nil {
			return err
		}
		if err := fill(f, filepath.Join(dir, name), files[name], true); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
	}
	if err := syncDir(part); err != nil {
		return err
	}
	if err := renamed(part, dir); err != nil {
		if _, there := os.Stat(dir); there == nil && errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// syncDir flushes the folder's entries. Some file systems cannot, which is no
// failure of the write.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
