// Package report draws figures and lays out the page of a comparison. All results
// come with the Data; only what a drawing needs is worked out here: the means of
// learning curves, shares of weights, the order of a matrix, projections.
package report

import "biornn/analysis"

// Data is everything a report shows.
type Data struct {
	Title           string
	Preset          string // paper, corrected or custom
	Circuit         Circuit
	Models          []Model
	Tasks           []Task
	Records         []analysis.Record
	Cells           []analysis.Cell
	Claims          []analysis.Claim
	Verdicts        []analysis.Verdict    // on the biology, with controls; may be empty
	Attribution     []analysis.Attributed // of effects to constraints; may be empty
	Choice          string                // how λ was chosen, a sentence; may be empty
	Comparisons     []analysis.Comparison // with a published table; may be empty
	PublishedSource string
	ComparisonNotes []string
	Networks        []Network
	Measures        []analysis.Definition
	Notes           []string // warnings and doubts
	Manifest        Manifest
}

// Circuit describes the circuit that the networks were made from.
type Circuit struct {
	Name      string
	Origin    string // one line: where it comes from
	Neurons   int
	Synthetic bool
	Positions [][3]float64 // somata, µm
	Summary   []string     // lines of plain text
	Steps     []string     // what was done to the data
	Warnings  []string     // doubts; Notes of the Data should hold them
}

// Model names one model.
type Model struct{ Slug, Symbol, Note string }

// Task names one task with its chance level and its ideal observer's accuracy, NaN
// where unknown.
type Task struct {
	Name, Title, Note string
	Chance, Ceiling   float64
}

// Network is one trained network shown as an example of its model.
type Network struct {
	Model, Task string
	Seed        uint64
	Weights     []float32 // W[post][pre], N×N
	Modules     []int     // module of each neuron
}

// Manifest says how to repeat the work.
type Manifest struct {
	Command, Version, Go, CPU, Kernel string
	CircuitHash                       string
	Seeds                             int
	Spec                              string // TOML of one run
}
