package export

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Numbers of the fields of ONNX messages and of its element types (onnx.proto3, IR
// version 8, operator set 17).
const (
	onnxIR, onnxOpset = 8, 17
	onnxFloat         = 1
	onnxInt64         = 7

	modelIR, modelProducer, modelGraph, modelOpset, modelMeta = 1, 2, 7, 8, 14
	graphNode, graphName, graphInit, graphInput, graphOutput  = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttribute    = 1, 2, 3, 4, 5
	attributeName, attributeI, attributeG, attributeStrings   = 1, 3, 6, 9
	attributeFloats, attributeType                            = 7, 20
	tensorDims, tensorType, tensorName, tensorRaw             = 1, 2, 8, 9
)

// message is a protocol buffer in the making.
type message []byte

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, b)
}

func (m *message) text(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

func (m *message) number(field protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

// maxONNX is the size that a protocol buffer may have.
const maxONNX = 2<<30 - 1

// activationsONNX are the names of nonlinearities in ONNX.
var activationsONNX = map[string]string{"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus", "linear": "Affine"}

// onnxFile writes a trained network as a graph: input [step][trial][input], from rest;
// outputs states [step][trial][neuron] and logits [step][trial][output] at every step.
func onnxFile(b *Bundle) ([]byte, error) {
	net := b.network
	if net == nil {
		return nil, fmt.Errorf("export: onnx: want a trained network, got a circuit")
	}
	if _, ok := activationsONNX[net.Activation]; !ok {
		return nil, fmt.Errorf("export: onnx: the activation %q has no counterpart", net.Activation)
	}
	n, in, out := net.Neurons, net.Inputs, net.Outputs
	if blocks := len(net.Gates()) + 1; 4*blocks*n*n > maxONNX-1<<20 {
		return nil, fmt.Errorf("export: onnx: want at most %d neurons, whose weights fill 2 GiB, got %d", int(math.Sqrt(float64(maxONNX/4/blocks))), n)
	}
	readout := make([]float32, n*out)
	for k := range out {
		for i := range n {
			readout[i*out+k] = net.V[k*n+i]
		}
	}
	var graph message
	arrays := addRecurrence(&graph, net)
	graph.bytes(graphNode, node("MatMul", "readout", []string{"states", "V"}, []string{"weighted"}))
	graph.bytes(graphNode, node("Add", "logits", []string{"weighted", "C"}, []string{"logits"}))
	graph.text(graphName, "biornn network")
	for _, a := range append(arrays, operand{"V", []int{n, out}, readout}, operand{"C", []int{out}, net.C}) {
		graph.bytes(graphInit, tensor(a.name, a.shape, a.data))
	}
	graph.bytes(graphInput, value("input", []string{"step", "trial"}, in))
	graph.bytes(graphOutput, value("states", []string{"step", "trial"}, n))
	graph.bytes(graphOutput, value("logits", []string{"step", "trial"}, out))

	var model, opset message
	model.number(modelIR, onnxIR)
	model.text(modelProducer, "biornn")
	model.bytes(modelGraph, graph)
	opset.number(2, onnxOpset)
	model.bytes(modelOpset, opset)
	for _, k := range sortedKeys(b.Meta) {
		var entry message
		entry.text(1, k)
		entry.text(2, b.Meta[k])
		model.bytes(modelMeta, entry)
	}
	return model, nil
}

func node(op, name string, inputs, outputs []string, attributes ...message) message {
	var m message
	for _, s := range inputs {
		m.text(nodeInput, s)
	}
	for _, s := range outputs {
		m.text(nodeOutput, s)
	}
	m.text(nodeName, name)
	m.text(nodeOp, op)
	for _, a := range attributes {
		m.bytes(nodeAttribute, a)
	}
	return m
}

func tensor(name string, shape []int, data []float32) message {
	var m message
	for _, d := range shape {
		m.number(tensorDims, int64(d))
	}
	m.number(tensorType, onnxFloat)
	m.text(tensorName, name)
	raw := make([]byte, 0, 4*len(data))
	for _, x := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	m.bytes(tensorRaw, raw)
	return m
}

// value describes an array of float32 with named dimensions and a fixed one.
func value(name string, labels []string, size int) message {
	var shape, m message
	for _, label := range labels {
		var d message
		d.text(2, label)
		shape.bytes(1, d)
	}
	var last message
	last.number(1, int64(size))
	shape.bytes(1, last)
	var kind, typ message
	kind.number(1, onnxFloat)
	kind.bytes(2, shape)
	typ.bytes(1, kind)
	m.text(1, name)
	m.bytes(2, typ)
	return m
}
