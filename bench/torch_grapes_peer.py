# SPDX-License-Identifier: MIT
"""GRAPES against PyTorch with its stop-gradient hook, m h + stop(h - m h), through autograd, in one process; and plain
backpropagation through autograd beside plain ours.

usage: torch_grapes_peer.py BUILD

Prints one line of JSON a task. The step is functional: no module, no optimizer object; weights change in place.
"""

import torch
import torch.nn.functional as F

import compare
from torch_peer import start


class Autograd:
    """ReLU, softmax with cross-entropy, SGD; one sample or all at once."""

    def __init__(self, task):
        self.task = task
        self.weights = [torch.from_numpy(w.copy()).requires_grad_() for w, _ in task.before]
        self.biases = [torch.from_numpy(b.copy()).requires_grad_() if task.bias else None for _, b in task.before]
        self.learned = self.weights + [b for b in self.biases if b is not None]
        self.inputs = torch.from_numpy(task.inputs).split(task.batch)
        self.labels = torch.from_numpy(task.labels).long().split(task.batch)
        self.hook = self.modulate if task.grapes else lambda h, w: h

    def run(self, steps):
        with torch.enable_grad():
            for i in range(steps):
                i %= len(self.inputs)
                self.step(self.inputs[i], self.labels[i])

    @staticmethod
    def modulate(h, weights):
        with torch.no_grad():
            importance = weights.abs().sum(1)
            m = (2 * importance / importance.max()).clamp_(1, 2)
        modulated = m * h
        return modulated + (h - modulated).detach()

    def step(self, h, labels):
        for w, b in zip(self.weights[:-1], self.biases):
            h = self.hook(torch.relu(F.linear(h, w, b)), w)
        loss = F.cross_entropy(F.linear(h, self.weights[-1], self.biases[-1]), labels)
        with torch.no_grad():
            for p, g in zip(self.learned, torch.autograd.grad(loss, self.learned)):
                p.add_(g, alpha=-self.task.rate)

    def parameters(self):
        weights = [w.detach().numpy() for w in self.weights]
        return [(w, b.detach().numpy()) if b is not None else (w,) for w, b in zip(weights, self.biases)]


if __name__ == "__main__":
    compare.run_all(start() + " autograd", Autograd, compare.grapes_programs)
