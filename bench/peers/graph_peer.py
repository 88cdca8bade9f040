"""Clustering and global efficiency of random graphs in NetworkX, bctpy or igraph (the
first argument): a few graphs, the time of 1,000 by proportion."""

import sys
import time

import protocol

import numpy as np

NAME = sys.argv[1]
NULLS = 1000


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
    lengths = g.path_length_hist(directed=False).bins()
    return g.transitivity_avglocal_undirected(mode="zero"), 2 * sum(count / d for d, _, count in lengths) / (len(a) * (len(a) - 1))


def nulls(folder, request):
    """Simple graphs: the libraries disagree about self-loops, which none of them needs."""
    a = protocol.load(folder, "graph")[0].astype(float)
    measure = {"networkx": measure_networkx, "bctpy": measure_bctpy, "igraph": measure_igraph}[NAME]
    c, e = measure(a)
    protocol.save(folder, **{NAME + "_clustering": c, NAME + "_efficiency": e})
    few = request.get("few", 20)
    rng = np.random.default_rng(1)

    def once():
        begun = time.perf_counter()
        for _ in range(few):
            u = rng.random(a.shape)
            g = ((u + u.T) / 2 > 0.7).astype(float)
            np.fill_diagonal(g, 0)
            measure(g)
        return (time.perf_counter() - begun) * NULLS / few

    return once, {"factor": NULLS / few}


if __name__ == "__main__":
    from importlib.metadata import version

    __import__({"bctpy": "bct"}.get(NAME, NAME))
    protocol.serve(NAME, {NAME: version(NAME)}, {"nulls": nulls})
