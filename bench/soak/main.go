//go:build unix

// Command soak kills workers of a sweep at random times and compares what they leave with
// a sweep that nobody disturbed.
//
//	go run ./bench/soak
//
// Two machines' worth of workers share one folder, each with a host name and process
// numbers of its own where the system allows that (Linux, as root). Processes are killed
// (SIGKILL), put to sleep for longer than the lease (SIGSTOP) or asked to stop (SIGTERM);
// the times of the ledger's files are moved by days. The same seed gives the same plan of
// disturbances; when they meet which run depends on the machine.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"biornn/internal/rng"
)

// options of one call.
type options struct {
	program string
	kills   int
	seeds   int
	seed    uint64
	lease   time.Duration
	keep    bool
}

func main() {
	var o options
	flag.StringVar(&o.program, "biornn", "", "program to test (default: built from this source)")
	flag.IntVar(&o.kills, "kills", 250, "processes to kill")
	flag.IntVar(&o.seeds, "seeds", 30, "seeds of the study, six runs each")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the disturbances")
	flag.DurationVar(&o.lease, "lease", 2*time.Second, "lease of the ledger")
	flag.BoolVar(&o.keep, "keep", false, "keep the folders")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

const study = `name = "soak"
folder = "out"
circuits = ["synthetic:24"]
models = ["W*D*C", "WD*C*", "W"]
tasks = ["go-nogo"]
seeds = %d
epochs = 3
[set]
"train.train_trials" = 1024
"train.val_trials" = 128
"train.test_trials" = 128
"train.batch_size" = 64
[[axis]]
key = "constraint.lambda"
values = [0.01, 0.1]
[analysis]
nulls = 10
matched_nulls = 2
`

// figures are what a soak has counted.
type figures struct {
	rounds, kills, sleeps, stops, starts int
	runs, takenOver, resumed             int
	quiet, disturbed                     time.Duration
}

func run(o options) error {
	root, err := os.MkdirTemp("", "biornn-soak-")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Println("folders in", root)
	} else {
		defer os.RemoveAll(root)
	}
	if o.program == "" {
		o.program = filepath.Join(root, "biornn.bin")
		if out, err := exec.Command("go", "build", "-o", o.program, "./cmd/biornn").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	var f figures
	begun := time.Now()
	want, err := undisturbed(o, root)
	if err != nil {
		return err
	}
	f.quiet = time.Since(begun)
	s := &soak{options: o, want: want, random: rng.New(o.seed, "soak"), figures: &f}
	begun = time.Now()
	for f.kills < o.kills {
		f.rounds++
		if err := s.round(filepath.Join(root, fmt.Sprintf("round-%d", f.rounds))); err != nil {
			return err
		}
	}
	f.disturbed = time.Since(begun)
	f.print(o)
	return nil
}

func (f figures) print(o options) {
	fmt.Printf("%d processes killed, %d put to sleep for longer than the lease, %d asked to stop, in %d rounds; %d processes started on %s\n",
		f.kills, f.sleeps, f.stops, f.rounds, f.starts, machines())
	fmt.Printf("%d runs made: 0 lost, 0 doubled, 0 damaged; weights, results and measures of all equal those of the undisturbed study bit for bit\n", f.runs)
	fmt.Printf("%d claims taken over or claimed again, %d checkpoints seen; seed %d, lease %v\n", f.takenOver, f.resumed, o.seed, o.lease)
	fmt.Printf("undisturbed %.0f s, disturbed %.0f s\n", f.quiet.Seconds(), f.disturbed.Seconds())
}

func begin(o options, dir string) (file string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file = filepath.Join(dir, "study.toml")
	return file, os.WriteFile(file, fmt.Appendf(nil, study, o.seeds), 0o644)
}

// undisturbed computes the study in peace and returns its files.
func undisturbed(o options, root string) (map[string][]byte, error) {
	file, err := begin(o, filepath.Join(root, "quiet"))
	if err != nil {
		return nil, err
	}
	if out, err := exec.Command(o.program, "sweep", "run", file).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("undisturbed: %w\n%s", err, out)
	}
	return runFiles(file)
}

// runFiles reads what the runs of a study left, without what tells of the machine.
func runFiles(file string) (map[string][]byte, error) {
	out := map[string][]byte{}
	root := filepath.Join(filepath.Dir(file), "out", "runs")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "machine.json" {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		out[name], err = os.ReadFile(path)
		return err
	})
	return out, err
}

type soak struct {
	options
	want    map[string][]byte
	random  *rng.Stream
	figures *figures
}

