"""Clustering and global efficiency of random graphs in NetworkX, bctpy or igraph (the
first argument): a few graphs, the time of 1,000 by proportion."""

import sys
import time

import protocol

import numpy as np

KIND = sys.argv[1]


def measure_networkx(a):
    import networkx as nx

    g = nx.from_numpy_array(a)
    return nx.average_clustering(g), nx.global_efficiency(g)


def measure_bctpy(a):
    import bct

    return bct.clustering_coef_bu(a).mean(), bct.efficiency_bin(a)


def measure_igraph(a):
    import igraph

    i, j = np.nonzero(np.triu(a, 1))
    g = igraph.Graph(n=len(a), edges=np.column_stack([i, j]))
    d = np.array(g.distances())
    with np.errstate(divide="ignore"):
        e = 1 / d
    np.fill_diagonal(e, 0)
    return g.transitivity_avglocal_undirected(mode="zero"), e.sum() / (len(a) * (len(a) - 1))


def nulls(folder, request):
    """Simple graphs: the libraries disagree about self-loops, which none of them needs."""
    a = protocol.load(folder, "graph")[0].astype(float)
    measure = {"networkx": measure_networkx, "bctpy": measure_bctpy, "igraph": measure_igraph}[KIND]
    c, e = measure(a)
    protocol.save(folder, **{KIND + "_clustering": c, KIND + "_efficiency": e})
    few = request["few"]
    rng = np.random.default_rng(1)

    def once():
        begun = time.perf_counter()
        for _ in range(few):
            u = rng.random(a.shape)
            g = ((u + u.T) / 2 > 0.7).astype(float)
            np.fill_diagonal(g, 0)
            measure(g)
        return (time.perf_counter() - begun) * 1000 / few

    return once


if __name__ == "__main__":
    module = {"networkx": "networkx", "bctpy": "bct", "igraph": "igraph"}[KIND]
    from importlib.metadata import version

    __import__(module)
    protocol.serve({KIND: version(KIND)}, {"nulls": nulls})
