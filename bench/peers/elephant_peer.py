"""Elephant's spike time tiling coefficient: some pairs, the time of all by proportion.

Version 1.2.1 finds near spikes by numpy.isclose, whose relative tolerance of 1e-5 widens
the window by 10 µs for every second since the start of the recording. Values are
compared without it, times are taken as it is.
"""

import time

import protocol

import numpy as np


def sttc(folder, request):
    import neo
    import quantities as pq
    from elephant.spike_train_correlation import spike_time_tiling_coefficient

    times, starts = protocol.load(folder, "times", "starts")
    starts = starts.astype(int)
    trains = [neo.SpikeTrain(times[a:b] * pq.s, t_start=0 * pq.s, t_stop=request["stop"] * pq.s) for a, b in zip(starts, starts[1:])]
    pairs, n, dt = request["pairs"], len(trains), request["dt"] * pq.s
    chosen = [(i % n, (7 * i + 1) % n) for i in range(pairs)]

    def values():
        return [float(spike_time_tiling_coefficient(trains[i], trains[j], dt=dt)) for i, j in chosen]

    isclose = np.isclose
    np.isclose = lambda a, b, atol: isclose(a, b, rtol=0, atol=atol)
    try:
        exact = values()
    finally:
        np.isclose = isclose
    protocol.save(folder, elephant_sttc=exact, elephant_pairs=chosen)
    factor = n * (n + 1) / 2 / pairs

    def once():
        begun = time.perf_counter()
        values()
        return (time.perf_counter() - begun) * factor

    return once, {"factor": factor}


if __name__ == "__main__":
    from importlib.metadata import version

    protocol.serve("elephant", {"elephant": version("elephant")}, {"sttc": sttc})
