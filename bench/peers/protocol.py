"""The conversation between the benchmark program and one peer.

A peer reads one JSON object a line on standard input and answers with one a line on
standard output; whatever its libraries print goes to standard error. It knows three
requests: prepare (load inputs from a folder, warm up, leave outputs there), time
(repeat the prepared work, one figure each) and quit.
"""

import json
import os
import sys
import time

THREADS = os.environ.get("BENCH_THREADS", "1")
if THREADS == "1":
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
                 "TF_NUM_INTEROP_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    # Whatever a library makes of these, one core is all it gets.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def load(folder, *names):
    import numpy as np

    return [np.load(os.path.join(folder, name + ".npy")) for name in names]


def save(folder, **arrays):
    import numpy as np

    for name, value in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), np.asarray(value, dtype=np.float64))


def serve(versions, works):
    """works maps the name of a work to a function that prepares it and returns one
    that does it once (or that returns the seconds it took, when it measures a part)."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepared = None

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer({"versions": versions, "works": sorted(works)})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["op"] == "prepare":
                prepared = works[request["work"]](request["data"], request)
                answer({"ok": True})
            elif request["op"] == "time":
                seconds = []
                for _ in range(request["repeat"]):
                    begun = time.perf_counter()
                    took = prepared()
                    seconds.append(took if isinstance(took, float) else time.perf_counter() - begun)
                answer({"seconds": seconds})
            else:
                return
        except Exception as e:  # the program decides what to do without this peer
            answer({"error": f"{type(e).__name__}: {e}"})
