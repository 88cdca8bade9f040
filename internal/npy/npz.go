package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Named is one array of an .npz file.
type Named struct {
	Name  string // without .npy
	Array *Array
}

// WriteArchive writes an .npz file: the arrays in the order given, stored without
// compression (whose bytes could change with the compressor) and without a time
// stamp, so that equal arrays give equal bytes.
func WriteArchive(w io.Writer, arrays []Named) error {
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return fmt.Errorf("npy: %s: %w", a.Name, err)
		}
		if err := Write(f, a.Array); err != nil {
			return fmt.Errorf("npy: %s: %w", a.Name, err)
		}
	}
	return z.Close()
}

// Archive is an open .npz file.
type Archive struct {
	name  string
	size  int64
	file  *os.File
	files map[string]*zip.File
	names []string
}

// OpenArchive opens an .npz file.
func OpenArchive(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a, err := newArchive(f, filepath.Base(path))
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func newArchive(f *os.File, name string) (*Archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("npy: %s: want an .npz file (a zip archive), got %d bytes that are none or are truncated: %w", name, info.Size(), err)
	}
	a := &Archive{name: name, size: info.Size(), file: f, files: map[string]*zip.File{}}
	for _, e := range z.File {
		key, ok := strings.CutSuffix(e.Name, ".npy")
		if !ok || a.files[key] != nil {
			continue
		}
		a.files[key] = e
		a.names = append(a.names, key)
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

// Names lists the arrays in the order of the file.
func (a *Archive) Names() []string { return a.names }

// Has tells whether there is an array of that name.
func (a *Archive) Has(name string) bool { return a.files[name] != nil }

// Array reads one array.
func (a *Archive) Array(name string) (*Array, error) {
	e := a.files[name]
	if e == nil {
		return nil, fmt.Errorf("npy: %s: want an array %q, got only %s", a.name, name, strings.Join(a.names, ", "))
	}
	b, err := a.bytes(e)
	if err != nil {
		return nil, fmt.Errorf("npy: %s: %s: %w", a.name, name, err)
	}
	out, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("npy: %s: %s: %w", a.name, name, err)
	}
	return out, nil
}

// bytes unpacks one file of the archive. Deflate shrinks at most 1,032-fold, so a
// larger claim is a forgery.
func (a *Archive) bytes(e *zip.File) ([]byte, error) {
	limit := uint64(a.size)
	if e.Method == zip.Deflate {
		limit = 1032*min(e.CompressedSize64, uint64(a.size)) + 64
	}
	if e.UncompressedSize64 > limit {
		return nil, fmt.Errorf("want at most %d bytes, the archive claims %d", limit, e.UncompressedSize64)
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if e.Method == zip.Deflate {
		return io.ReadAll(io.LimitReader(r, int64(limit)))
	}
	b := make([]byte, e.UncompressedSize64)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	// The checksum is compared at the end of the file only.
	if n, err := r.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return nil, fmt.Errorf("want %d bytes whose checksum agrees, got others (%v)", len(b), err)
	}
	return b, nil
}
