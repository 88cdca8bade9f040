// Package fetch downloads published recordings.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DandiAPI is the address of the DANDI archive's REST interface.
const DandiAPI = "https://api.dandiarchive.org/api"

// Dandi reads one version of a dandiset.
type Dandi struct {
	API      string // default: DandiAPI
	Dandiset string // six digits, such as 000402
	Version  string // default: draft
	Client   *http.Client
}

// Asset is a file of a dandiset.
type Asset struct {
	ID   string `json:"asset_id"`
	Path string `json:"path"` // within the dandiset, with slashes
	Size int64  `json:"size"` // bytes
}

func (d Dandi) api() string {
	if d.API == "" {
		return DandiAPI
	}
	return strings.TrimSuffix(d.API, "/")
}

func (d Dandi) version() string {
	if d.Version == "" {
		return "draft"
	}
	return d.Version
}

// maxPages bounds how many pages of a list are asked for.
const maxPages = 10000

// Assets lists the files whose path, or its last part, matches a pattern such as
// "*session-7-scan-4*.nwb"; "" matches all. They come by path.
func (d Dandi) Assets(ctx context.Context, pattern string) ([]Asset, error) {
	if n, err := strconv.Atoi(d.Dandiset); err != nil || n < 0 || len(d.Dandiset) != 6 {
		return nil, fmt.Errorf("fetch: dandiset: want six digits, such as 000402, got %q", d.Dandiset)
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("fetch: pattern %q: %w", pattern, err)
	}
	next := fmt.Sprintf("%s/dandisets/%s/versions/%s/assets/?page_size=1000", d.api(), d.Dandiset, url.PathEscape(d.version()))
	var out []Asset
	for page := 0; next != ""; page++ {
		if page == maxPages {
			return nil, fmt.Errorf("fetch: dandiset %s: want at most %d pages of assets, got more", d.Dandiset, maxPages)
		}
		var list struct {
			Next    *string `json:"next"`
			Results []Asset `json:"results"`
		}
		if err := d.json(ctx, next, &list); err != nil {
			return nil, err
		}
		for _, a := range list.Results {
			if matches(pattern, a.Path) {
				out = append(out, a)
			}
		}
		next = ""
		if list.Next != nil {
			next = *list.Next
		}
	}
	slices.SortFunc(out, func(a, b Asset) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	whole, _ := path.Match(pattern, name)
	last, _ := path.Match(pattern, path.Base(name))
	return whole || last
}

func (d Dandi) client() *http.Client {
	if d.Client != nil {
		return d.Client
	}
	return http.DefaultClient
}

// largestAnswer bounds the answers that are not files.
const largestAnswer = 64 << 20

func (d Dandi) json(ctx context.Context, address string, to any) error {
	return persist(ctx, func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return final{fmt.Errorf("fetch: %w", err)}
		}
		answer, err := d.client().Do(r)
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		defer answer.Body.Close()
		if err := status(answer, http.StatusOK); err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(answer.Body, largestAnswer))
		if err != nil {
			return fmt.Errorf("fetch: %s: %w", address, err)
		}
		if err := json.Unmarshal(text, to); err != nil {
			return final{fmt.Errorf("fetch: %s: want JSON: %w", address, err)}
		}
		return nil
	})
}

// status tells whether an answer is one of those wanted, and whether to ask again.
func status(answer *http.Response, wanted ...int) error {
	if slices.Contains(wanted, answer.StatusCode) {
		return nil
	}
	err := fmt.Errorf("fetch: %s: want status %d, got %s", answer.Request.URL, wanted[0], answer.Status)
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500 {
		return err
	}
	return final{err}
}

// final is an error that another attempt would not cure.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// attempts and the pause after the first, which doubles.
const attempts = 6

var firstPause = time.Second

