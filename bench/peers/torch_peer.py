"""PyTorch: an update in the form that is fastest here: autograd through the library's
exponential, a backward pass by hand with a short exponential, or autograd compiled.
Called torch-library by its first argument, it keeps to what the library has."""

import sys

import protocol

import numpy as np
import torch

NAME = sys.argv[1] if len(sys.argv) > 1 else "torch"
OWN = not NAME.endswith("-library")

torch.set_num_threads(1 if protocol.THREADS == "1" else torch.get_num_threads())


def short(a):
    return protocol.exponential(a, torch.eye(len(a)))


def penalty(w, price, epsilon, exponential):
    a = w.abs()
    if exponential is None:
        return (a * price).sum()
    r = (a.sum(0) + epsilon).rsqrt()
    return (a * price * exponential(r[:, None] * a * r[None, :])).sum()


def last_state(w, drive):
    h = torch.zeros(drive.shape[1:])
    for d in drive:
        h = torch.relu(torch.addmm(d, h, w.T))
    return h


class LastState(torch.autograd.Function):
    """The same, with the gradient of W as one product over all steps."""

    @staticmethod
    def forward(ctx, w, drive):
        h = torch.zeros(len(drive) + 1, *drive.shape[1:])
        for t, d in enumerate(drive):
            torch.addmm(d, h[t], w.T, out=h[t + 1]).relu_()
        ctx.save_for_backward(w, h)
        return h[-1].clone()

    @staticmethod
    def backward(ctx, dh):
        w, h = ctx.saved_tensors
        n, ds = len(w), torch.empty_like(h[1:])
        for t in reversed(range(len(ds))):
            torch.ops.aten.threshold_backward.grad_input(dh, h[t + 1], 0, grad_input=ds[t])
            dh = ds[t] @ w if t else None
        return ds.view(-1, n).T @ h[:-1].view(-1, n), ds


class Update:
    """One form of the update, with its own parameters."""

    def __init__(self, start, x, y, price, epsilon, exponential, states, compiled=False):
        self.params = [p.clone().requires_grad_() for p in start]
        self.optimiser = torch.optim.Adam(self.params, lr=1e-3, fused=True)
        self.count = 0

        def objective(w, u, b, v, c):
            drive = torch.addmm(b, x.view(-1, x.shape[2]), u.T).view(*x.shape[:2], -1)
            logits = torch.addmm(c, states(w, drive), v.T)
            return torch.nn.functional.cross_entropy(logits, y), penalty(w, price, epsilon, exponential)

        self.objective = torch.compile(objective) if compiled else objective

    def once(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss, cost = self.objective(*self.params)
        (loss + cost).backward()
        self.count += 1
        # Keras adds ε before the correction of the second moment's bias, PyTorch after it.
        self.optimiser.param_groups[0]["eps"] = 1e-7 / (1 - 0.999**self.count) ** 0.5
        self.optimiser.step()
        return loss, cost

    def result(self):
        """Does the first update and returns what is compared."""
        loss, cost = self.once()
        w = self.params[0]
        return {"loss": loss.item(), "penalty": cost.item(), "grad": w.grad.numpy().copy(), "stepped": w.detach().numpy().copy()}


def update(folder, request):
    x, *start = [torch.tensor(a) for a in protocol.load(folder, "x", "w", "u", "b", "v", "c")]
    y = torch.tensor(protocol.load(folder, "label")[0]).long()
    spread = request["communicability"]
    common = (start, x, y, torch.tensor(protocol.load_price(folder, spread)), request["epsilon"])
    library, quick = (torch.matrix_exp, short) if spread else (None, None)
    forms = {"library": Update(*common, library, last_state)}
    if OWN:
        forms["by hand"] = Update(*common, quick, LastState.apply)
    if request.get("compile"):
        forms |= compiled(*common, quick if OWN else library, last_state)
    return protocol.fastest(folder, NAME, forms)


def compiled(*arguments):
    try:
        Update(*arguments, compiled=True).once()
        return {"compiled": Update(*arguments, compiled=True)}
    except Exception:  # the compiler is not there or gives up
        return {}


class Penalty:
    """The penalty alone and its gradient, by autograd through one exponential."""

    def __init__(self, w, price, epsilon, exponential):
        self.w = w.clone().requires_grad_()
        self.arguments = (price, epsilon, exponential)

    def once(self):
        self.w.grad = None
        value = penalty(self.w, *self.arguments)
        value.backward()
        return value

    def result(self):
        return {"penalty": self.once().item(), "grad": self.w.grad.numpy().copy()}


def communicability(folder, request):
    w = torch.tensor(protocol.load(folder, "w")[0])
    price = torch.tensor(protocol.load_price(folder, True))
    forms = {"library": Penalty(w, price, request["epsilon"], torch.matrix_exp)}
    if OWN:
        forms["by hand"] = Penalty(w, price, request["epsilon"], short)
    return protocol.fastest(folder, NAME, forms)


if __name__ == "__main__":
    protocol.serve(NAME, {"torch": torch.__version__, "numpy": np.__version__}, {"update": update, "communicability": communicability})
