"""Writes the test files of this folder: NumPy 2.4.6, Python 3.11.7, no seed.

Every array holds numbers that the tests state themselves, so no random numbers
are needed. The object arrays are written once per pickle protocol.
"""
import io, pickle
import numpy as np
from numpy.lib import format as npf

grid = np.arange(6).reshape(2, 3)
np.savez("plain.npz",
    f8=grid / 4, f4be=(grid / 4).astype(">f4"), f8fortran=np.asfortranarray(grid / 4),
    i8=grid + 864691135761488438, i8be=(grid + 864691135761488438).astype(">i8"), i4=(grid - 3).astype("<i4"),
    i2=(grid - 3).astype("i2"), i1=(grid - 3).astype("i1"), u1=grid.astype("u1"), u2=grid.astype("u2"),
    u4=(grid + 2**32 - 6).astype("u4"), u8=grid.astype("u8"), b1=grid % 2 == 0,
    text=np.array(["L2/3", "", "größer", "日本"]), textbe=np.array(["ab", "c"]).astype(">U3"),
    scalar=np.float64(2.5), empty=np.zeros((0, 3)), cube_fortran=np.asfortranarray(np.arange(24).reshape(2, 3, 4)))
np.savez_compressed("packed.npz", zeros=np.zeros((50, 40)), one=np.array([1.5]))

def objects(rows):
    a = np.empty(len(rows), dtype=object)
    for i, r in enumerate(rows):
        a[i] = r
    return a

rows = objects([np.array([0.5, 1.25, 300.0]), np.array([]), np.arange(3) * 1000, np.arange(2, dtype=">i4"),
    np.array(["a", "bc"]), np.float64(7.5), 3, 2.5, np.array([True, False]), np.asfortranarray(grid)])
for protocol in (2, 3, 4):
    with open(f"objects_p{protocol}.npy", "wb") as f:
        npf.write_array_header_1_0(f, {"descr": "|O", "fortran_order": False, "shape": rows.shape})
        pickle.dump(rows, f, protocol=protocol)

class Evil:
    def __reduce__(self):
        import os
        return (os.system, ("true",))

with open("evil.npy", "wb") as f:
    npf.write_array_header_1_0(f, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    pickle.dump(objects([Evil()]), f, protocol=4)
