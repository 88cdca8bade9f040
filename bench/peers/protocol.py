"""The conversation between the benchmark program and one peer.

A peer greets with its versions, then reads one JSON object a line on standard input and
answers with one a line on standard output; whatever its libraries print goes to standard
error. It knows four requests: hello (the greeting again), prepare (load inputs from a
folder, warm up, leave outputs there), time (repeat the prepared work, one figure each)
and quit. What fails is answered with {"error": ...}.
"""

import ctypes
import json
import math
import os
import sys
import time

THREADS = os.environ.get("BENCH_THREADS", "1")
if THREADS == "1":
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
                 "TF_NUM_INTEROP_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    # Whatever a library makes of these, one core is all it gets.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# glibc's mallopt: freed memory stays with the process, in one arena. By default the large
# temporary arrays of every update go back to the system, and their page faults cost JAX
# almost half of its time.
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
if sys.platform == "linux":
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, -1)
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_ARENA_MAX, 1)

outputs = []  # names of the arrays that the work in preparation has left


def load(folder, *names):
    import numpy as np

    return [np.load(os.path.join(folder, name + ".npy")) for name in names]


def load_price(folder, spread):
    """The price of a unit of |W|. Communicability has a zero diagonal: it meets the price
    in a product only, so that the price's diagonal is made zero instead."""
    import numpy as np

    price = load(folder, "price")[0]
    if spread:
        np.fill_diagonal(price, 0)
    return price


def save(folder, **arrays):
    import numpy as np

    for name, value in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), np.asarray(value, dtype=np.float64))
        outputs.append(name)


# The exponential to degree 8 in three products (Bader, Blanes & Casas 2019,
# doi:10.3390/math7121174). The argument here is not negative and of spectral radius at
# most 1, so the terms left out are about a millionth of the whole and no scaling is
# needed; the libraries' own exponentials have to be ready for any argument.
R = math.sqrt(177)
X = (None, (1 + R) / 132, (1 + R) / 528, 2 / 3, (-271 + 29 * R) / 210, 11 * (-1 + R) / 840,
     11 * (-9 + R) / 3360, (89 - R) / 2240)
Y2 = (857 - 58 * R) / 630


def exponential(a, one):
    """Returns exp(a) in whatever library a comes from; one is the unit matrix."""
    a2 = a @ a
    a4 = a2 @ (X[1] * a + X[2] * a2)
    return one + a + Y2 * a2 + (X[3] * a2 + a4) @ (X[4] * one + X[5] * a + X[6] * a2 + X[7] * a4)


def relative(a, b):
    """Returns the distance of two arrays relative to the norm of b."""
    import numpy as np

    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def fastest(folder, name, forms, rounds=5):
    """Takes {form: object with result and once}, the library's own form first. Times by
    turns those that agree with the first, leaves the results of the fastest and returns
    it, with the least seconds of each."""
    results = {form: f.result() for form, f in forms.items()}
    first = next(iter(results.values()))["grad"]
    agreeing = {form: f.once for form, f in forms.items() if relative(results[form]["grad"], first) < 1e-4}
    seconds = {form: math.inf for form in agreeing}
    for _ in range(rounds):
        for form, once in agreeing.items():
            begun = time.perf_counter()
            once()
            seconds[form] = min(seconds[form], time.perf_counter() - begun)
    best = min(seconds, key=seconds.get)
    save(folder, **{f"{name}_{key}": value for key, value in results[best].items()})
    return agreeing[best], {"form": best, "forms": seconds}


def serve(name, versions, works):
    """works maps the name of a work to a function that prepares it and returns one that
    does it once (or that returns the seconds it took, when it measures a part), and a
    dict of what else the answer shall say."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepared = None

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    def times(repeat):
        for _ in range(repeat):
            begun = time.perf_counter()
            took = prepared()
            yield took if isinstance(took, float) else time.perf_counter() - begun

    greeting = {"name": name, "versions": versions, "works": sorted(works),
                "threads": 1 if THREADS == "1" else os.cpu_count()}
    answer(greeting)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["op"] == "hello":
                answer(greeting)
            elif request["op"] == "prepare":
                outputs.clear()
                prepared, more = works[request["work"]](request["data"], request)
                answer({"ok": True, "outputs": list(outputs), **more})
            elif request["op"] == "time":
                answer({"seconds": list(times(request["repeat"]))})
            else:
                return
        except Exception as e:  # the program decides what to do without this peer
            answer({"error": f"{type(e).__name__}: {e}"})
