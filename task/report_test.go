package task

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"biornn/internal/rng"
)

// describe returns the report of a task and holds its text to 80 columns.
func describe(t *testing.T, task Task) Report {
	t.Helper()
	r, err := Describe(task)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(text(t, r), "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%s: line %d has %d columns: %s", r.Name, i+1, n, line)
		}
	}
	return r
}

func text(t *testing.T, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name           string
		change         func(*Config)
		scored         string
		steps          int
		answers        []float64
		ceiling, noisy float64
		levels         int
	}{
		{"one-step-inference", nil, "the last step", 50, []float64{.25, .25, .25, .25}, 1, 1, 3},
		{"one-step-inference", shuffled, "the last step", 50, []float64{.25, .25, .25, .25}, .25, .25, 1},
		{"go-nogo", nil, "the last step", 40, []float64{.5, .5}, 1, 1, 1},
		{"perceptual-decision", nil, "the last step", 41, []float64{.5, .5}, .8987, .8973, 2},
		{"perceptual-decision", func(c *Config) { c.StimulusNoise = 0 }, "the last step", 41, []float64{.5, .5}, .9, .9, 2},
		{"neurogym-go-nogo", nil, "every step", 15, []float64{.5, .5}, 1, 1, 1},
		{"neurogym-perceptual-decision", nil, "every step", 22, []float64{0, .5, .5}, .8957, .8929, 3},
		{"neurogym-perceptual-decision", func(c *Config) { c.StepMS = 10 }, "every step", 220, []float64{0, .5, .5}, .9, .9, 3},
	} {
		r := describe(t, newTask(t, c.name, c.change))
		if r.Scored != c.scored || r.Length != (Length{c.steps, float64(c.steps), c.steps}) || len(r.Shortcuts) != c.levels {
			t.Errorf("%s: scored %q, length %v, shortcuts %v", c.name, r.Scored, r.Length, r.Shortcuts)
		}
		for k, s := range r.Answers {
			if !within(s.Share, c.answers[k], r.Trials) {
				t.Errorf("%s: share of %s %.4f, want %g", c.name, s.Class, s.Share, c.answers[k])
			}
		}
		if math.Abs(r.Ceiling-c.ceiling) > 6e-5 || math.Abs(r.Noisy-c.noisy) > 6e-5 {
			t.Errorf("%s: ceilings %.5f and %.5f, want %.4f and %.4f", c.name, r.Ceiling, r.Noisy, c.ceiling, c.noisy)
		}
	}
}

func TestText(t *testing.T) {
	got := text(t, describe(t, newTask(t, "go-nogo", nil)))
	for _, want := range []string{
		"length    40 steps\nperiods   fixation   steps 1 to 5\n          stimulus   steps 6 to 25\n",
		"accuracy reached\n  at best (ideal observer)     1.000\n  guessing                     0.500\n",
		`one trial (a column is a step; from . for 0 to # for 1)
                fixat|stimulus            |delay     |decis
  fixation      #####|....................|##########|.....
  nogo          .....|....................|..........|.....
  go            .....|####################|..........|.....
  answer        go (go 1)
`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want\n%s\nin\n%s", want, got)
		}
	}
	got = text(t, describe(t, ragged{}))
	if want := "length    2 to 4 steps, mean "; !strings.Contains(got, want) {
		t.Errorf("want %q in\n%s", want, got)
	}
	got = text(t, describe(t, newTask(t, "neurogym-perceptual-decision", func(c *Config) { c.StepMS = 1; c.DelayMS = 1e3 })))
	if want := "a column is 58 steps"; !strings.Contains(got, want) {
		t.Errorf("want %q in\n%s", want, got)
	}
}

