package experiment

import (
	"strings"
	"testing"
)

// TestSetIsWith: Set and Settle make the Spec that With makes from text.
func TestSetIsWith(t *testing.T) {
	s := quick(t, toy(t), "WD*C")
	for key, v := range map[string]any{"constraint.lambda": 0.5, "train.epochs": int64(7), "train.learning_rate": int64(1), "network.activation": "tanh",
		"train.shuffle": true, "constraint.grid": []any{int64(2), int64(2), int64(5)}, "constraint.init": "glorot-normal", "train.batch_size": 64.0, "constraint.mask": "synapses"} {
		got := s
		if err := got.Set(key, v); err != nil {
			t.Fatal(err)
		}
		if err := got.Settle(); err != nil {
			t.Fatal(err)
		}
		text := map[string]string{"constraint.grid": "[2, 2, 5]", "train.shuffle": "true", "constraint.lambda": "0.5", "train.epochs": "7", "train.learning_rate": "1.0", "train.batch_size": "64"}[key]
		if text == "" {
			text = v.(string)
		}
		want, err := s.With([]string{key + "=" + text})
		if err != nil {
			t.Fatal(err)
		}
		if got.Hash() != want.Hash() {
			t.Errorf("%s = %v:\n%s\n%s", key, v, got.TOML(), want.TOML())
		}
		if x, ok := got.Get(key); !ok || x == nil {
			t.Errorf("Get %s: %v", key, x)
		}
	}
	before := s.Hash()
	for key, v := range map[string]any{"constraint.lamda": 1.0, "seed": int64(3), "constraint.model": "w", "train.epochs": 1.5, "train.shuffle": "yes",
		"network.activation": 3.0, "constraint.grid": []any{"a"}, "constraint.lambda": nil, "task.name": "go-nogo"} {
		got := s
		if err := got.Set(key, v); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s = %v: %v", key, v, err)
		}
	}
	if s.Hash() != before {
		t.Error("Set on a copy changes the original")
	}
	if n := len(Keys()); n < 40 {
		t.Errorf("%d keys", n)
	}
}
