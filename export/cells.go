package export

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"biornn/rnn"
)

// operand is an array that a graph reads.
type operand struct {
	name  string
	shape []int
	data  []float32
}

// Blocks of the gated operators of ONNX in its order: places in Network.Gates, −1 the
// candidate.
var blocksONNX = map[string][]int{"gru": {1, 0, -1}, "lstm": {0, 2, 1, -1}}

// addRecurrence adds the nodes that make states [step][trial][neuron] of input, and
// returns the arrays that they read.
func addRecurrence(graph *message, net *rnn.Network) []operand {
	if net.Cell == "leaky" {
		return addLeaky(graph, net)
	}
	n, in := net.Neurons, net.Inputs
	op, attributes := "RNN", rnnAttributes(n, activationsONNX[net.Activation])
	w, r, b := net.U, net.Recurrent(), make([]float32, 2*n) // the bias of the recurrent product is 0
	copy(b, net.B)
	switch net.Cell {
	case "gru":
		op, attributes = "GRU", []message{size(n), integer("linear_before_reset", 1)}
		w, r, b = stacked(net)
	case "lstm":
		op, attributes = "LSTM", []message{size(n)}
		w, r, b = stacked(net)
	}
	blocks := len(b) / (2 * n)
	graph.bytes(graphNode, node(op, "recurrence", []string{"input", "W", "R", "B"}, []string{"sequence"}, attributes...))
	graph.bytes(graphNode, node("Squeeze", "states", []string{"sequence", "direction"}, []string{"states"}))
	graph.bytes(graphInit, direction())
	return []operand{{"W", []int{1, blocks * n, in}, w}, {"R", []int{1, blocks * n, n}, r}, {"B", []int{1, 2 * blocks * n}, b}}
}

// stacked returns the weights of inputs, the recurrent ones and both biases of a gated
// cell, in the order of ONNX.
func stacked(net *rnn.Network) (w, r, b []float32) {
	n, in := net.Neurons, net.Inputs
	order := blocksONNX[net.Cell]
	b = make([]float32, 2*len(order)*n)
	for k, g := range order {
		if g >= 0 {
			w, r = append(w, net.GateU[g*n*in:(g+1)*n*in]...), append(r, net.GateW[g*n*n:(g+1)*n*n]...)
			copy(b[k*n:], net.GateB[g*n:(g+1)*n])
			continue
		}
		w, r = append(w, net.U...), append(r, net.W...)
		copy(b[k*n:], net.B)
		copy(b[(len(order)+k)*n:], net.InnerB)
	}
	return w, r, b
}

// addLeaky adds a scan over the steps whose states are x and r = φ(x); x_0 is the
// product of the first input with zeros, which has as many trials.
func addLeaky(graph *message, net *rnn.Network) []operand {
	n, in := net.Neurons, net.Inputs
	r, u, b := make([]float32, n*n), make([]float32, in*n), make([]float32, n)
	for post := range n {
		b[post] = net.Leak * net.B[post]
		for k := range in {
			u[k*n+post] = net.Leak * net.U[post*in+k]
		}
	}
	for i, w := range net.Recurrent() {
		r[i%n*n+i/n] = net.Leak * w
	}
	phi := activationsONNX[net.Activation]
	if phi == "Affine" {
		phi = "Identity"
	}
	var body message
	for _, step := range []struct {
		op, out string
		from    []string
	}{
		{"MatMul", "recurrent", []string{"r", "R"}}, {"MatMul", "driven", []string{"step", "U"}}, {"Mul", "kept", []string{"x", "keep"}},
		{"Add", "sum", []string{"recurrent", "driven"}}, {"Add", "biased", []string{"sum", "B"}}, {"Add", "x_next", []string{"kept", "biased"}},
		{phi, "r_next", []string{"x_next"}}, {"Identity", "r_kept", []string{"r_next"}},
	} {
		body.bytes(graphNode, node(step.op, step.out, step.from, []string{step.out}))
	}
	body.text(graphName, "step")
	for _, name := range []string{"x", "r", "step"} {
		size := n
		if name == "step" {
			size = in
		}
		body.bytes(graphInput, value(name, []string{"trial"}, size))
	}
	for _, name := range []string{"x_next", "r_next", "r_kept"} {
		body.bytes(graphOutput, value(name, []string{"trial"}, n))
	}
	var attribute message
	attribute.text(attributeName, "body")
	attribute.bytes(attributeG, body)
	attribute.number(attributeType, 5)
	graph.bytes(graphNode, node("Gather", "first", []string{"input", "zero"}, []string{"first"}))
	graph.bytes(graphNode, node("MatMul", "x_start", []string{"first", "nothing"}, []string{"x_start"}))
	graph.bytes(graphNode, node(phi, "r_start", []string{"x_start"}, []string{"r_start"}))
	graph.bytes(graphNode, node("Scan", "recurrence", []string{"x_start", "r_start", "input"}, []string{"x_end", "r_end", "states"}, integer("num_scan_inputs", 1), attribute))
	graph.bytes(graphInit, whole("zero", nil, 0))
	return []operand{{"R", []int{n, n}, r}, {"U", []int{in, n}, u}, {"B", []int{n}, b},
		{"keep", []int{1}, []float32{1 - net.Leak}}, {"nothing", []int{in, n}, make([]float32, in*n)}}
}

// rnnAttributes are those of ONNX' RNN: φ, its parameters where it has some, and the
// number of neurons.
func rnnAttributes(n int, activation string) []message {
	var names message
	names.text(attributeName, "activations")
	names.text(attributeStrings, activation)
	names.number(attributeType, 8)
	out := []message{names, size(n)}
	if activation == "Affine" { // αx + β
		for name, v := range map[string]float32{"activation_alpha": 1, "activation_beta": 0} {
			var a message
			a.text(attributeName, name)
			a = protowire.AppendTag(a, attributeFloats, protowire.Fixed32Type)
			a = protowire.AppendFixed32(a, math.Float32bits(v))
			a.number(attributeType, 6)
			out = append(out, a)
		}
	}
	return out
}

// size is the attribute with the number of neurons.
func size(n int) message { return integer("hidden_size", int64(n)) }

func integer(name string, v int64) message {
	var m message
	m.text(attributeName, name)
	m.number(attributeI, v)
	m.number(attributeType, 2)
	return m
}

// direction is the axis of a recurrent operator's result that counts directions, of
// which there is one.
func direction() message { return whole("direction", []int{1}, 1) }

// whole is a tensor of one whole number.
func whole(name string, shape []int, v uint64) message {
	var m message
	for _, d := range shape {
		m.number(tensorDims, int64(d))
	}
	m.number(tensorType, onnxInt64)
	m.text(tensorName, name)
	m.bytes(tensorRaw, binary.LittleEndian.AppendUint64(nil, v))
	return m
}
