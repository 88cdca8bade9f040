package rows

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, kind string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	switch kind {
	case ".gz":
		w := gzip.NewWriter(&out)
		_, _ = w.Write(data)
		_ = w.Close()
	case ".zst":
		w, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(data)
		_ = w.Close()
	default:
		return data
	}
	return out.Bytes()
}

// read returns an integer, a number and a text column of a table.
func read(t testing.TB, columns [3]string, paths ...string) (ints []int64, floats []float64, texts []string, err error) {
	t.Helper()
	table, err := Open(paths...)
	if err != nil {
		return nil, nil, nil, err
	}
	err = table.Scan(columns[:], func(b *Batch) error {
		var err error
		if ints, err = b.Ints(ints, 0); err != nil {
			return err
		}
		if floats, err = b.Floats(floats, 1); err != nil {
			return err
		}
		for i := range b.N {
			texts = append(texts, b.Text(i, 2))
		}
		return nil
	})
	return ints, floats, texts, err
}

var abc = [3]string{"a", "b", "c"}

func TestText(t *testing.T) {
	const big = "864691135639004475"
	for name, text := range map[string]string{
		"plain":             "a,b,c\n" + big + ",1.5,x\n,,\n",
		"other order":       "c,other,b,a\nx,9,1.5," + big + "\n,9,,\n",
		"tabs":              "a\tb\tc\n" + big + "\t1.5\tx\n\t\t\n",
		"windows":           "a,b,c\r\n" + big + ",1.5,x\r\n,,\r\n",
		"byte order mark":   "\xef\xbb\xbfa,b,c\n" + big + ",1.5,x\n,,\n",
		"no last newline":   "a,b,c\n" + big + ",1.5,x\n,,",
		"quoted":            "\"a\",b,\"c\"\n\"" + big + "\",1.5,\"x\"\n\"\",,\n",
		"spaces":            " a , b , c \n " + big + " , 1.5 , x \n , , \n",
		"spelt out missing": "a,b,c\n" + big + ",1.5,x\n<NA>,nan,None\n",
		"blank lines":       "a,b,c\n\n" + big + ",1.5,x\n\n,,\n\n",
	} {
		for _, kind := range []string{"", ".gz", ".zst"} {
			ints, floats, texts, err := read(t, abc, write(t, "table.csv"+kind, packed(t, kind, []byte(text))))
			if err != nil {
				t.Errorf("%s%s: %v", name, kind, err)
				continue
			}
			if !slices.Equal(ints, []int64{864691135639004475, 0}) || len(floats) != 2 || floats[0] != 1.5 || !math.IsNaN(floats[1]) || !slices.Equal(texts, []string{"x", ""}) && name != "spelt out missing" {
				t.Errorf("%s%s: got %v, %v, %q", name, kind, ints, floats, texts)
			}
		}
	}
}

func TestQuotedNewlines(t *testing.T) {
	_, _, texts, err := read(t, abc, write(t, "t.csv", []byte("a,b,c\n1,2,\"one, \"\"two\"\"\nthree\"\n4,5,six\n")))
	if err != nil || !slices.Equal(texts, []string{"one, \"two\"\nthree", "six"}) {
		t.Errorf("got %q, %v", texts, err)
	}
}

// TestChunks reads rows that lie across the borders of chunks, plain and compressed, in
// several files.
func TestChunks(t *testing.T) {
	s := rng.New(1, "rows/chunks")
	var all []int64
	dir := t.TempDir()
	for part := range 3 {
		var b bytes.Buffer
		b.WriteString("id,filler,x\n")
		for range 60000 {
			id := int64(s.Uint64() >> 2)
			all = append(all, id)
			fmt.Fprintf(&b, "%d,%s,0.5\n", id, strings.Repeat("y", s.IntN(150)))
		}
		kind := []string{"", ".gz", ".zst"}[part]
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part_%d.csv%s", part, kind)), packed(t, kind, b.Bytes()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ints, _, _, err := read(t, [3]string{"id", "x", "x"}, filepath.Join(dir, "part_*"))
	if err != nil || !slices.Equal(ints, all) {
		t.Errorf("%d of %d rows, %v", len(ints), len(all), err)
	}
}

func TestBadText(t *testing.T) {
	good := packed(t, ".gz", bytes.Repeat([]byte("a,b,c\n"), 100000))
	for name, test := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"empty":             {"t.csv", nil, "empty file"},
		"a row too short":   {"t.csv", []byte("a,b,c\n1,2,3\n4,5\n"), "t.csv: line 3: want 3 fields"},
		"a row too long":    {"t.csv", []byte("a,b,c\n1,2,3,4\n"), "line 2: want 3 fields"},
		"no integer":        {"t.csv", []byte("a,b,c\n1,2,3\nx,5,6\n"), "t.csv:3: a: want an integer"},
		"digits lost":       {"t.csv", []byte("a,b,c\n8.646911356390045e+17,5,6\n"), "digits are lost"},
		"no number":         {"t.csv", []byte("a,b,c\n1,two,3\n"), "t.csv:2: b: want a number"},
		"no such column":    {"t.csv", []byte("a,bb,c\n1,2,3\n"), `want a column "b"`},
		"no header":         {"t.csv", []byte("1,2.5,3\n4,5,6\n"), "no header"},
		"an open quotation": {"t.csv", append([]byte("a,b,c\n1,2,\"x\n"), bytes.Repeat([]byte("y,z\n"), longestRow/4+chunkSize)...), "quotation mark"},
		"cut gz":            {"t.csv.gz", good[:len(good)-20], "cut short"},
		"no gz":             {"t.csv.gz", []byte("a,b,c\n1,2,3\n4,5,6\n7,8,9\n"), "damaged"},
		"many columns":      {"t.csv", []byte(strings.Repeat("x,", 2*mostNames) + "\n"), "columns"},
		"garbage":           {"t.csv", bytes.Repeat([]byte{1, 2, 3, 4}, headerSize), "header"},
		"no parquet":        {"t.parquet", []byte("PAR1 not"), "t.parquet"},
		"no feather":        {"t.feather", []byte("ARROW1 not"), "t.feather"},
		"old feather":       {"t.feather", []byte("FEA1xxxxxxxx"), "version 1"},
	} {
		_, _, _, err := read(t, abc, write(t, test.file, test.data))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", name, test.want, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none_*.csv")); err == nil || !strings.Contains(err.Error(), "no file matches") {
		t.Errorf("a pattern without files: %v", err)
	}
	if _, err := Open(write(t, "x.csv", []byte("a,b\n")), write(t, "y.csv", []byte("a,c\n"))); err == nil || !strings.Contains(err.Error(), "parts of one table") {
		t.Errorf("files of different columns: %v", err)
	}
}