// round disturbs a study until it is done or there were enough kills, lets it end in peace
// and looks at what is there.
func (s *soak) round(dir string) error {
	file, err := begin(s.options, dir)
	if err != nil {
		return err
	}
	var workers [4]*worker // two of each machine
	for s.figures.kills < s.kills {
		done := 0
		for i := range workers {
			if workers[i] == nil {
				if workers[i], err = s.start(file, i%2); err != nil {
					return err
				}
			}
			if workers[i].hasEnded() {
				if err := workers[i].failure(); err != nil {
					return err
				}
				done++
			}
		}
		if done == len(workers) {
			break
		}
		time.Sleep(time.Duration(30+s.random.Float64()*300) * time.Millisecond)
		i := int(s.random.Float64() * float64(len(workers)))
		if !workers[i].hasEnded() {
			s.disturb(&workers[i])
		}
		s.moveTimes(dir)
		s.figures.resumed += count(filepath.Join(dir, "out", "runs", "*.checkpoint"))
	}
	for _, w := range workers {
		if w != nil && !w.hasEnded() {
			w.kill()
			s.figures.kills++
		}
	}
	return s.finish(dir, file)
}

// disturb kills a process, puts it to sleep, or asks it to stop.
func (s *soak) disturb(w **worker) {
	switch x := s.random.Float64(); {
	case x < 0.8:
		(*w).kill()
		s.figures.kills++
		*w = nil
	case x < 0.9:
		_ = (*w).cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(2 * s.lease)
		_ = (*w).cmd.Process.Signal(syscall.SIGCONT)
		s.figures.sleeps++
	default:
		_ = (*w).cmd.Process.Signal(syscall.SIGTERM)
		<-(*w).over
		s.figures.stops++
		*w = nil
	}
}

// moveTimes gives the files of the ledger times that are days off.
func (s *soak) moveTimes(dir string) {
	for _, sub := range []string{"owners", "claims"} {
		paths, _ := filepath.Glob(filepath.Join(dir, "out", sub, "*"))
		for _, p := range paths {
			at := time.Now().Add(time.Duration((s.random.Float64() - 0.5) * float64(20*24*time.Hour)))
			_ = os.Chtimes(p, at, at) // it may be gone by now
		}
	}
}

func count(pattern string) int {
	paths, _ := filepath.Glob(pattern)
	return len(paths)
}

// finish lets one process end the study and compares.
func (s *soak) finish(dir, file string) error {
	for _, args := range [][]string{{"sweep", "run", file, "--wait", "--lease", s.lease.String()}, {"sweep", "verify", file}} {
		if out, err := exec.Command(s.program, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	s.figures.takenOver += count(filepath.Join(dir, "out", "claims", "*.[1-9]*")) - count(filepath.Join(dir, "out", "claims", "*.[1-9]*.over"))
	if out, err := exec.Command(s.program, "sweep", "gc", file, "--watch", s.lease.String()).CombinedOutput(); err != nil {
		return fmt.Errorf("gc: %w\n%s", err, out)
	}
	got, err := runFiles(file)
	if err != nil {
		return err
	}
	for name, data := range s.want {
		if !bytes.Equal(got[name], data) {
			return fmt.Errorf("%s: %s is lost or differs from the undisturbed study", dir, name)
		}
	}
	if len(got) != len(s.want) {
		return fmt.Errorf("%s: %d files, the undisturbed study has %d: something is doubled or left over", dir, len(got), len(s.want))
	}
	s.figures.runs += 6 * s.seeds
	fmt.Printf("round %d: %d kills so far, all runs equal\n", s.figures.rounds, s.figures.kills)
	return nil
}

// worker is a process on the study.
type worker struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	over chan struct{}
	err  error
}

func (s *soak) start(file string, machine int) (*worker, error) {
	w := &worker{over: make(chan struct{})}
	args := []string{"sweep", "run", file, "--wait", "--workers", "1", "--lease", s.lease.String(), "--checkpoint", "50ms"}
	w.cmd = onMachine([]string{"alpha", "beta"}[machine], s.program, args)
	w.cmd.Stdout, w.cmd.Stderr = &w.out, &w.out
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	s.figures.starts++
	go func() {
		w.err = w.cmd.Wait()
		close(w.over)
	}()
	return w, nil
}

func (w *worker) hasEnded() bool {
	select {
	case <-w.over:
		return true
	default:
		return false
	}
}

func (w *worker) kill() {
	_ = w.cmd.Process.Kill() // it may just have ended
	<-w.over
}

// failure is how a worker ended that nobody killed.
func (w *worker) failure() error {
	var exit *exec.ExitError
	if errors.As(w.err, &exit) {
		return fmt.Errorf("a worker ended with %v\n%s", exit, w.out.String())
	}
	return w.err
}
