package main

import (
	"fmt"

	"biornn/internal/npy"
	"biornn/rnn"
)

// cells compares one training update of the other cells, without communicability.
func (b *bench) cells() error {
	for _, cell := range rnn.Cells() {
		if err := b.cell(cell, measuredNeurons); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) cell(cell string, n int) error {
	p, err := newProblem(n, "none", cell)
	if err != nil {
		return err
	}
	if err := b.leave(p); err != nil {
		return err
	}
	if gates := len(p.net.Gates()); gates > 0 {
		for name, a := range map[string]*npy.Array{
			"gate_w": npy.New(p.net.GateW, gates*n, n), "gate_u": npy.New(p.net.GateU, gates*n, inputs), "gate_b": npy.New(p.net.GateB, gates*n),
		} {
			if err := b.put(name, a); err != nil {
				return err
			}
		}
	}
	peers, err := b.prepared("cell", map[string]any{"cell": cell, "leak": p.net.Leak}, []string{"torch", "torch"})
	if err != nil {
		return err
	}
	defer stopAll(peers)
	return b.against(fmt.Sprintf("update of %s, N = %d, without", cell, n), p, peers, false)
}
