"""Writes measures.json: binary graphs with what networkx and bctpy compute on them.

Usage: python make.py [weights.safetensors ...]   (trained networks to include)
"""
import json, sys
import numpy as np, networkx as nx, bct
from networkx.algorithms.community import greedy_modularity_communities, modularity

rng = np.random.default_rng(20261123)

def binarise(W):
    A = (np.abs(W) > np.quantile(np.abs(W), .9)).astype(int)
    G = nx.from_numpy_array(A)
    G.remove_edges_from(list(nx.selfloop_edges(G)))
    return nx.to_numpy_array(G).astype(int)

def blocks(n, k, strong):
    W = rng.normal(size=(n, n))
    W[np.equal.outer(np.arange(n) * k // n, np.arange(n) * k // n)] *= strong
    return W

graphs = {
    "gauss50": binarise(rng.normal(size=(50, 50))),
    "gauss200": binarise(rng.normal(size=(200, 200))),
    "symmetric60": binarise((lambda x: x + x.T)(rng.normal(size=(60, 60)))),
    "modular90": binarise(blocks(90, 5, 3)),
    "heavy100": binarise(np.exp(2 * rng.normal(size=(100, 100))) * rng.lognormal(size=100)),
    "ring30": nx.to_numpy_array(nx.watts_strogatz_graph(30, 4, 0, seed=1)).astype(int),
    "smallworld64": nx.to_numpy_array(nx.watts_strogatz_graph(64, 6, .1, seed=1)).astype(int),
    "two_parts": nx.to_numpy_array(nx.disjoint_union(nx.complete_graph(5), nx.path_graph(7))).astype(int),
    "star65": nx.to_numpy_array(nx.star_graph(64)).astype(int),
    "complete66": nx.to_numpy_array(nx.complete_graph(66)).astype(int),
}
loops = (rng.random((70, 70)) + 0)
graphs["loops70"] = (((loops + loops.T) / 2) > .7).astype(int)
for i, path in enumerate(sys.argv[1:]):
    from safetensors.numpy import load_file
    graphs[f"trained{i}"] = binarise(load_file(path)["recurrent.weight"].T.astype(np.float64))

out = {"source": f"networkx {nx.__version__}, bctpy 0.6.1, numpy {np.__version__}, seed 20261123", "graphs": []}
for name, A in graphs.items():
    G = nx.from_numpy_array(A)
    case = {"name": name, "n": len(A), "loops": int(np.trace(A)), "rows": ["".join(map(str, r)) for r in A]}
    case["clustering"] = float(np.mean(bct.clustering_coef_bu(A.astype(float))))
    case["efficiency"] = float(bct.efficiency_bin(A.astype(float)))
    if not np.trace(A):
        parts = greedy_modularity_communities(G)
        label = np.zeros(len(A), int)
        for k, p in enumerate(parts):
            for v in p:
                label[v] = k
        case["communities"] = label.tolist()
        case["modularity"] = modularity(G, parts)
        with np.errstate(all="ignore"):
            r = nx.degree_assortativity_coefficient(G)
        case["assortativity"] = None if not np.isfinite(r) else float(r)
        case["transitivity"] = nx.transitivity(G)
        case["components"] = nx.number_connected_components(G)
    out["graphs"].append(case)
json.dump(out, open("measures.json", "w"))
