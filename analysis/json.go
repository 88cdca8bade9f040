package analysis

import (
	"encoding/json"
	"math"
)

// JSON has no NaN. Where one stands in a cell, a comparison or a learning curve it
// is written as null, and null is read as NaN.

func orNull(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

type (
	plainCell       Cell
	plainComparison Comparison
	plainPoint      Point
)

type cellJSON struct {
	plainCell
	Mean *float64 `json:"mean"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	SD   *float64 `json:"sd"`
}

// MarshalJSON writes NaN as null.
func (c Cell) MarshalJSON() ([]byte, error) {
	return json.Marshal(cellJSON{plainCell(c), orNull(c.Mean), orNull(c.Low), orNull(c.High), orNull(c.SD)})
}

// UnmarshalJSON reads null as NaN.
func (c *Cell) UnmarshalJSON(text []byte) error {
	var in cellJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*c = Cell(in.plainCell)
	c.Mean, c.Low, c.High, c.SD = orNaN(in.Mean), orNaN(in.Low), orNaN(in.High), orNaN(in.SD)
	return nil
}

type comparisonJSON struct {
	plainComparison
	Published     *float64 `json:"published"`
	PublishedLow  *float64 `json:"published_low"`
	PublishedHigh *float64 `json:"published_high"`
	P             *float64 `json:"p"`
}

// MarshalJSON writes NaN as null.
func (c Comparison) MarshalJSON() ([]byte, error) {
	return json.Marshal(comparisonJSON{plainComparison(c), orNull(c.Published), orNull(c.PublishedLow), orNull(c.PublishedHigh), orNull(c.P)})
}

// UnmarshalJSON reads null as NaN.
func (c *Comparison) UnmarshalJSON(text []byte) error {
	var in comparisonJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*c = Comparison(in.plainComparison)
	c.Published, c.PublishedLow, c.PublishedHigh, c.P = orNaN(in.Published), orNaN(in.PublishedLow), orNaN(in.PublishedHigh), orNaN(in.P)
	return nil
}

type pointJSON struct {
	plainPoint
	TrainLoss     *float64 `json:"train_loss"`
	TrainAccuracy *float64 `json:"train_accuracy"`
	Penalty       *float64 `json:"penalty"`
	ValLoss       *float64 `json:"val_loss"`
	ValAccuracy   *float64 `json:"val_accuracy"`
}

// MarshalJSON writes NaN as null: the last epoch of a diverged run has them.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{plainPoint(p), orNull(p.TrainLoss), orNull(p.TrainAccuracy), orNull(p.Penalty), orNull(p.ValLoss), orNull(p.ValAccuracy)})
}

// UnmarshalJSON reads null as NaN.
func (p *Point) UnmarshalJSON(text []byte) error {
	var in pointJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*p = Point{in.Epoch, orNaN(in.TrainLoss), orNaN(in.TrainAccuracy), orNaN(in.Penalty), orNaN(in.ValLoss), orNaN(in.ValAccuracy)}
	return nil
}