// persist calls f until it succeeds, fails finally or has failed too often.
func persist(ctx context.Context, f func() error) error {
	pause := firstPause
	for k := 1; ; k++ {
		err := f()
		var end final
		if err == nil || k == attempts || ctx.Err() != nil {
			return err
		}
		if errors.As(err, &end) {
			return end.error
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// Download writes an asset to folder/<its path> and returns that name. What an
// interrupted download left (the name and .part) is continued; a file that is there
// already with the right checksum is kept. The result is whole, with the SHA-256 that the
// archive states, or absent. progress, unless nil, is told the bytes that are here.
func (d Dandi) Download(ctx context.Context, a Asset, folder string, progress func(done, total int64)) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(a.Path)) {
		return "", fmt.Errorf("fetch: asset %s: want a path within the dandiset, got %q", a.ID, a.Path)
	}
	name := filepath.Join(folder, filepath.FromSlash(a.Path))
	sum, err := d.checksum(ctx, a)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(name); err == nil && info.Size() == a.Size {
		if err := verify(name, sum); err == nil {
			return name, nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", fmt.Errorf("fetch: %w", err)
	}
	part := name + ".part"
	address := d.api() + "/assets/" + url.PathEscape(a.ID) + "/download/"
	if err := persist(ctx, func() error { return d.rest(ctx, address, part, a.Size, progress) }); err != nil {
		return "", fmt.Errorf("%w; %s keeps what is here, and the same command goes on", err, filepath.Base(part))
	}
	if err := verify(part, sum); err != nil {
		os.Remove(part)
		return "", fmt.Errorf("fetch: %s: %w; it was removed: download it again", a.Path, err)
	}
	if err := os.Rename(part, name); err != nil {
		return "", fmt.Errorf("fetch: %w", err)
	}
	return name, nil
}

// checksum asks for the SHA-256 of an asset; "" where the archive has none (yet).
func (d Dandi) checksum(ctx context.Context, a Asset) (string, error) {
	var meta struct {
		Digest map[string]string `json:"digest"`
	}
	if err := d.json(ctx, d.api()+"/assets/"+url.PathEscape(a.ID)+"/", &meta); err != nil {
		return "", err
	}
	return strings.ToLower(meta.Digest["dandi:sha2-256"]), nil
}

func verify(name, sum string) error {
	if sum == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return fmt.Errorf("want SHA-256 %s, got %s", sum, got)
	}
	return nil
}

// rest appends what is missing of an asset to the file part.
func (d Dandi) rest(ctx context.Context, address, part string, size int64, progress func(done, total int64)) (err error) {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return final{fmt.Errorf("fetch: %w", err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	from, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return final{fmt.Errorf("fetch: %w", err)}
	}
	if from > size {
		if err := f.Truncate(0); err != nil {
			return final{fmt.Errorf("fetch: %w", err)}
		}
		from, _ = f.Seek(0, io.SeekStart)
	}
	if from == size {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return final{fmt.Errorf("fetch: %w", err)}
	}
	if from > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	answer, err := d.client().Do(r)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	defer answer.Body.Close()
	if err := status(answer, http.StatusOK, http.StatusPartialContent); err != nil {
		return err
	}
	if answer.StatusCode == http.StatusOK && from > 0 { // the server knows no ranges
		if err := f.Truncate(0); err != nil {
			return final{fmt.Errorf("fetch: %w", err)}
		}
		from, _ = f.Seek(0, io.SeekStart)
	}
	if answer.StatusCode == http.StatusPartialContent {
		if want := fmt.Sprintf("bytes %d-", from); !strings.HasPrefix(answer.Header.Get("Content-Range"), want) {
			return final{fmt.Errorf("fetch: %s: want the range %q…, got %q", address, want, answer.Header.Get("Content-Range"))}
		}
	}
	done, buffer := from, make([]byte, 1<<20)
	for {
		n, readErr := answer.Body.Read(buffer)
		if done += int64(n); done > size {
			return final{fmt.Errorf("fetch: %s: want %d bytes, got more", address, size)}
		}
		if _, err := f.Write(buffer[:n]); err != nil {
			return final{fmt.Errorf("fetch: %w", err)}
		}
		if progress != nil {
			progress(done, size)
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return fmt.Errorf("fetch: %s: after %d of %d bytes: %w", address, done, size, readErr)
		}
	}
	if done < size {
		return fmt.Errorf("fetch: %s: want %d bytes, got %d", address, size, done)
	}
	if err := f.Sync(); err != nil {
		return final{fmt.Errorf("fetch: %w", err)}
	}
	return nil
}