func TestJSON(t *testing.T) {
	out, err := json.Marshal(describe(t, newTask(t, "perceptual-decision", nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"perceptual-decision"`, `"length":{"shortest":41,"mean":41,"longest":41}`,
		`"periods":[{"name":"fixation","start":0,"end":1}`, `"ceiling_by_coherence":[{"name":"coherence 0 %","accuracy":0.5}`,
		`"shortcuts":[{"name":"guessing","accuracy":0.5},{"name":"one step of the evidence","accuracy":0.79`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("want %s in %s", want, out)
		}
	}
}

// TestShortcuts plays what ignores the goal, or the options, of the one-step inference.
func TestShortcuts(t *testing.T) {
	best := func(seen func(maze int) [2]int) float64 {
		counts := map[[2]int]*[4]int{} // what is seen: answers
		for m := range mazes {
			if counts[seen(m)] == nil {
				counts[seen(m)] = new([4]int)
			}
			counts[seen(m)][mazes[m].answer]++
		}
		right := 0
		for _, c := range counts {
			right += slices.Max(c[:])
		}
		return float64(right) / float64(len(mazes))
	}
	want := []Level{
		{"guessing", best(func(int) [2]int { return [2]int{} })},
		{"ignoring the options", best(func(m int) [2]int { return [2]int{mazes[m].goal} })},
		{"ignoring the goal", best(func(m int) [2]int {
			return [2]int{min(mazes[m].move1, mazes[m].move2), max(mazes[m].move1, mazes[m].move2)}
		})},
	}
	if got := Levels("one-step-inference"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLevels(t *testing.T) {
	for _, name := range Names() {
		levels := Levels(name)
		ceiling, ok := Ceiling(name)
		if len(levels) == 0 || !ok {
			t.Fatalf("%s: levels %v, ceiling known: %v", name, levels, ok)
		}
		for _, l := range levels {
			if l.Accuracy >= ceiling {
				t.Errorf("%s: %s reaches %g, above the ceiling of %g", name, l.Name, l.Accuracy, ceiling)
			}
		}
		levels[0].Accuracy = -1
		if Levels(name)[0].Accuracy == -1 {
			t.Errorf("%s: Levels returns the registered slice", name)
		}
	}
	if _, ok := Ceiling("juggling"); ok || Levels("juggling") != nil {
		t.Error("an unknown task has levels or a ceiling")
	}
}

// answer is what an ideal observer reads off the inputs of a trial alone.
func answer(name string, one Trial, inputs int) int32 {
	sum := make([]float64, inputs)
	for _, p := range one.Periods {
		for s := p.Start; s < p.End && p.Name != "fixation"; s++ {
			for k := range sum {
				sum[k] += float64(one.Input[s*inputs+k])
			}
		}
	}
	switch name {
	case "one-step-inference":
		bestMaze, bestSum := 0, math.Inf(-1)
		for m, maze := range mazes {
			if v := sum[slices.Index(mazeGoals[:], maze.goal)] + sum[4+maze.move1] + sum[4+maze.move2]; v > bestSum {
				bestMaze, bestSum = m, v
			}
		}
		return int32(mazes[bestMaze].answer)
	case "neurogym-perceptual-decision":
		if sum[2] > sum[1] {
			return 2
		}
		return 1
	}
	if sum[2] > sum[1] {
		return 1
	}
	return 0
}

// TestIdealObserver answers generated trials by their inputs: the share of right
// answers is the ceiling, without and with the noise that training adds.
func TestIdealObserver(t *testing.T) {
	const trials = 10000
	for _, name := range Names() {
		task := newTask(t, name, nil)
		inputs := len(task.Info().Inputs)
		clean, noisy := 0, 0
		for i := range uint64(trials) {
			one := task.Trial(rng.New(2, "test", i))
			label := one.Label[one.Steps-1]
			if answer(name, one, inputs) == label {
				clean++
			}
			s := rng.New(2, "test/noise", i)
			for k := range one.Input {
				one.Input[k] += float32(inputNoise * s.Norm())
			}
			if answer(name, one, inputs) == label {
				noisy++
			}
		}
		wantClean, wantNoisy := ceilings(task)
		if got := float64(clean) / trials; !within(got, wantClean, trials) {
			t.Errorf("%s: %.4f right, want %.4f", name, got, wantClean)
		}
		if got := float64(noisy) / trials; !within(got, wantNoisy, trials) {
			t.Errorf("%s with input noise: %.4f right, want %.4f", name, got, wantNoisy)
		}
	}
}
