# SPDX-License-Identifier: MIT
"""The library against the same operations written by hand in PyTorch, without autograd, in one process.

usage: torch_peer.py BUILD

Prints one line of JSON a task. Where torch has several operations for one product, the fastest stands here, and all
results go to buffers made beforehand.
"""

import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import plast_ctypes

RUNS, RUN_SECONDS, MIN_STEPS = 15, 0.02, 8  # as in timing.c
TOLERANCE = 1e-3  # as in check.c


class Task:
    """What bench_dump (check.h) wrote."""

    def __init__(self, path):
        with open(path, "rb") as file:
            header = dict(line.decode().rstrip("\n").split(" ", 1) for line in iter(file.readline, b"\n"))
            self.work, self.activation = header["work"], header["activation"]
            self.sizes = [int(n) for n in header["sizes"].split()]
            for key in ("oja", "bias", "batch", "samples", "steps"):
                setattr(self, key, int(header[key]))
            for key in ("beta", "rate", "oja_rate"):
                setattr(self, key, float(header[key]))
            self.inputs = np.fromfile(file, np.float32, self.samples * self.sizes[0]).reshape(self.samples, -1)
            self.labels = np.fromfile(file, np.int32, self.samples)
            self.before = self.read_parameters(file)
            self.after = self.read_parameters(file)

    def read_parameters(self, file):
        """A list of (weights, biases); biases are empty when there are none."""
        parameters = []
        for n_in, n_out in zip(self.sizes, self.sizes[1:]):
            weights = np.fromfile(file, np.float32, n_in * n_out).reshape(n_out, n_in)
            parameters.append((weights, np.fromfile(file, np.float32, n_out if self.bias else 0)))
        return parameters


class Ours:
    """The library through ctypes."""

    def __init__(self, library, task):
        self.task, self.network = task, plast_ctypes.Network(library, task)

    def run(self, steps):
        task = self.task
        if task.batch == 1:
            order = np.arange(steps, dtype=np.int32) % task.samples
            self.network.learn(task.inputs, task.labels, order)
        else:
            for _ in range(steps):
                self.network.learn(task.inputs, task.labels, None)


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
        times = []
        for _ in range(9):
            start = time.clock_gettime(time.CLOCK_MONOTONIC)
            add(scratch, u, v, 1e-6)
            times.append(time.clock_gettime(time.CLOCK_MONOTONIC) - start)
        return sorted(times)[4]


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


def difference(task, theirs):
    """The largest difference, relative to the largest change since the start; the worst of all matrices and biases."""
    return float(np.max([np.abs(after - other).max() / np.abs(after - before).max()
                         for layer in zip(task.before, task.after, theirs)
                         for before, after, other in zip(*layer)]))


def seconds(side, steps):
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    side.run(steps)
    return time.clock_gettime(time.CLOCK_MONOTONIC) - start


def choose_steps(side):
    """Warms up, too."""
    steps = MIN_STEPS
    taken = seconds(side, steps)
    while taken < RUN_SECONDS:
        steps *= 2
        taken = seconds(side, steps)
    return max(MIN_STEPS, int(RUN_SECONDS / taken * steps) + 1)


def alternate(sides):
    """Ascending microseconds a step of each side."""
    steps = [choose_steps(side) for side in sides]
    times = [[] for _ in sides]
    for _ in range(RUNS):
        for side, count, taken in zip(sides, steps, times):
            taken.append(1e6 * seconds(side, count) / count)
    return [sorted(taken) for taken in times]


def spread(times):
    return [round(times[i], 3) for i in (0, RUNS // 4, RUNS - 1 - RUNS // 4)]


def compare(library, task):
    peer = Online(task) if task.batch == 1 else Minibatch(task)
    peer.run(task.steps)
    worst = difference(task, peer.parameters())
    if not worst <= TOLERANCE:
        sys.exit(f"{task.work}: the weights of torch differ by {worst:.2g} of their change, more than {TOLERANCE}: "
                 "not the same computation")
    subject = Ours(library, task)
    ours, theirs = alternate([subject, peer])
    subject.network.destroy()
    middle = RUNS // 2
    return {"work": task.work, "unit": "us/step", "ours": round(ours[middle], 3), "peer": f"torch {torch.__version__}",
            "theirs": round(theirs[middle], 3), "ratio": round(theirs[middle] / ours[middle], 3),
            "ours_min_q1_q3": spread(ours), "theirs_min_q1_q3": spread(theirs), "difference": float(f"{worst:.2g}")}


def programs(build):
    """The commands that dump a task each."""
    for net in ("small", "medium", "large"):
        for activation in ("relu", "softplus"):
            for rule in ("backprop", "oja"):
                yield [build / "bench" / "bench_online", "--net", net, "--activation", activation, "--rule", rule]
    yield [build / "bench" / "bench_minibatch"]


def main():
    build = Path(sys.argv[1]).resolve()
    library = plast_ctypes.load(str(build / "lib" / "libplasticity.so"))
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    gc.disable()
    for command in programs(build):
        with tempfile.NamedTemporaryFile(dir=build / "bench", suffix=".dump") as dump:
            subprocess.run(command + ["--dump", dump.name], check=True)
            task = Task(dump.name)
        print(json.dumps(compare(library, task)), flush=True)


if __name__ == "__main__":
    main()
