// Package analysis turns trained runs into tidy results: the structure measures
// of one network, summaries over seeds, comparisons with published tables and
// verdicts on claims.
package analysis

// Outcomes of a run.
const (
	Finished = "finished"
	Diverged = "diverged"
)

// Point is one epoch of a learning curve. Accuracies are shares in 0…1, losses
// nats; the training values are running means over the epoch's batches, taken
// while the weights move (as Keras reports them), the validation values belong
// to the weights at the end of the epoch.
type Point struct {
	Epoch         int     `json:"epoch"`
	TrainLoss     float64 `json:"train_loss"`
	TrainAccuracy float64 `json:"train_accuracy"`
	Penalty       float64 `json:"penalty"`
	ValLoss       float64 `json:"val_loss"`
	ValAccuracy   float64 `json:"val_accuracy"`
}

// Record is one run in tidy form. A measure that could not be computed is absent
// from Values and explained in Warnings; the values of a diverged run never enter
// a mean.
type Record struct {
	Run      string             `json:"run"`    // folder name
	Model    string             `json:"model"`  // slug, e.g. wbio-dreal-c
	Task     string             `json:"task"`   // name, e.g. one-step-inference
	Preset   string             `json:"preset"` // paper, corrected or custom
	Seed     uint64             `json:"seed"`
	Outcome  string             `json:"outcome"`         // Finished or Diverged
	Step     int                `json:"step,omitempty"`  // the update at which it diverged
	Cause    string             `json:"cause,omitempty"` // what diverged
	Curve    []Point            `json:"curve,omitempty"`
	Values   map[string]float64 `json:"values"`
	Warnings []string           `json:"warnings,omitempty"`
}

// Cell summarises one measure of one model on one task over seeds.
type Cell struct {
	Model    string  `json:"model"`
	Task     string  `json:"task"`
	Measure  string  `json:"measure"`
	N        int     `json:"n"`        // runs that entered
	Diverged int     `json:"diverged"` // runs left out because they diverged
	Mean     float64 `json:"mean"`
	Low      float64 `json:"low"` // 95 % confidence interval (Student's t)
	High     float64 `json:"high"`
	SD       float64 `json:"sd"` // sample standard deviation
}

// Verdicts on a claim.
const (
	Supported    = "supported"
	NotSupported = "not supported"
	Undecided    = "undecided"
)

// Claim is a statement of the abstract with what these runs say about it.
type Claim struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Verdict   string   `json:"verdict"`
	Reason    string   `json:"reason"`             // plain words with the numbers that decide
	Evidence  []string `json:"evidence,omitempty"` // one line a task or comparison
}

// Comparison sets one published cell beside ours.
type Comparison struct {
	Model         string  `json:"model"` // slug
	Task          string  `json:"task"`
	Measure       string  `json:"measure"` // as published, e.g. Modularity
	Ours          Cell    `json:"ours"`
	Published     float64 `json:"published"`
	PublishedLow  float64 `json:"published_low"`
	PublishedHigh float64 `json:"published_high"`
	PublishedN    int     `json:"published_n"`
	P             float64 `json:"p"` // two-sided Welch test, NaN where it cannot be made
	Agree         bool    `json:"agree"`
	Note          string  `json:"note,omitempty"`
}
