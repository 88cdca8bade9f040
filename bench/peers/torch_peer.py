"""PyTorch: an update as one compiled function where that is faster, else eager."""

import time

import protocol

import numpy as np
import torch

torch.set_num_threads(1 if protocol.THREADS == "1" else torch.get_num_threads())


def penalty(w, price, epsilon, spread):
    a = w.abs()
    if not spread:
        return (a * price).sum()
    r = (a.sum(0) + epsilon).rsqrt()
    return (a * price * torch.matrix_exp(r[:, None] * a * r[None, :])).sum()


def forward(x, y, w, u, b, v, c):
    h = torch.zeros(x.shape[1], w.shape[0])
    drive = x @ u.T + b
    for t in range(x.shape[0]):
        h = torch.relu(torch.addmm(drive[t], h, w.T))
    return torch.nn.functional.cross_entropy(h @ v.T + c, y)


def update(folder, request):
    names = ("w", "u", "b", "v", "c")
    x, price, *start = [torch.tensor(a) for a in protocol.load(folder, "x", "price", *names)]
    y = torch.tensor(protocol.load(folder, "label")[0]).long()
    epsilon, spread = request["epsilon"], request["communicability"]
    params = [p.clone().requires_grad_() for p in start]

    def objective(params):
        loss = forward(x, y, *params)
        cost = penalty(params[0], price, epsilon, spread)
        return loss, cost

    loss, cost = objective(params)
    (loss + cost).backward()
    protocol.save(folder, torch_loss=loss.detach(), torch_penalty=cost.detach(), torch_grad=params[0].grad)
    optimiser = torch.optim.Adam(params, lr=1e-3, eps=1e-7, foreach=True)

    def eager():
        optimiser.zero_grad(set_to_none=True)
        loss, cost = objective(params)
        (loss + cost).backward()
        optimiser.step()

    best = faster([eager] + compiled(objective, params, optimiser, request))
    return best


def compiled(objective, params, optimiser, request):
    """The compiled form unrolls all steps, which takes minutes: only where asked for."""
    if not request.get("compile"):
        return []
    try:
        fast = torch.compile(lambda params: sum(objective(params)))

        def step():
            optimiser.zero_grad(set_to_none=True)
            fast(params).backward()
            optimiser.step()

        step()
        return [step]
    except Exception:  # the compiler is not there or gives up: eager is the best form
        return []


def faster(forms):
    def seconds(f):
        f()
        begun = time.perf_counter()
        f()
        f()
        return time.perf_counter() - begun

    return min(forms, key=seconds)


def communicability(folder, request):
    w, price = [torch.tensor(a) for a in protocol.load(folder, "w", "price")]
    w.requires_grad_()

    def once():
        w.grad = None
        value = penalty(w, price, request["epsilon"], True)
        value.backward()
        return value

    value = float(once())
    protocol.save(folder, torch_penalty=value, torch_grad=w.grad)
    return lambda: once() and None


if __name__ == "__main__":
    protocol.serve({"torch": torch.__version__, "numpy": np.__version__}, {"update": update, "communicability": communicability})
