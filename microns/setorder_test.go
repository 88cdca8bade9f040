package microns

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// generated repeats the ids of testdata/make.py.
func generated(n int, multiplier, offset int64) []int64 {
	var out []int64
	seen := map[int64]bool{}
	x := uint64(12345)
	for range n {
		x = x*6364136223846793005 + 1442695040888963407
		if id := int64(x>>40)*multiplier + offset; !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func TestSetOrderIsCPythons(t *testing.T) {
	var golden struct {
		Cases []struct {
			N                  int
			Multiplier, Offset int64
			First              []int64
			SHA256             string
		}
	}
	if err := json.Unmarshal(mustRead(t, "testdata/set_order.json"), &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 11 {
		t.Fatalf("want 11 cases, got %d", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		ids := generated(c.N, c.Multiplier, c.Offset)
		var text []string
		var first []int64
		for _, i := range setOrder(ids) {
			text = append(text, fmt.Sprint(ids[i]))
			if len(first) < 5 {
				first = append(first, ids[i])
			}
		}
		sum := sha256.Sum256([]byte(strings.Join(text, ",")))
		if !slices.Equal(first, c.First) || hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Errorf("%d ids × %d + %d: begins %v, want %v", c.N, c.Multiplier, c.Offset, first, c.First)
		}
	}
}

func TestIntHash(t *testing.T) {
	// hash() of CPython 3.11.7.
	for x, want := range map[int64]int64{
		0: 0, 1: 1, -1: -2, -2: -2, 1<<61 - 1: 0, 1 << 61: 1, -(1 << 61): -2, 1<<63 - 1: 3, -1 << 63: -4,
		864691135761488438: 864691135761488438,
	} {
		if got := int64(intHash(x)); got != want {
			t.Errorf("hash(%d): got %d, want %d", x, got, want)
		}
	}
}

func TestSetOrderIsAPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64(), rapid.ID[int64]).Draw(t, "ids")
		order := setOrder(ids)
		slices.Sort(order)
		for i, x := range order {
			if i != x {
				t.Fatalf("%v is no permutation", order)
			}
		}
		if len(order) != len(ids) {
			t.Fatalf("want %d, got %d", len(ids), len(order))
		}
	})
}
