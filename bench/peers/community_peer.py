"""Communities, agreement of partitions, degree-preserving nulls and weighted small-world
measures in igraph, leidenalg, NetworkX or bctpy (the first argument)."""

import sys

import protocol

import numpy as np

NAME = sys.argv[1]


def pairs(folder):
    return protocol.load(folder, "pairs")[0].astype(int)


def igraph_of(folder, request):
    import igraph

    return igraph.Graph(n=request["n"], edges=pairs(folder), directed=request["directed"])


def matrix_of(folder, request):
    a = np.zeros((request["n"], request["n"]))
    links = pairs(folder)
    a[links[:, 0], links[:, 1]] = 1
    return a if request["directed"] else a + a.T


def optimiser(find, quality):
    """find(folder, request) returns a function that finds one partition; quality its Q."""

    def prepare(folder, request):
        once = find(folder, request)
        q = np.mean([quality(once()) for _ in range(request["runs"])])
        protocol.save(folder, **{NAME + "_q": q})
        return once, {}

    return prepare


def igraph_louvain(folder, request):
    return igraph_of(folder, request).community_multilevel


def igraph_leiden(folder, request):
    g = igraph_of(folder, request)
    return lambda: g.community_leiden(objective_function="modularity", n_iterations=2)


def leidenalg_leiden(folder, request):
    import leidenalg

    g = igraph_of(folder, request)
    return lambda: leidenalg.find_partition(g, leidenalg.ModularityVertexPartition, n_iterations=2)


def networkx_louvain(folder, request):
    import networkx as nx

    g = nx.from_numpy_array(matrix_of(folder, request))
    return lambda: (g, nx.community.louvain_communities(g))


def networkx_quality(found):
    import networkx as nx

    return nx.community.modularity(*found)


def bctpy_louvain(folder, request):
    import bct

    a = matrix_of(folder, request)
    return lambda: bct.community_louvain(a)


def rewiring(folder, request):
    """Nulls of equal degrees; the undirected ones with clustering and efficiency."""
    swaps, directed = request["swaps"], request["directed"]
    if NAME == "igraph":
        g = igraph_of(folder, request)

        def draw():
            null = g.copy()
            null.rewire(n=swaps * g.ecount())
            return null

        def measure(x):
            lengths = x.path_length_hist(directed=False).bins()
            n = x.vcount()
            return x.transitivity_avglocal_undirected(mode="zero"), 2 * sum(count / d for d, _, count in lengths) / (n * (n - 1))

        own = g
    else:
        import bct

        own = matrix_of(folder, request)

        def draw():
            return bct.randmio_und(own, swaps)[0]

        def measure(x):
            return bct.clustering_coef_bu(x).mean(), bct.efficiency_bin(x)

    if directed:
        return draw, {}
    protocol.save(folder, **{NAME + "_statistics": measure(own)})
    return lambda: measure(draw()), {}


def agreement(folder, request):
    """bctpy 0.6.1 gives numpy.sum a generator, which NumPy 2.4 refuses: here it gets one
    that takes it."""
    import types

    import bct

    numpy_sum = np.sum
    np.sum = lambda x, *args, **kwargs: sum(x) if isinstance(x, types.GeneratorType) else numpy_sum(x, *args, **kwargs)
    partitions = protocol.load(folder, "partitions")[0].astype(int).T + 1

    def once():
        return bct.agreement(partitions) / partitions.shape[1]

    protocol.save(folder, bctpy_agreement=once())
    return once, {}


def weighted(folder, request):
    import bct

    w = protocol.load(folder, "weighted")[0]

    def once():
        with np.errstate(divide="ignore"):
            lengths = np.where(w > 0, 1 / w, 0)
        return bct.clustering_coef_wu(w / w.max()).mean(), bct.charpath(bct.distance_wei(lengths)[0], include_infinite=False)[0]

    protocol.save(folder, bctpy_weighted=once())
    return once, {}


WORKS = {
    "igraph": {"louvain": optimiser(igraph_louvain, lambda found: found.modularity),
               "leiden": optimiser(igraph_leiden, lambda found: found.modularity), "rewiring": rewiring},
    "leidenalg": {"leiden": optimiser(leidenalg_leiden, lambda found: found.quality())},
    "networkx": {"louvain": optimiser(networkx_louvain, networkx_quality)},
    "bctpy": {"louvain": optimiser(bctpy_louvain, lambda found: found[1]), "rewiring": rewiring, "agreement": agreement, "weighted": weighted},
}

if __name__ == "__main__":
    from importlib.metadata import version

    __import__({"bctpy": "bct"}.get(NAME, NAME))
    protocol.serve(NAME, {NAME: version(NAME)}, WORKS[NAME])
