# SPDX-License-Identifier: MIT
"""The library against the same operations written by hand in NumPy, in one process.

usage: numpy_peer.py BUILD

Prints one line of JSON a task. All results go to buffers made beforehand. NumPy cannot add a product to an array in one
go, so an update is a product into scratch and a sum; of the ways to do that, the fastest for each matrix stands here.
"""

import itertools

import numpy as np

import compare

SCRATCH_BYTES = 1 << 18  # of the ways that work in blocks of rows: stays in cache


def add_gemm(weights, u, v, scratch):
    """weights += u v. NumPy is fast for an inner dimension of 2 and slow for 1: a zero column stands beside a single
    one."""
    np.matmul(u, v, out=scratch)
    np.add(weights, scratch, out=weights)


def add_outer(weights, u, v, scratch):
    """The same where the second column is zero."""
    np.einsum("i,j->ij", u[:, 0], v[0], out=scratch)
    np.add(weights, scratch, out=weights)


class Layer:
    """Online: one layer's buffers. What is added to the weights is `u v`: the error's column and row, then Oja's."""

    def __init__(self, task, index):
        self.weights = task.before[index][0].copy()
        n_out, n_in = self.weights.shape
        self.oja = bool(task.oja) and index + 1 < len(task.before)
        self.u, self.v = np.zeros((n_out, 2), np.float32), np.zeros((2, n_in), np.float32)
        self.s, self.y = np.zeros(n_out, np.float32), np.zeros(n_out, np.float32)
        self.active = np.zeros(n_out, bool)
        rows = max(1, SCRATCH_BYTES // self.weights[0].nbytes)
        ways = itertools.product((add_gemm,) if self.oja else (add_gemm, add_outer), {n_out, min(rows, n_out)})
        self.add, self.blocks = min((self.way(*way) for way in ways), key=self.time_of)

    def way(self, add, rows):
        """The function and the arguments of its calls, each for so many rows."""
        scratch = np.empty((rows, self.weights.shape[1]), np.float32)
        return add, [(block, self.u[i:i + rows], self.v, scratch[:len(block)])
                     for i in range(0, len(self.weights), rows) for block in (self.weights[i:i + rows],)]

    def time_of(self, way):
        return compare.least_seconds(self.add_all, *way)

    @staticmethod
    def add_all(add, blocks):
        for block in blocks:
            add(*block)

    def update(self, x, rate, oja_rate):
        np.multiply(self.s, -rate, out=self.u[:, 0])
        self.v[0] = x
        if self.oja:
            np.multiply(self.y, oja_rate, out=self.u[:, 1])
            np.dot(self.y, self.weights, out=self.v[1])
            np.subtract(x, self.v[1], out=self.v[1])
        self.add_all(self.add, self.blocks)


class Online:
    """Batch 1, ReLU, no biases."""

    def __init__(self, task):
        self.task = task
        self.layers = [Layer(task, i) for i in range(len(task.before))]
        self.inputs, self.labels = list(task.inputs), task.labels.tolist()
        self.rates = np.float32(task.rate), np.float32(task.oja_rate)

    def run(self, steps):
        for i in range(steps):
            i %= self.task.samples
            self.step(self.inputs[i], self.labels[i])

    def step(self, x, label):
        below = x
        for layer in self.layers[:-1]:
            np.dot(layer.weights, below, out=layer.y)
            np.maximum(layer.y, 0, out=layer.y)
            below = layer.y
        top = self.layers[-1]
        s = np.dot(top.weights, below, out=top.s)
        np.subtract(s, s.max(), out=s)
        np.exp(s, out=s)
        np.multiply(s, 1 / s.sum(), out=s)
        s[label] -= 1
        for i in range(len(self.layers) - 1, 0, -1):
            layer, under = self.layers[i], self.layers[i - 1]
            np.dot(layer.s, layer.weights, out=under.s)
            np.greater(under.y, 0, out=under.active)
            np.multiply(under.s, under.active, out=under.s)
            layer.update(under.y, *self.rates)
        self.layers[0].update(x, *self.rates)

    def parameters(self):
        return [(layer.weights,) for layer in self.layers]


class Minibatch:
    """All samples at once, ReLU, biases."""

    def __init__(self, task):
        self.task = task
        self.weights = [w.copy() for w, _ in task.before]
        self.biases = [b.copy() for _, b in task.before]
        self.gradients = [np.empty_like(w) for w in self.weights]
        widths, rows = task.sizes[1:], task.batch
        self.y = [task.inputs] + [np.empty((rows, n), np.float32) for n in widths]
        self.s = [None] + [np.empty((rows, n), np.float32) for n in widths]
        self.active = [None] + [np.empty((rows, n), bool) for n in widths]
        self.targets = np.eye(task.sizes[-1], dtype=np.float32)[task.labels]
        self.rate = np.float32(-task.rate / task.batch)

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def step(self):
        top, y, s = len(self.weights), self.y, self.s
        for i in range(top):
            np.dot(y[i], self.weights[i].T, out=y[i + 1])
            np.add(y[i + 1], self.biases[i], out=y[i + 1])
            if i + 1 < top:
                np.maximum(y[i + 1], 0, out=y[i + 1])
        p = np.subtract(y[top], y[top].max(1, keepdims=True), out=s[top])
        np.exp(p, out=p)
        np.divide(p, p.sum(1, keepdims=True), out=p)
        np.subtract(p, self.targets, out=p)
        np.multiply(p, self.rate, out=p)  # the small matrix carries the rate
        for i in range(top - 1, -1, -1):
            if i > 0:
                np.dot(s[i + 1], self.weights[i], out=s[i])
                np.greater(y[i], 0, out=self.active[i])
                np.multiply(s[i], self.active[i], out=s[i])
            np.dot(s[i + 1].T, y[i], out=self.gradients[i])
            self.weights[i] += self.gradients[i]
            self.biases[i] += s[i + 1].sum(0)

    def parameters(self):
        return list(zip(self.weights, self.biases))


def make_peer(task):
    return Online(task) if task.batch == 1 else Minibatch(task)


if __name__ == "__main__":
    compare.run(f"numpy {np.__version__}", make_peer)
