"""Writes set_order.json: CPython 3.11.7's order of sets of integers.

The ids come from a linear congruential generator that the test repeats, so no seed.
"""
import hashlib, json

def ids(n, multiplier, offset):
    out, x = [], 12345
    for _ in range(n):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(x // 2**40 * multiplier + offset)
    return list(dict.fromkeys(out))

cases = []
for n, multiplier, offset in [(1, 1, 0), (4, 1, 864691135000000000), (5, 1, 864691135000000000), (42, 1, 864691135000000000),
        (312, 1, 864691135000000000), (632, 4096, 0), (200, 2**30, 7), (90, 2**36, 2**62), (60, -3, 5), (3000, 1, 864691135000000000),
        (70000, 5, 1)]:
    x = ids(n, multiplier, offset)
    order = list(set(x))
    text = ",".join(map(str, order))
    cases.append({"n": n, "multiplier": multiplier, "offset": offset, "first": order[:5],
                  "sha256": hashlib.sha256(text.encode()).hexdigest()})
json.dump({"tool": "CPython 3.11.7, make.py", "cases": cases}, open("set_order.json", "w"), indent=1)

import numpy as np  # 2.4.6
for name, n in [("two", 2), ("three", 3)]:
    rows = np.empty(n, dtype=object)
    for i in range(n):
        rows[i] = np.array([100 + 1000 * i, 200, 300])
    np.save(f"positions_{name}.npy", rows, allow_pickle=True)
