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


class Cell:
    """An update of a gated cell by the library's own layer, or of leaky units by autograd."""

    def __init__(self, folder, cell, leak):
        x, w, u, b, v, c = [torch.tensor(a) for a in protocol.load(folder, "x", "w", "u", "b", "v", "c")]
        self.x, self.y = x, torch.tensor(protocol.load(folder, "label")[0]).long()
        self.price, self.n, self.leak = torch.tensor(protocol.load_price(folder, False)), len(w), leak
        self.layer = None
        if cell == "leaky":
            self.params = [p.clone().requires_grad_() for p in (w, u, b)]
        else:
            self.layer = self.library(cell, w, u, b, *[torch.tensor(a) for a in protocol.load(folder, "gate_w", "gate_u", "gate_b")])
            self.params = list(self.layer.parameters())
        self.params += [p.clone().requires_grad_() for p in (v, c)]
        self.optimiser = torch.optim.Adam(self.params, lr=1e-3, fused=True)
        self.count = 0

    def library(self, cell, w, u, b, *gates):
        """The candidate is the third block of either layer, the output gate the last of LSTM."""
        layer = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](u.shape[1], self.n)
        with torch.no_grad():
            for to, gate, own in zip((layer.weight_hh_l0, layer.weight_ih_l0, layer.bias_ih_l0), gates, (w, u, b)):
                to.copy_(torch.cat((gate[: 2 * self.n], own, gate[2 * self.n :])))
            layer.bias_hh_l0.zero_()
        return layer

    def recurrent(self):
        return self.params[0] if self.layer is None else self.layer.weight_hh_l0[2 * self.n : 3 * self.n]

    def last(self):
        if self.layer is not None:
            return self.layer(self.x)[0][-1]
        w, u, b = self.params[:3]
        drive = self.leak * torch.addmm(b, self.x.view(-1, self.x.shape[2]), u.T).view(*self.x.shape[:2], -1)
        wt = self.leak * w.T
        z = torch.zeros_like(drive[0])
        for d in drive:
            z = torch.addmm(d + (1 - self.leak) * z, torch.relu(z), wt)
        return torch.relu(z)

    def once(self):
        self.optimiser.zero_grad(set_to_none=True)
        v, c = self.params[-2:]
        loss = torch.nn.functional.cross_entropy(torch.addmm(c, self.last(), v.T), self.y)
        cost = (self.recurrent().abs() * self.price).sum()
        (loss + cost).backward()
        self.count += 1
        self.optimiser.param_groups[0]["eps"] = 1e-7 / (1 - 0.999**self.count) ** 0.5
        self.optimiser.step()
        return loss, cost

    def result(self):
        loss, cost = self.once()
        grad = self.params[0].grad if self.layer is None else self.layer.weight_hh_l0.grad[2 * self.n : 3 * self.n]
        return {"loss": loss.item(), "penalty": cost.item(), "grad": grad.numpy().copy()}


def cell(folder, request):
    return protocol.fastest(folder, NAME, {"library": Cell(folder, request["cell"], request["leak"])})


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
    protocol.serve(NAME, {"torch": torch.__version__, "numpy": np.__version__}, {"update": update, "cell": cell, "communicability": communicability})
