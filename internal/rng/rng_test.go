package rng

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// Known answers of Philox4x32-10: the zero case of the reference test vectors (Random123, kat_vectors).
func TestPhiloxKnownAnswer(t *testing.T) {
	s := &Stream{}
	want := []uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}
	for i, w := range want {
		if got := s.Uint32(); got != w {
			t.Errorf("word %d: got %#x, want %#x", i, got, w)
		}
	}
}

func TestStreamsAreNamed(t *testing.T) {
	a, b := New(1, "x", 3), New(1, "x", 3)
	for range 100 {
		if a.Uint64() != b.Uint64() {
			t.Fatal("equal names give different numbers")
		}
	}
	seen := map[uint64]string{}
	add := func(name string, s *Stream) {
		x := s.Uint64()
		if old, ok := seen[x]; ok {
			t.Errorf("%s and %s begin alike", old, name)
		}
		seen[x] = name
	}
	for seed := range uint64(20) {
		for i := range uint64(20) {
			add("index", New(seed, "p", i))
			add("two indices", New(seed, "p", i, 0))
			add("purpose", New(seed, "q", i))
		}
		add("bare", New(seed, "p"))
	}
}

func TestNormQuantile(t *testing.T) {
	ref := distuv.Normal{Mu: 0, Sigma: 1}
	for _, p := range []float64{1e-300, 1e-20, 1e-8, 0.001, 0.0749, 0.076, 0.3, 0.5, 0.7, 0.93, 0.999999} {
		z := normQuantile(p)
		if back := ref.CDF(z); math.Abs(back/p-1) > 1e-11 {
			t.Errorf("p = %g: Φ(%g) = %g", p, z, back)
		}
	}
}

func TestMoments(t *testing.T) {
	s := New(11, "moments")
	const n = 200000
	var sum, sq, cube, quart float64
	for range n {
		z := s.Norm()
		sum += z
		sq += z * z
		cube += z * z * z
		quart += z * z * z * z
	}
	for i, v := range []float64{sum / n, sq/n - 1, cube / n, quart/n - 3} {
		if math.Abs(v) > 0.05 {
			t.Errorf("moment %d of the normal is off by %g", i+1, v)
		}
	}
	counts := make([]int, 7)
	for range n {
		counts[s.IntN(7)]++
	}
	for k, c := range counts {
		if math.Abs(float64(c)-n/7.0) > 6*math.Sqrt(n/7.0) {
			t.Errorf("IntN(7) gave %d %d times", k, c)
		}
	}
}

// TestFillNormIsNorm compares with calls of Norm, from every place in a block.
func TestFillNormIsNorm(t *testing.T) {
	for skip := range 5 {
		for _, n := range []int{0, 1, 2, 3, 63, 64, 65, 1000} {
			a, b := New(7, "fill", uint64(skip)), New(7, "fill", uint64(skip))
			for range skip {
				a.Uint32()
				b.Uint32()
			}
			got := make([]float64, n)
			a.FillNorm(got)
			for i, x := range got {
				if want := b.Norm(); x != want {
					t.Fatalf("%d numbers after %d: number %d is %g, want %g", n, skip, i, x, want)
				}
			}
			if a.Uint64() != b.Uint64() {
				t.Fatalf("%d numbers after %d: the streams go on differently", n, skip)
			}
		}
	}
}

func TestSkip(t *testing.T) {
	for before := range 5 {
		for _, n := range []int{0, 1, 2, 3, 10, 101} {
			a, b := New(8, "skip"), New(8, "skip")
			for range before {
				a.Uint32()
				b.Uint32()
			}
			a.Skip(n)
			for range n {
				b.Uint64()
			}
			if got, want := a.Uint64(), b.Uint64(); got != want {
				t.Errorf("skip of %d after %d words: got %x, want %x", n, before, got, want)
			}
		}
	}
}

func BenchmarkNorm(b *testing.B) {
	s := New(1, "bench")
	x := make([]float64, 1024)
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			for i := range x {
				x[i] = s.Norm()
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/number")
	})
	b.Run("fill", func(b *testing.B) {
		for b.Loop() {
			s.FillNorm(x)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/number")
	})
}

func TestRangeDrawsAsIntN(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 64, 1000, 9217, 1<<31 + 11, 1<<62 + 5, math.MaxInt} {
		a, b := New(5, "range", uint64(n)), New(5, "range", uint64(n))
		r := NewRange(n)
		for k := range 2000 {
			if got, want := r.In(a), b.IntN(n); got != want {
				t.Fatalf("n = %d, draw %d: want %d, got %d", n, k, want, got)
			}
		}
	}
}

// TestEightBlocks: the blocks made eight at a time are those made two at a time, also where
// the counter's lower word overflows.
func TestEightBlocks(t *testing.T) {
	if !hasEight {
		t.Skip("this processor, or build, makes two blocks at a time")
	}
	s := New(3, "eight")
	for round := range 2000 {
		low, high, key := s.Uint64(), s.Uint64(), s.Uint64()
		switch round % 4 {
		case 1:
			low |= 0xfffffffc
		case 2:
			low = -uint64(round % 8)
		}
		var got [8 * block]uint32
		eightAVX2(&got, low, high, key)
		for k := 0; k < 8; k += 2 {
			var want [2 * block]uint32
			two(&want, low+uint64(k), uint32(high), uint32(high>>32), [2]uint32{uint32(key), uint32(key >> 32)})
			if have := *(*[2 * block]uint32)(got[k*block:]); have != want {
				t.Fatalf("counter %#x: got %x, want %x", low+uint64(k), have, want)
			}
		}
	}
}

// TestLongStreams: a stream is the sequence of its blocks, however it is read.
func TestLongStreams(t *testing.T) {
	whole := make([]uint32, 4096)
	for s, i := New(4, "long"), 0; i < len(whole); i++ {
		whole[i] = s.Uint32()
	}
	for k := 0; k < len(whole); k += 2 * block {
		var want [2 * block]uint32
		s := New(4, "long")
		two(&want, uint64(k/block), s.ctr[2], s.ctr[3], s.key)
		if got := *(*[2 * block]uint32)(whole[k:]); got != want {
			t.Fatalf("word %d: got %x, want %x", k, got, want)
		}
	}
	s, at := New(4, "long"), 0
	for r := New(5, "steps"); at < len(whole)-100; {
		switch skip := r.IntN(40); r.IntN(3) {
		case 0:
			s.Skip(skip)
			at += 2 * skip
		case 1:
			if got := s.Uint32(); got != whole[at] {
				t.Fatalf("word %d: got %#x, want %#x", at, got, whole[at])
			}
			at++
		default:
			if got, want := s.Uint64(), uint64(whole[at])<<32|uint64(whole[at+1]); got != want {
				t.Fatalf("words %d: got %#x, want %#x", at, got, want)
			}
			at += 2
		}
	}
}

func BenchmarkStream(b *testing.B) {
	s := New(1, "bench")
	b.Run("Uint64", func(b *testing.B) {
		for b.Loop() {
			s.Uint64()
		}
	})
	x := make([]float64, 1000)
	b.Run("FillNorm=1000", func(b *testing.B) {
		for b.Loop() {
			s.FillNorm(x)
		}
	})
	b.Run("new and 8 numbers", func(b *testing.B) {
		for b.Loop() {
			s := New(1, "bench", 3)
			s.FillNorm(x[:8])
		}
	})
}
