package sweep

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"biornn/internal/durable"
)

// Holder is a process that holds claims of a folder.
type Holder struct {
	Owner string   `json:"owner"`
	Host  string   `json:"host"`
	PID   int      `json:"pid"`
	Label string   `json:"label,omitempty"` // what it is called elsewhere, as by a scheduler
	Jobs  []string `json:"jobs"`
	Gone  bool     `json:"gone"` // it has ended or, seen from this host, died
}

// Holders lists who holds the jobs of a folder that are open, without joining it. A
// process on another host that has died is not known as gone: only who watches for a
// lease knows.
func Holders(dir string, open func(job string) bool) ([]Holder, error) {
	claims, err := readClaims(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	l := outsider(dir)
	by := map[string]*Holder{}
	for job, generation := range claims.newest {
		name := claimName(job, generation)
		if claims.over[name] || !open(job) {
			continue
		}
		o, err := readOwner(filepath.Join(dir, claimsDir, name))
		if err != nil {
			continue // it was just given up, or is damaged: then it will be taken over
		}
		h := by[o.Name]
		if h == nil {
			h = &Holder{Owner: o.Name, Host: o.Host, PID: o.PID, Label: o.Label, Gone: l.gone(o)}
			by[o.Name] = h
		}
		h.Jobs = append(h.Jobs, job)
	}
	var out []Holder
	for _, h := range by {
		slices.Sort(h.Jobs)
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Holder) int { return strings.Compare(a.Owner, b.Owner) })
	return out, nil
}

// outsider is a ledger that owns nothing and only looks.
func outsider(dir string) *Ledger {
	host, _ := os.Hostname()
	return &Ledger{dir: dir, lease: DefaultLease, seen: map[string]sighting{}, held: map[string]bool{}, self: owner{Host: host, Boot: bootID()}}
}

// Collected is what Collect has removed, and who is still at work.
type Collected struct {
	Claims, Owners, Parts int
	Alive                 []string // owners that may be at work
}

// Collect removes claims of jobs that are done, owners that are gone and hold nothing and,
// if nobody is at work, what dying processes left of their writes in the given folders.
// Owners on other hosts are watched for so long, and are gone if they are silent for their
// lease; with 0 they count as being at work unless they have ended.
func Collect(ctx context.Context, dir string, done func(job string) bool, folders []string, watch time.Duration) (Collected, error) {
	var c Collected
	l := outsider(dir)
	held, err := c.claims(dir, done)
	if err != nil {
		return c, err
	}
	alive, gone, err := l.owners()
	for begun := time.Now(); err == nil && len(alive) > 0 && time.Since(begun) < watch+watch/4; alive, gone, err = l.owners() {
		select {
		case <-ctx.Done():
			return c, context.Cause(ctx)
		case <-time.After(watch / 8):
		}
	}
	if err != nil {
		return c, err
	}
	c.Alive = alive
	for _, name := range gone {
		if !held[name] {
			if err := c.remove(filepath.Join(dir, ownersDir, name), &c.Owners); err != nil {
				return c, err
			}
		}
	}
	if len(c.Alive) > 0 {
		return c, nil
	}
	return c, c.parts(append(folders, filepath.Join(dir, claimsDir), filepath.Join(dir, ownersDir), filepath.Join(dir, failedDir)))
}

// owners lists who is, or may be, at work and who is gone.
func (l *Ledger) owners() (alive, gone []string, err error) {
	names, err := readNames(filepath.Join(l.dir, ownersDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue // a heartbeat in progress
		}
		o, err := readOwner(filepath.Join(l.dir, ownersDir, name))
		if err == nil && !l.gone(o) {
			alive = append(alive, name)
		} else {
			gone = append(gone, name)
		}
	}
	return alive, gone, nil
}

// claims removes the claims of jobs that are done and returns who holds others.
func (c *Collected) claims(dir string, done func(job string) bool) (held map[string]bool, err error) {
	held = map[string]bool{}
	names, err := readNames(filepath.Join(dir, claimsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range names {
		if durable.IsPart(name) {
			continue // the writer died before it claimed anything
		}
		job, _, ok := splitClaim(strings.TrimSuffix(name, overSuffix))
		path := filepath.Join(dir, claimsDir, name)
		if ok && done(job) {
			if err := c.remove(path, &c.Claims); err != nil {
				return nil, err
			}
		} else if o, err := readOwner(path); err == nil {
			held[o.Name] = true
		}
	}
	return held, nil
}

// parts removes what was left of writes.
func (c *Collected) parts(folders []string) error {
	for _, folder := range folders {
		names, err := readNames(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, name := range names {
			if !durable.IsPart(name) {
				continue
			}
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				return err
			}
			c.Parts++
		}
	}
	return nil
}

func (c *Collected) remove(path string, count *int) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	*count++
	return nil
}
