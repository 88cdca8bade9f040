package functional

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// STTCFrames returns the spike time tiling coefficients of all pairs of trains whose
// events lie on the frames of one clock, as ascending frame numbers below frames. Two
// events are near if their frames are at most halfWidth apart; an event tiles the
// 2·halfWidth + 1 frames around its own, less those outside the recording.
//
// That is STTC of events in the middle of their frames, at (frame + ½)·period, with
// dt = (halfWidth + ½)·period and the window 0 … frames·period: to the last bit where
// these times are exact, as for a period of 1, and but for the rounding of times
// elsewhere. Events at frame·period have the same coefficient in the window
// −period/2 … (frames − ½)·period.
//
// Two events of a train on one frame are an error. Trains without events give rows of
// NaN, also on the diagonal. It runs on all cores and takes two bits a neuron and frame
// beside the result.
func STTCFrames(events [][]int32, frames, halfWidth int) (*mat.Dense, error) {
	if frames < 1 || frames > math.MaxInt32 {
		return nil, fmt.Errorf("functional: sttc: frames: want a number from 1 to %d, got %d", math.MaxInt32, frames)
	}
	if halfWidth < 0 || halfWidth > frames {
		return nil, fmt.Errorf("functional: sttc: half width: want a number of frames from 0 to %d, got %d", frames, halfWidth)
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("functional: sttc: want at least one train, got none")
	}
	for i, train := range events {
		if err := checkFrames(train, frames); err != nil {
			return nil, fmt.Errorf("functional: sttc: neuron %d: %w", i, err)
		}
	}
	t := newTiling(len(events), frames)
	parallel(t.n, func(i int) {
		t.put(i, events[i])
		tiles, covered := t.row(t.tiles, i), 0 // frames before this one need no more marks
		for _, f := range events[i] {
			to := min(frames, int(f)+halfWidth+1)
			mark(tiles, max(covered, int(f)-halfWidth), to)
			covered = to
		}
		t.share[i] = float64(ones(tiles)) / float64(frames)
	})
	return t.coefficients(), nil
}

func checkFrames(train []int32, frames int) error {
	for k, f := range train {
		if f < 0 || int(f) >= frames {
			return fmt.Errorf("event %d: want a frame from 0 to %d, got %d", k, frames-1, f)
		}
		if k > 0 && f <= train[k-1] {
			return fmt.Errorf("event %d: want ascending frames with one event each, got %d after %d", k, f, train[k-1])
		}
	}
	return nil
}
