package sweep

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFailuresDoNotStopTheOthers(t *testing.T) {
	var ran atomic.Int32
	jobs := []Job{
		{Name: "there", Size: 5, Done: func() bool { return true }, Do: func(context.Context, func()) error { t.Error("a finished job ran again"); return nil }},
		{Name: "bad", Size: 5, Do: func(context.Context, func()) error { return errors.New("broken disk") }},
		{Name: "short", Size: 5, Do: func(_ context.Context, step func()) error { step(); ran.Add(1); return nil }},
		{Name: "good", Size: 5, Do: func(_ context.Context, step func()) error { ran.Add(1); return nil }},
	}
	var last Status
	err := Run(t.Context(), jobs, 2, func(s Status) { last = s })
	if err == nil || !strings.Contains(err.Error(), "bad: broken disk") {
		t.Errorf("want the failure of one job, got %v", err)
	}
	if ran.Load() != 2 || last.Finished != 2 || last.Failed != 1 || last.Skipped != 1 || last.Steps != 15 {
		t.Errorf("ran %d, status %+v", ran.Load(), last)
	}
	if last.StepsDone != 10 {
		t.Errorf("a job that ends early counts whole: want 10 steps, got %d", last.StepsDone)
	}
}

func TestCancelEndsTheWork(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ran atomic.Int32
	jobs := make([]Job, 50)
	for i := range jobs {
		jobs[i] = Job{Name: "j", Do: func(ctx context.Context, _ func()) error {
			if ran.Add(1) == 3 {
				cancel()
			}
			return ctx.Err()
		}}
	}
	if err := Run(ctx, jobs, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("want context.Canceled, got %v", err)
	}
	if ran.Load() != 3 {
		t.Errorf("%d jobs ran after the end", ran.Load()-3)
	}
}
