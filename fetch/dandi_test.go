package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// archive is a server with the interface of DANDI and one file in it.
type archive struct {
	content  []byte
	sum      string
	noRanges bool
	cutAfter int   // bytes after which downloads break off, 0: never
	broken   int32 // answers of 503 before the first good one
	requests atomic.Int32
	ranges   atomic.Int32
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.requests.Add(1)
	if atomic.AddInt32(&a.broken, -1) >= 0 {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	base := "http://" + r.Host
	switch r.URL.Path {
	case "/api/dandisets/000402/versions/draft/assets/":
		if r.URL.Query().Get("page") == "2" {
			fmt.Fprintf(w, `{"next": null, "results": [{"asset_id": "a1", "path": "sub-1/a_scan-4.nwb", "size": %d}]}`, len(a.content))
			return
		}
		fmt.Fprintf(w, `{"next": "%s/api/dandisets/000402/versions/draft/assets/?page=2", "results": [{"asset_id": "b", "path": "sub-1/b_scan-5.nwb", "size": 3}]}`, base)
	case "/api/assets/a1/":
		json.NewEncoder(w).Encode(map[string]any{"digest": map[string]string{"dandi:sha2-256": a.sum}})
	case "/api/assets/a1/download/":
		http.Redirect(w, r, base+"/blob", http.StatusFound)
	case "/blob":
		if r.Header.Get("Range") != "" {
			a.ranges.Add(1)
		}
		if a.noRanges {
			r.Header.Del("Range")
			w.Write(a.content)
			return
		}
		var to http.ResponseWriter = w
		if a.cutAfter > 0 {
			to = &cutter{w, a.cutAfter}
		}
		http.ServeContent(to, r, "", time.Time{}, bytes.NewReader(a.content))
	default:
		http.NotFound(w, r)
	}
}

// cutter breaks the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		c.ResponseWriter.Write(b[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

func serve(t *testing.T, a *archive) Dandi {
	t.Helper()
	firstPause = time.Millisecond
	if a.content == nil {
		a.content = bytes.Repeat([]byte("0123456789abcdef"), 20000)
	}
	if a.sum == "" {
		sum := sha256.Sum256(a.content)
		a.sum = hex.EncodeToString(sum[:])
	}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return Dandi{API: s.URL + "/api", Dandiset: "000402"}
}

func TestDownload(t *testing.T) {
	for name, a := range map[string]*archive{
		"whole": {}, "no ranges": {noRanges: true}, "busy at first": {broken: 2}, "cut": {cutAfter: 100000},
	} {
		d := serve(t, a)
		assets, err := d.Assets(context.Background(), "*scan-4*")
		if err != nil || len(assets) != 1 || assets[0].Path != "sub-1/a_scan-4.nwb" {
			t.Fatalf("%s: want the asset of the second page, got %v, %v", name, assets, err)
		}
		dir := t.TempDir()
		last := int64(0)
		path, err := d.Download(context.Background(), assets[0], dir, func(done, total int64) { last = done })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, a.content) || last != int64(len(a.content)) {
			t.Errorf("%s: got other bytes (%v), %d reported", name, err, last)
		}
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
			t.Errorf("%s: want the file alone, got %v", name, entries)
		}
		before := a.requests.Load()
		if _, err := d.Download(context.Background(), assets[0], dir, nil); err != nil || a.requests.Load() != before+1 {
			t.Errorf("%s: again: want the file kept after one request, got %d (%v)", name, a.requests.Load()-before, err)
		}
	}
}

// What an earlier attempt left is continued, not fetched anew.
func TestResume(t *testing.T) {
	a := &archive{}
	d := serve(t, a)
	dir := t.TempDir()
	part := filepath.Join(dir, "sub-1", "a_scan-4.nwb.part")
	os.MkdirAll(filepath.Dir(part), 0o755)
	os.WriteFile(part, a.content[:123457], 0o644)
	path, err := d.Download(context.Background(), Asset{"a1", "sub-1/a_scan-4.nwb", int64(len(a.content))}, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, a.content) || a.ranges.Load() != 1 {
		t.Errorf("want the rest by one range, got %d ranges", a.ranges.Load())
	}
}

func TestRefusals(t *testing.T) {
	d := serve(t, &archive{sum: strings.Repeat("0", 64)})
	dir := t.TempDir()
	asset := Asset{"a1", "sub-1/a_scan-4.nwb", 320000}
	if _, err := d.Download(context.Background(), asset, dir, nil); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("wrong checksum: got %v", err)
	}
	filepath.WalkDir(dir, func(path string, e os.DirEntry, _ error) error {
		if !e.IsDir() {
			t.Errorf("damaged: want nothing left, got %s", path)
		}
		return nil
	})
	asset.Path = "../../etc/passwd"
	if _, err := d.Download(context.Background(), asset, dir, nil); err == nil || !strings.Contains(err.Error(), "within the dandiset") {
		t.Errorf("path out of the folder: got %v", err)
	}
	asset.Path, asset.Size = "x", 10
	if _, err := d.Download(context.Background(), asset, dir, nil); err == nil || !strings.Contains(err.Error(), "got more") {
		t.Errorf("more bytes than announced: got %v", err)
	}
	d.Dandiset = "402"
	if _, err := d.Assets(context.Background(), ""); err == nil || !strings.Contains(err.Error(), "six digits") {
		t.Errorf("number: got %v", err)
	}
	d.Dandiset = "000999"
	if _, err := d.Assets(context.Background(), ""); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("missing dandiset: got %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := d.Assets(ctx, ""); err == nil {
		t.Error("cancelled: want an error")
	}
}
