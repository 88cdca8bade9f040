"""Reads exported files with the libraries that users have and compares with what the
test expects (expected.json: shapes, sums and single values). Called by export_test.go:
readback.py FOLDER."""

import json
import os
import sys

import networkx as nx
import numpy as np
import onnxruntime
import pyarrow.parquet as pq
import safetensors.numpy
import scipy.io

folder = sys.argv[1]


def path(*names):
    return os.path.join(folder, *names)


def check(what, got, want, tolerance=0.0):
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape or not np.allclose(got, want, rtol=tolerance, atol=tolerance, equal_nan=True):
        sys.exit(f"{what}: got {got!r}, want {want!r}")


with open(path("expected.json")) as f:
    expected = json.load(f)

for kind in ("circuit", "network", "gated"):
    e = expected[kind]
    npz = np.load(path(kind + ".npz"))
    tensors = safetensors.numpy.load_file(path(kind + ".safetensors"))
    matlab = scipy.io.loadmat(path(kind + ".mat"))
    assert sorted(npz.files) == sorted(tensors) == sorted(e["arrays"]), (npz.files, sorted(tensors), sorted(e["arrays"]))
    for name, want in e["arrays"].items():
        want = np.array([np.nan if x is None else x for x in want["values"]], dtype=np.float64).reshape(want["shape"])
        check(f"{kind}.npz {name}", npz[name].astype(np.float64), want)
        check(f"{kind}.safetensors {name}", tensors[name].astype(np.float64), want)
        m = matlab[name.replace(".", "_")].astype(np.float64)
        check(f"{kind}.mat {name}", m if want.ndim == 2 else m.ravel(), want)
    if kind == "circuit":
        assert npz["ids"].dtype == np.int64 and int(npz["ids"][0]) == e["first_id"], npz["ids"][0]
        assert int(matlab["ids"].ravel()[0]) == e["first_id"]

    neurons, connections = pq.read_table(path(kind + "_parquet", "neurons.parquet")), pq.read_table(path(kind + "_parquet", "connections.parquet"))
    assert neurons.num_rows == e["neurons"] and connections.num_rows == e["connections"]
    check("parquet weight", connections["weight"].to_numpy(), npz["weight"])
    check("parquet post", connections["post"].to_numpy(), npz["post"])
    if kind == "circuit":
        assert neurons["id"][0].as_py() == e["first_id"]
        assert neurons["name"].to_pylist() == e["names"]
    assert neurons.schema.metadata[b"kind"].decode() == ("circuit" if kind == "circuit" else "network")

    g = nx.read_graphml(path(kind + ".graphml"))
    assert g.is_directed() and g.number_of_nodes() == e["neurons"] and g.number_of_edges() == e["connections"]
    for pre, post, w in zip(npz["pre"], npz["post"], npz["weight"]):
        got = g.edges[f"n{pre}", f"n{post}"]["weight"]
        assert np.float32(got) == np.float32(w), (got, w)
    if kind == "circuit":
        assert [g.nodes[f"n{i}"]["name"] for i in range(e["neurons"])] == e["names"]
        assert g.nodes["n0"]["id"] == e["first_id"]

x, states, logits = (np.load(path(name + ".npy")) for name in ("x", "states", "logits"))
for k, network in enumerate(expected["networks"]):
    session = onnxruntime.InferenceSession(path(network + ".onnx"), providers=["CPUExecutionProvider"])
    got_states, got_logits = session.run(["states", "logits"], {"input": x})
    check(f"onnx {network}: states", got_states, states[k], 1e-5)
    check(f"onnx {network}: logits", got_logits, logits[k], 1e-5)
print("everything was read back")