// TestRealFeather reads the files of Ding et al. 2025.
func TestRealFeather(t *testing.T) {
	dir := filepath.Join(sharedtest.Dir(t), "data", "minnie65_ding2025")
	for file, want := range map[string][2]int{"pre_mean_corr.feather": {1420, 6}, "presyn_mean.feather": {2688, 5}, "presyn_stats.feather": {84, 12}} {
		table, err := Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = table.Scan(table.Columns(), func(b *Batch) error {
			for i := range b.N {
				for c := range table.Columns() {
					b.Text(i, c)
				}
			}
			n += b.N
			return nil
		})
		if err != nil || n != want[0] || len(table.Columns()) != want[1] {
			t.Errorf("%s: %d rows, %d columns, want %v: %v", file, n, len(table.Columns()), want, err)
		}
		if s := table.Sources(); len(s) != 1 || len(s[0].SHA256) != 64 {
			t.Errorf("%s: sources %v", file, s)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a,b,c\n1,2,3\n"), "")
	f.Add([]byte("a,b,c\n1,\"2\n\",3\n"), "")
	f.Add([]byte("PAR1"), "parquet")
	f.Fuzz(func(t *testing.T, data []byte, kind string) {
		name := "t.csv"
		if kind != "" {
			name = "t." + map[bool]string{true: "parquet", false: "feather"}[kind == "parquet"]
		}
		_, _, _, _ = read(t, abc, write(t, name, data))
	})
}

// BenchmarkText filters a synapse table as CAVE exports it.
func BenchmarkText(b *testing.B) {
	s := rng.New(2, "rows/bench")
	var text bytes.Buffer
	text.WriteString("id,size,pre_pt_supervoxel_id,pre_pt_root_id,post_pt_supervoxel_id,post_pt_root_id,pre_pt_position,post_pt_position,ctr_pt_position\n")
	for i := range 300000 {
		fmt.Fprintf(&text, "%d,%d,%d,%d,%d,%d,[%d %d  %d],[%d %d  %d],[%d %d  %d]\n", i, s.IntN(20000), 91276027439303979+i, 864691135000000000+s.IntN(1000000),
			91276096158784859+i, 864691135000000000+s.IntN(1000000), 192580, 118978, 22419, 192598, 118998, 22407, 192580, 118962, 22412)
	}
	path := write(b, "synapses.csv", text.Bytes())
	b.SetBytes(int64(text.Len()))
	known := map[int64]bool{864691135000000007: true}
	for b.Loop() {
		table, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		var pre, post []int64
		hits := 0
		err = table.Scan([]string{"id", "pre_pt_root_id", "post_pt_root_id"}, func(batch *Batch) error {
			var err error
			if pre, err = batch.Ints(pre[:0], 1); err != nil {
				return err
			}
			if post, err = batch.Ints(post[:0], 2); err != nil {
				return err
			}
			for i := range pre {
				if known[pre[i]] && known[post[i]] {
					hits++
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestProgress reads tables of every kind whole; then all of their bytes were read.
func TestProgress(t *testing.T) {
	dir := filepath.Join(sharedtest.Dir(t), "data", "minnie65_ding2025")
	text := bytes.Repeat([]byte("1,2,3\n"), 100000)
	before, expected := Progress()
	size := int64(0)
	for _, path := range []string{filepath.Join(dir, "presyn_mean.feather"), write(t, "t.csv", append([]byte("a,b,c\n"), text...)),
		write(t, "t.csv.gz", packed(t, ".gz", append([]byte("a,b,c\n"), text...)))} {
		table, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Scan(table.Columns()[:1], func(*Batch) error { return nil }); err != nil {
			t.Fatal(err)
		}
		info, _ := os.Stat(path)
		size += info.Size()
	}
	read, total := Progress()
	if read-before != size || total-expected != size {
		t.Errorf("read %d of %d bytes, want %d", read-before, total-expected, size)
	}
}
