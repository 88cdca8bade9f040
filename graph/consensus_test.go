package graph

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"biornn/internal/rng"
)

func TestAgreementAndDistance(t *testing.T) {
	f := golden(t, "modular100.json")
	var partitions [][]int
	for _, c := range f.Cases {
		if c.ID != "agreement" {
			continue
		}
		v := c.Value.(map[string]any)
		for _, p := range v["partitions"].([]any) {
			partitions = append(partitions, ints(p))
		}
		got, err := Agreement(partitions)
		if err != nil {
			t.Fatal(err)
		}
		n := len(partitions[0])
		want, ok := v["D"].([]any)
		if !ok {
			t.Fatalf("no matrix among %d values", len(v))
		}
		for i, row := range want {
			for j, x := range row.([]any) {
				near(t, fmt.Sprintf("agreement of %d and %d", i, j), got[i*n+j], x.(float64), 1e-12)
			}
		}
	}
	if len(partitions) != 10 {
		t.Fatalf("%d partitions, want 10", len(partitions))
	}
	for k, row := range f.input(t, "partition_distance", "partitions[0] vs [k], k=1..9").([]any) {
		want := row.([]any)
		vi, nmi, err := ComparePartitions(partitions[0], partitions[k+1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "variation of information", vi, want[0].(float64), 1e-12)
		near(t, "mutual information", nmi, want[1].(float64), 1e-12)
	}
	consensus, err := Consensus(partitions, 0.5, DefaultCommunityConfig())
	if err != nil {
		t.Fatal(err)
	}
	own, pairs := 0.0, 0.0
	for _, p := range partitions {
		_, nmi, err := ComparePartitions(consensus, p)
		if err != nil {
			t.Fatal(err)
		}
		own += nmi / 10
		for _, other := range partitions {
			_, nmi, _ := ComparePartitions(other, p)
			pairs += nmi / 100
		}
	}
	if own < pairs {
		t.Errorf("mutual information with the consensus %.4f, of the partitions with each other %.4f", own, pairs)
	}
}

func TestComparePartitionsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		some := rapid.SliceOfN(rapid.IntRange(-2, 6), n, n)
		a, b, c := some.Draw(t, "a"), some.Draw(t, "b"), some.Draw(t, "c")
		distance := func(x, y []int) float64 {
			v, m, err := ComparePartitions(x, y)
			if err != nil {
				t.Fatal(err)
			}
			if v < 0 || v > 2 || m < -1e-12 || m > 1+1e-12 {
				t.Fatalf("variation %g, mutual %g", v, m)
			}
			return v
		}
		renamed := make([]int, n)
		for i, x := range a {
			renamed[i] = 9 - x
		}
		if d := distance(a, renamed); d > 1e-12 {
			t.Errorf("distance %g after renaming", d)
		}
		if math.Abs(distance(a, b)-distance(b, a)) > 1e-12 {
			t.Error("the distance is not symmetric")
		}
		if distance(a, c) > distance(a, b)+distance(b, c)+1e-12 {
			t.Error("the distance breaks the triangle inequality")
		}
	})
}

func TestConsensus(t *testing.T) {
	// Noisy copies of one partition give it back.
	truth := make([]int, 90)
	for i := range truth {
		truth[i] = i / 30
	}
	s := rng.New(1, "noisy")
	var noisy [][]int
	for range 30 {
		p := slices.Clone(truth)
		for i := range p {
			if s.Float64() < 0.2 {
				p[i] = s.IntN(3)
			}
		}
		noisy = append(noisy, p)
	}
	got, err := Consensus(noisy, 0.5, CommunityConfig{Gamma: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, truth) {
		t.Errorf("consensus of noisy copies: got %v", got)
	}
	// Partitions that agree on nothing leave every node alone.
	var strangers [][]int
	for range 40 {
		p := make([]int, 30)
		for i := range p {
			p[i] = s.IntN(30)
		}
		strangers = append(strangers, p)
	}
	got, err = Consensus(strangers, 0.5, CommunityConfig{Gamma: 1, Seed: 1})
	if err != nil || slices.Max(got) != 29 {
		t.Errorf("consensus of strangers: %v, %v", got, err)
	}
	for name, f := range map[string]func() error{
		"none":    func() error { _, err := Agreement(nil); return err },
		"lengths": func() error { _, err := Agreement([][]int{{1, 2}, {1}}); return err },
		"τ":       func() error { _, err := Consensus(noisy, 1.5, CommunityConfig{}); return err },
		"empty":   func() error { _, err := Consensus(nil, 0.5, CommunityConfig{}); return err },
		"compare": func() error { _, _, err := ComparePartitions([]int{1, 2}, []int{1}); return err },
	} {
		if f() == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func BenchmarkConsensus(b *testing.B) {
	for _, n := range []int{312, 2000} {
		g := planted(n, 8, n/20, n/20, 1)
		found, err := g.Communities(CommunityConfig{Gamma: 1, Restarts: 20, Rounds: 1, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Consensus(found.Runs, 0.5, CommunityConfig{Gamma: 1, Rounds: 1, Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
