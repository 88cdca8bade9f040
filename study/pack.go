package study

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"biornn/experiment"
	"biornn/internal/durable"
)

// PackExtension ends the name of the file of a packed study.
const PackExtension = ".tar.zst"

// packed are the files of a study's folders that go into a pack, beside the runs: what the
// study is, and what study biology says of it.
var packed = []string{describeFile, biologyFile, sweepFile, studyFile, verdictsFile, "verdicts.md"}

// maxPacked is the length to which a file of a pack is read.
const maxPacked = 64 << 20

// Pack writes a study's folder in the form of a zstd-compressed tar archive, without
// circuits, weights and all that can be made again: of each run its spec, learning curve,
// result and measures, about a kilobyte. Equal folders give equal bytes. It returns the
// number of runs; each must be as it was written.
func Pack(dir string, w io.Writer) (runs int, err error) {
	if _, err := os.Stat(dir); err != nil {
		return 0, fmt.Errorf("study: pack: %w (the folder of a study is wanted, as reproduce, study and sweep write it)", err)
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	t := tar.NewWriter(z)
	add := func(name string, data []byte) error {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Format: tar.FormatPAX}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		_, err := t.Write(data)
		return err
	}
	err = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case e.IsDir() && path.Base(path.Dir(rel)) == runsDir:
			if !runName.MatchString(e.Name()) { // in work, or set aside
				return fs.SkipDir
			}
			runs++
			return cmp.Or(packRun(p, rel, add), fs.SkipDir)
		case !e.IsDir() && slices.Contains(packed, e.Name()):
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			return add(rel, data)
		}
		return nil
	})
	if err == nil && runs == 0 {
		err = fmt.Errorf("%s holds no runs", dir)
	}
	if err = errors.Join(err, t.Close(), z.Close()); err != nil {
		return 0, fmt.Errorf("study: pack: %w", err)
	}
	return runs, nil
}

func packRun(dir, rel string, add func(string, []byte) error) error {
	files, err := experiment.Record(dir)
	if err != nil {
		return err
	}
	if _, err := measuresOf(dir); err != nil {
		return err
	}
	if data, err := os.ReadFile(filepath.Join(dir, measuresFile)); err == nil {
		files[measuresFile] = data
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := add(path.Join(rel, name), files[name]); err != nil {
			return err
		}
	}
	return nil
}

// Unpack makes the folder of a study from what Pack wrote. The folder must be empty or not
// there. The command that made the study goes on in it: its runs count, though they have
// no weights.
func Unpack(r io.Reader, dir string) (runs int, err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return 0, fmt.Errorf("study: unpack: %s: want an empty folder, got %d files; choose another", dir, len(entries))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("study: unpack: %w", err)
	}
	fail := func(err error) (int, error) {
		return 0, fmt.Errorf("study: unpack: %w (a pack made by biornn study pack is wanted)", err)
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return fail(err)
	}
	defer z.Close()
	folders := map[string]map[string][]byte{} // of the runs
	others := map[string][]byte{}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fail(err)
		}
		if !filepath.IsLocal(h.Name) || h.Name != path.Clean(h.Name) || h.Typeflag != tar.TypeReg || h.Size > maxPacked {
			return fail(fmt.Errorf("%.80q: want a file below the folder of at most %d bytes", h.Name, maxPacked))
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return fail(err)
		}
		folder, name := path.Split(h.Name)
		folder = strings.TrimSuffix(folder, "/")
		switch isRun := path.Base(path.Dir(folder)) == runsDir && runName.MatchString(path.Base(folder)); {
		case isRun && folders[folder] == nil:
			folders[folder] = map[string][]byte{name: data}
		case isRun:
			folders[folder][name] = data
		case slices.Contains(packed, name):
			others[h.Name] = data
		default:
			return fail(fmt.Errorf("%.80q: it is no file of a study", h.Name))
		}
	}
	if len(folders) == 0 {
		return fail(errors.New("it holds no runs"))
	}
	return len(folders), unpackInto(dir, folders, others)
}

// unpackInto writes the runs first, so that a folder that was cut short is no study. They
// are not flushed one by one: the pack is still there, and damage would be found.
func unpackInto(dir string, folders map[string]map[string][]byte, others map[string][]byte) error {
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		to := filepath.Join(dir, filepath.FromSlash(folder))
		if err := os.MkdirAll(to, 0o755); err != nil {
			return fmt.Errorf("study: unpack: %w", err)
		}
		for name, data := range folders[folder] {
			if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
				return fmt.Errorf("study: unpack: %w", err)
			}
		}
		if _, err := experiment.LoadRecord(to); err != nil {
			return fmt.Errorf("study: unpack: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("study: unpack: %w", err)
		}
		if err := durable.WriteFile(to, others[name]); err != nil {
			return fmt.Errorf("study: unpack: %w", err)
		}
	}
	return nil
}
