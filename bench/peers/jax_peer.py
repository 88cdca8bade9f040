"""JAX: the whole update, optimiser included, as one jitted function, in the form that is
fastest here: differentiated by the library through its own exponential, or with a
backward pass by hand and a short exponential. Called jax-library by its first argument,
it keeps to what the library has."""

import sys

import protocol

import jax
import jax.numpy as jnp
import numpy as np

NAME = sys.argv[1] if len(sys.argv) > 1 else "jax"
OWN = not NAME.endswith("-library")


def short(a):
    return protocol.exponential(a, jnp.eye(len(a), dtype=a.dtype))


def penalty(w, price, epsilon, exponential):
    a = jnp.abs(w)
    if exponential is None:
        return (a * price).sum()
    r = jax.lax.rsqrt(a.sum(0) + epsilon)
    return (a * price * exponential(r[:, None] * a * r[None, :])).sum()


def scan(w, drive):
    """Returns the last state and all of them."""

    def step(h, d):
        h = jax.nn.relu(d + h @ w.T)
        return h, h

    return jax.lax.scan(step, jnp.zeros(drive.shape[1:], drive.dtype), drive)


def last_state(w, drive):
    return scan(w, drive)[0]


@jax.custom_vjp
def last_state_by_hand(w, drive):
    return last_state(w, drive)


def forward(w, drive):
    last, h = scan(w, drive)
    return last, (w, h)


def backward(kept, dh):
    """The gradient of W is one product over all steps. The first has no state before it."""
    w, h = kept

    def step(dh, h):
        d = jnp.where(h > 0, dh, 0)
        return d @ w, d

    ds = jax.lax.scan(step, dh, h, reverse=True)[1]
    n = len(w)
    return ds[1:].reshape(-1, n).T @ h[:-1].reshape(-1, n), ds


last_state_by_hand.defvjp(forward, backward)


class Update:
    """One form of the update, with its own parameters."""

    def __init__(self, start, x, y, price, epsilon, exponential, states):
        # Own copies: their buffers are given away.
        params = [jnp.array(p) for p in start]
        self.state = (params, [jnp.zeros_like(p) for p in params], [jnp.zeros_like(p) for p in params], jnp.float32(0))
        self.data = (x, y, price)

        def objective(params, x, y, price):
            w, u, b, v, c = params
            logp = jax.nn.log_softmax(states(w, x @ u.T + b) @ v.T + c)
            loss = -jnp.take_along_axis(logp, y[:, None], 1).mean()
            cost = penalty(w, price, epsilon, exponential)
            return loss + cost, (loss, cost)

        gradient = jax.value_and_grad(objective, has_aux=True)

        def step(params, first, second, count, *data):
            _, grads = gradient(params, *data)
            count = count + 1
            rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
            first = [m + (g - m) * 0.1 for m, g in zip(first, grads)]
            second = [v + (g * g - v) * 0.001 for v, g in zip(second, grads)]
            params = [p - rate * m / (jnp.sqrt(v) + 1e-7) for p, m, v in zip(params, first, second)]
            return params, first, second, count

        self.gradient = jax.jit(gradient)
        self.step = jax.jit(step, donate_argnums=(0, 1, 2, 3))

    def once(self):
        self.state = jax.block_until_ready(self.step(*self.state, *self.data))

    def result(self):
        """Does the first update and returns what is compared."""
        (_, (loss, cost)), grads = self.gradient(self.state[0], *self.data)
        self.once()
        return {"loss": float(loss), "penalty": float(cost), "grad": np.array(grads[0]), "stepped": np.array(self.state[0][0])}


def update(folder, request):
    x, *start = [jnp.asarray(a) for a in protocol.load(folder, "x", "w", "u", "b", "v", "c")]
    y = jnp.asarray(protocol.load(folder, "label")[0]).astype(jnp.int32)
    spread = request["communicability"]
    common = (start, x, y, jnp.asarray(protocol.load_price(folder, spread)), request["epsilon"])
    library, quick = (jax.scipy.linalg.expm, short) if spread else (None, None)
    forms = {"library": Update(*common, library, last_state)}
    if OWN:
        forms["by hand"] = Update(*common, quick, last_state_by_hand)
    return protocol.fastest(folder, NAME, forms)


class Penalty:
    """The penalty alone and its gradient, differentiated through one exponential."""

    def __init__(self, w, price, epsilon, exponential):
        self.data = (w, price)
        self.gradient = jax.jit(jax.value_and_grad(lambda w, price: penalty(w, price, epsilon, exponential)))

    def once(self):
        jax.block_until_ready(self.gradient(*self.data))

    def result(self):
        value, grad = self.gradient(*self.data)
        return {"penalty": float(value), "grad": np.array(grad)}


def communicability(folder, request):
    w, price = jnp.asarray(protocol.load(folder, "w")[0]), jnp.asarray(protocol.load_price(folder, True))
    forms = {"library": Penalty(w, price, request["epsilon"], jax.scipy.linalg.expm)}
    if OWN:
        forms["by hand"] = Penalty(w, price, request["epsilon"], short)
    return protocol.fastest(folder, NAME, forms)


if __name__ == "__main__":
    protocol.serve(NAME, {"jax": jax.__version__, "numpy": np.__version__}, {"update": update, "communicability": communicability})
