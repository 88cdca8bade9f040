"""SciPy in float64: the reference for accuracy, with the gradient by the Fréchet
derivative of the exponential."""

import protocol

import numpy as np
import scipy
from scipy.linalg import expm, expm_frechet


def communicability(folder, request):
    w = protocol.load(folder, "w")[0].astype(np.float64)
    price = protocol.load_price(folder, True).astype(np.float64)
    epsilon = request["epsilon"]

    def once():
        a = np.abs(w)
        s = a.sum(0) + epsilon
        r = 1 / np.sqrt(s)
        n = r[:, None] * a * r[None, :]
        c = expm(n)
        value = (a * price * c).sum()
        # The adjoint of the exponential at N is its Fréchet derivative at the transpose.
        g = expm_frechet(n.T, a * price, compute_expm=False)
        ds = -(((g * n).sum(1) + (g * n).sum(0)) / (2 * s))
        return value, (price * c + g * r[:, None] * r[None, :] + ds[None, :]) * np.sign(w)

    value, grad = once()
    protocol.save(folder, scipy_penalty=value, scipy_grad=grad)
    return once, {}


if __name__ == "__main__":
    protocol.serve("scipy", {"scipy": scipy.__version__, "numpy": np.__version__}, {"communicability": communicability})
