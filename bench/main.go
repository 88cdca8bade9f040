// Command bench measures biornn against the libraries that a user would otherwise
// take: PyTorch, JAX, TensorFlow/Keras in the published notebook's form, SciPy,
// NetworkX, bctpy, igraph, leidenalg and Elephant.
//
//	go run ./bench --circuit FIELD --out docs/performance.md
//
// It makes a Python environment with the pinned versions of bench/requirements.txt,
// gives both sides the same inputs, checks that their results agree, and then times
// them by turns, so that whatever else the machine does meets both. What it writes are
// medians over the turns, and medians of the ratios of each turn.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
)

// options of one call.
type options struct {
	venv, python, peers, circuit, out, only, measures string
	repeat, threads                                   int
	compile                                           bool
}

func main() {
	var o options
	flag.StringVar(&o.venv, "venv", "bench/.venv", "Python environment; made if it is not there")
	flag.StringVar(&o.python, "python", "python3", "Python that makes the environment")
	flag.StringVar(&o.peers, "peers", "bench/peers", "folder of the peers' programs")
	flag.StringVar(&o.circuit, "circuit", "", "field folder or circuit file for whole runs (default: the embedded circuit)")
	flag.StringVar(&o.out, "out", "", "Markdown file to write (default: standard output)")
	flag.StringVar(&o.only, "only", "", "works to do, by commas: update, cells, run, communicability, nulls, communities, topology, sttc (default: all)")
	flag.StringVar(&o.measures, "measures", "", "measures of structure for topology, by commas, such as reciprocity,core-numbers (default: all)")
	flag.IntVar(&o.repeat, "repeat", 7, "turns of each comparison")
	flag.IntVar(&o.threads, "threads", 1, "threads of both sides; a number other than 1 means all cores for the peers")
	flag.BoolVar(&o.compile, "compile", true, "let PyTorch try torch.compile up to N = 312 (minutes)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	python, err := environment(ctx, o)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	runtime.GOMAXPROCS(o.threads)
	b := &bench{ctx: ctx, options: o, python: python, folder: folder, versions: map[string]string{}}
	for _, w := range works {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+w.name+",") {
			continue
		}
		if err := w.do(b); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	text := b.markdown()
	if o.out == "" {
		_, err = os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(o.out, []byte(text), 0o644)
}

// works in the order in which they are done.
var works = []struct {
	name string
	do   func(b *bench) error
}{
	{"update", (*bench).updates},
	{"cells", (*bench).cells},
	{"communicability", (*bench).communicability},
	{"nulls", (*bench).nulls},
	{"communities", (*bench).communities},
	{"topology", (*bench).topology},
	{"sttc", (*bench).sttc},
	{"run", (*bench).wholeRun},
}
