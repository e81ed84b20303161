# SPDX-License-Identifier: MIT
"""The library against the newest PyTorch, in one process: operations written by hand (torch_peer.py), or the whole step
through torch.compile, whichever is faster for the task.

usage: torch_compiled_peer.py BUILD

Prints one line of JSON a task. Compiled, several samples may be learned by one call, unrolled; compiling is not timed.
"""

import os
import sys
from pathlib import Path

os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(sys.argv[1]).resolve() / "peers" / "compiled")
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"

import torch
import torch.nn.functional as F

import compare
import torch_peer

TOGETHER = (1, 2, 8)  # samples a call; 16 and more are slower, and compile for minutes
TRIAL_STEPS = 16


def step(weights, x, target, rate, oja_rate):
    """Batch 1, ReLU, no biases; changes the weights in place."""
    y = [x]
    for w in weights[:-1]:
        y.append(torch.relu(torch.mv(w, y[-1])))
    s = torch.softmax(torch.mv(weights[-1], y[-1]), 0) - target
    for i in range(len(weights) - 1, -1, -1):
        w = weights[i]
        back = torch.mv(w.t(), s) if i > 0 else None
        change = torch.outer(s * -rate, y[i])
        if oja_rate and i + 1 < len(weights):
            change = change + torch.outer(oja_rate * y[i + 1], y[i] - torch.mv(w.t(), y[i + 1]))
        w.add_(change)
        if i > 0:
            s = torch.where(y[i] > 0, back, 0.0)


class Compiled:
    """Batch 1, ReLU, no biases."""

    def __init__(self, task, together):
        torch._dynamo.reset()  # forgets the functions compiled before, which would count against a limit
        self.task, self.granularity = task, together
        self.weights = [torch.from_numpy(w.copy()) for w, _ in task.before]
        self.inputs = list(torch.from_numpy(task.inputs))
        self.targets = list(F.one_hot(torch.from_numpy(task.labels).long(), task.sizes[-1]).float())
        self.groups = [self.group(i, together) for i in range(0, task.samples, together)]
        self.compiled = torch.compile(self.learn)

    def group(self, first, count):
        return self.inputs[first:first + count], self.targets[first:first + count]

    def learn(self, inputs, targets):
        task = self.task
        for x, target in zip(inputs, targets):
            step(self.weights, x, target, task.rate, task.oja_rate if task.oja else 0)

    def run(self, steps):
        calls, rest = divmod(steps, self.granularity)
        for i in range(calls):
            self.compiled(*self.groups[i % len(self.groups)])
        if rest:  # in the check only
            self.learn(*self.group(calls * self.granularity, rest))

    def parameters(self):
        return [(w.numpy(),) for w in self.weights]


def seconds_of(make):
    peer = make()
    peer.run(TRIAL_STEPS)
    return compare.least_seconds(peer.run, TRIAL_STEPS)


def make_peer(task):
    if task.batch > 1:
        return torch_peer.Minibatch(task)
    makers = [lambda: torch_peer.Online(task)]
    makers += [lambda together=together: Compiled(task, together) for together in TOGETHER]
    return min(makers, key=seconds_of)()


if __name__ == "__main__":
    compare.run(torch_peer.start(), make_peer)
