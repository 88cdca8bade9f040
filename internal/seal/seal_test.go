package seal

import (
	"errors"
	"testing"
)

type thing struct {
	Version string             `json:"version"`
	Values  map[string]float64 `json:"values"`
}

// TestEveryBit flips every bit of a sealed text, and cuts it everywhere.
func TestEveryBit(t *testing.T) {
	text, err := JSON(thing{"1", map[string]float64{"a": 0.5, "b": 1e-7}})
	if err != nil {
		t.Fatal(err)
	}
	var got thing
	if err := Parse(text, &got); err != nil || got.Values["b"] != 1e-7 {
		t.Fatalf("%v, %+v", err, got)
	}
	for i := range text {
		for bit := range 8 {
			damaged := append([]byte(nil), text...)
			damaged[i] ^= 1 << bit
			if err := Parse(damaged, &got); !errors.Is(err, ErrDamaged) {
				t.Errorf("bit %d of byte %d: %v\n%s", bit, i, err, damaged)
			}
		}
		if err := Parse(text[:i], &got); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut after %d bytes: %v", i, err)
		}
	}
	if err := Parse([]byte("{\n  \"version\": \"0\",\n  \"values\": {}\n}\n"), &got); err != nil || got.Version != "0" {
		t.Errorf("a text that nobody sealed: %v, %+v", err, got)
	}
	if _, err := JSON(3); err == nil {
		t.Error("a number was sealed")
	}
}
