package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// environment returns the Python of the environment, which it makes if need be.
func environment(ctx context.Context, o options) (string, error) {
	python := filepath.Join(o.venv, "bin", "python")
	if _, err := os.Stat(python); err == nil {
		return python, nil
	}
	requirements := filepath.Join(filepath.Dir(o.peers), "requirements.txt")
	for _, args := range [][]string{{o.python, "-m", "venv", o.venv}, {python, "-m", "pip", "install", "-q", "-r", requirements}} {
		fmt.Fprintln(os.Stderr, "bench:", args)
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%v: %w", args, err)
		}
	}
	return python, nil
}

// peer is one running Python process.
type peer struct {
	name     string
	versions map[string]string
	in       io.WriteCloser
	out      *bufio.Scanner
	cmd      *exec.Cmd
}

// start runs a peer's program.
func (b *bench) start(program string, args ...string) (*peer, error) {
	name := program
	if len(args) > 0 {
		name = args[0]
	}
	p := &peer{name: name}
	p.cmd = exec.CommandContext(b.ctx, b.python, append([]string{"-u", filepath.Join(b.options.peers, program+"_peer.py")}, args...)...)
	threads := "all"
	if b.options.threads == 1 {
		threads = "1"
	}
	p.cmd.Env = append(os.Environ(), "BENCH_THREADS="+threads, "OMP_NUM_THREADS="+strconv.Itoa(b.options.threads))
	errors, err := os.CreateTemp(b.folder, name)
	if err != nil {
		return nil, err
	}
	defer errors.Close()
	p.cmd.Stderr = errors
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var hello struct{ Versions map[string]string }
	if err := p.receive(&hello); err != nil {
		text, _ := os.ReadFile(errors.Name())
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	p.versions = hello.Versions
	for k, v := range hello.Versions {
		b.versions[k] = v
	}
	return p, nil
}

func (p *peer) receive(to any) error {
	if !p.out.Scan() {
		return fmt.Errorf("peer %s ended", p.name)
	}
	var failed struct{ Error string }
	if err := json.Unmarshal(p.out.Bytes(), &failed); err != nil {
		return fmt.Errorf("peer %s: want a line of JSON, got %q", p.name, p.out.Text())
	}
	if failed.Error != "" {
		return fmt.Errorf("peer %s: %s", p.name, failed.Error)
	}
	return json.Unmarshal(p.out.Bytes(), to)
}

func (p *peer) ask(request map[string]any, to any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	resume(p.cmd.Process)
	defer pause(p.cmd.Process)
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("peer %s: %w", p.name, err)
	}
	return p.receive(to)
}

// prepare lets the peer load its inputs and leave its results.
func (p *peer) prepare(work, folder string, params map[string]any) error {
	request := map[string]any{"op": "prepare", "work": work, "data": folder}
	for k, v := range params {
		request[k] = v
	}
	var ok struct{ OK bool }
	return p.ask(request, &ok)
}

// time does the prepared work some times in a row and returns the mean of its seconds.
func (p *peer) time(repeat int) (float64, error) {
	var got struct{ Seconds []float64 }
	if err := p.ask(map[string]any{"op": "time", "repeat": repeat}, &got); err != nil {
		return 0, err
	}
	if len(got.Seconds) != repeat {
		return 0, fmt.Errorf("peer %s: want %d times, got %d", p.name, repeat, len(got.Seconds))
	}
	sum := 0.0
	for _, s := range got.Seconds {
		sum += s
	}
	return sum / float64(repeat), nil
}

func (p *peer) stop() {
	resume(p.cmd.Process)
	_ = p.in.Close()
	_ = p.cmd.Wait()
}
