# SPDX-License-Identifier: MIT
"""The library against the same operations written by hand in PyTorch, without autograd, in one process.

usage: torch_peer.py BUILD

Prints one line of JSON a task. Where torch has several operations for one product, the fastest stands here, and all
results go to buffers made beforehand.
"""

import torch
import torch.nn.functional as F

import compare


class Vector:
    """A buffer with its views as a column and as a row."""

    def __init__(self, values):
        self.flat, self.column, self.row = values, values.unsqueeze(1), values.unsqueeze(0)


def add_by_gemm(weights, u, v, rate):
    weights.addmm_(u.column, v.row, alpha=rate)


def add_by_product(weights, u, v, rate):
    weights.addcmul_(u.column, v.row, value=rate)


class Layer:
    """Online: buffers of one layer, and the faster way to add an outer product to weights of this shape."""

    def __init__(self, weights):
        n_out, n_in = weights.shape
        self.weights = torch.from_numpy(weights.copy())
        self.transposed = self.weights.t()
        self.z, self.y, self.s = torch.empty(n_out), Vector(torch.empty(n_out)), Vector(torch.empty(n_out))
        self.residual = Vector(torch.empty(n_in))
        self.add_outer = min((add_by_gemm, add_by_product), key=self.time_of)

    def time_of(self, add):
        scratch, u, v = torch.zeros_like(self.weights), self.y, self.residual
        u.flat.fill_(0.5), v.flat.fill_(0.5)
        return compare.least_seconds(add, scratch, u, v, 1e-6)


class Online:
    """Batch 1, no biases."""

    def __init__(self, task):
        self.task = task
        self.layers = [Layer(weights) for weights, _ in task.before]
        self.inputs = [Vector(x) for x in torch.from_numpy(task.inputs)]
        self.targets = list(F.one_hot(torch.from_numpy(task.labels).long(), task.sizes[-1]).float())

    def run(self, steps):
        step = self.relu_step if self.task.activation == "relu" else self.softplus_step
        for i in range(steps):
            i %= self.task.samples
            step(self.inputs[i], self.targets[i])

    def relu_step(self, x, target):
        below = x
        for layer in self.layers[:-1]:
            torch.mv(layer.weights, below.flat, out=layer.y.flat).relu_()
            below = layer.y
        self.output(below, target)
        for i in range(len(self.layers) - 1, 0, -1):
            layer, under = self.layers[i], self.layers[i - 1]
            torch.mv(layer.transposed, layer.s.flat, out=under.s.flat).mul_(under.y.flat > 0)
            self.update(layer, under.y)
        self.update(self.layers[0], x)

    def softplus_step(self, x, target):
        beta, below = self.task.beta, x
        for layer in self.layers[:-1]:
            torch.mv(layer.weights, below.flat, out=layer.z)
            F.softplus(layer.z, beta, out=layer.y.flat)
            below = layer.y
        self.output(below, target)
        for i in range(len(self.layers) - 1, 0, -1):
            layer, under = self.layers[i], self.layers[i - 1]
            torch.mv(layer.transposed, layer.s.flat, out=under.s.flat).mul_(under.z.mul_(beta).sigmoid_())
            self.update(layer, under.y)
        self.update(self.layers[0], x)

    def output(self, below, target):
        top = self.layers[-1]
        torch.mv(top.weights, below.flat, out=top.z)
        torch.sub(torch.softmax(top.z, 0), target, out=top.s.flat)

    def update(self, layer, x):
        if self.task.oja and layer is not self.layers[-1]:
            torch.addmv(x.flat, layer.transposed, layer.y.flat, alpha=-1, out=layer.residual.flat)
            layer.add_outer(layer.weights, layer.y, layer.residual, self.task.oja_rate)
        layer.add_outer(layer.weights, layer.s, x, -self.task.rate)

    def parameters(self):
        return [(layer.weights.numpy(),) for layer in self.layers]


class Minibatch:
    """All samples at once, ReLU, biases."""

    def __init__(self, task):
        self.task = task
        self.weights = [torch.from_numpy(w.copy()) for w, _ in task.before]
        self.biases = [torch.from_numpy(b.copy()) for _, b in task.before]
        self.inputs = torch.from_numpy(task.inputs)
        self.targets = F.one_hot(torch.from_numpy(task.labels).long(), task.sizes[-1]).float()
        widths = task.sizes[1:]
        self.y = [self.inputs] + [torch.empty(task.batch, n) for n in widths]
        self.s = [None] + [torch.empty(task.batch, n) for n in widths]

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def step(self):
        top, y, s = len(self.weights), self.y, self.s
        for i in range(top):
            torch.addmm(self.biases[i], y[i], self.weights[i].t(), out=y[i + 1])
            if i + 1 < top:
                y[i + 1].relu_()
        torch.sub(torch.softmax(y[top], 1), self.targets, out=s[top])
        rate = -self.task.rate / self.task.batch
        for i in range(top - 1, -1, -1):
            if i > 0:
                torch.mm(s[i + 1], self.weights[i], out=s[i]).mul_(y[i] > 0)
            self.weights[i].addmm_(s[i + 1].t(), y[i], alpha=rate)
            self.biases[i].add_(s[i + 1].sum(0), alpha=rate)

    def parameters(self):
        return [(w.numpy(), b.numpy()) for w, b in zip(self.weights, self.biases)]


def make_peer(task):
    return Online(task) if task.batch == 1 else Minibatch(task)


def start():
    """One thread, no gradients. Returns the peer's name."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    return f"torch {torch.__version__.partition('+')[0]}"


if __name__ == "__main__":
    compare.run(start(), make_peer, activations=("relu", "softplus"))
