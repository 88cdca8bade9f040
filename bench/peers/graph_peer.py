"""Measures of graphs in NetworkX, bctpy or igraph (the first argument): clustering and
global efficiency of a few random graphs, the time of 1,000 by proportion, and single
measures of one graph."""

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


def topology_igraph(measure, w):
    """Returns what does the measure once and what turns its result into numbers."""
    import igraph

    pre, post = np.nonzero(w)
    g = igraph.Graph(n=len(w), edges=np.column_stack([pre, post]), directed=True)
    length = (1 / w[pre, post]).tolist()
    u = g.as_undirected(mode="collapse")
    return {
        "clustering": (lambda: u.transitivity_local_undirected(mode="zero"), np.asarray),
        "reciprocity": (lambda: g.reciprocity(), np.atleast_1d),
        "assortativity": (lambda: g.assortativity_degree(directed=True), np.atleast_1d),
        "assortativity-undirected": (lambda: u.assortativity_degree(directed=False), np.atleast_1d),
        "transitivity": (lambda: u.transitivity_undirected(), np.atleast_1d),
        "core-numbers": (lambda: u.coreness(), np.asarray),
        "paths": (lambda: g.distances(), efficiency),
        "paths-weighted": (lambda: g.distances(weights=length), efficiency),
        "betweenness": (lambda: g.betweenness(), np.asarray),
        "betweenness-weighted": (lambda: g.betweenness(weights=length), np.asarray),
        "triads": (lambda: g.triad_census(), lambda t: np.array(list(t))),
    }[measure]


def topology_bctpy(measure, w):
    import bct

    a = (w != 0).astype(float)
    u = ((a + a.T) > 0).astype(float)
    length = np.divide(1, w, out=np.zeros_like(w), where=w != 0)
    return {
        "clustering": (lambda: bct.clustering_coef_bu(u), np.asarray),
        "clustering-directed-weighted": (lambda: bct.clustering_coef_wd(w), np.asarray),
        "paths": (lambda: bct.distance_bin(a), efficiency),
        "paths-weighted": (lambda: bct.distance_wei(length)[0], efficiency),
        "local-efficiency": (lambda: bct.efficiency_bin(u, local=True), np.asarray),
        "local-efficiency-weighted": (lambda: bct.efficiency_wei(w, local=True), np.asarray),
        "rich-club": (lambda: bct.rich_club_bd(a)[0], np.asarray),
        "core-periphery": (lambda: bct.core_periphery_dir(w.copy(), seed=1)[1], np.atleast_1d),
    }[measure]


def efficiency(distances):
    d = np.array(distances, dtype=float)
    np.fill_diagonal(d, np.inf)
    return np.array([(1 / d).sum() / (len(d) * (len(d) - 1))])


def topology(folder, request):
    w = protocol.load(folder, "matrix")[0]
    once, values = {"igraph": topology_igraph, "bctpy": topology_bctpy}[NAME](request["measure"], w)
    protocol.save(folder, **{NAME + "_" + request["measure"]: values(once())})

    def work():
        once()  # returns nothing: a number would be taken for seconds

    return work, {}


if __name__ == "__main__":
    from importlib.metadata import version

    __import__({"bctpy": "bct"}.get(NAME, NAME))
    protocol.serve(NAME, {NAME: version(NAME)}, {"nulls": nulls, "topology": topology})
