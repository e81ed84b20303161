# SPDX-License-Identifier: MIT
"""The library's feedback schemes against the same written by hand in PyTorch, without autograd, in one process.

usage: torch_schemes_peer.py BUILD

Prints one line of JSON a task. Online, each matrix takes the fastest of three ways to add an outer product, and one
that stands for a transpose the faster of two layouts; all results go to buffers made beforehand.
"""

import torch
import torch.nn.functional as F

import compare
from torch_peer import Vector, start

SHARE = 0.1  # of the optimizer's step: the circuit's rate_v and rate_c


def add_by_gemm(m, u, v, rate, keep):
    m.addmm_(u.column, v.row, beta=keep, alpha=rate)


def add_by_outer(m, u, v, rate, keep):
    m.addr_(u.flat, v.flat, beta=keep, alpha=rate)


def add_by_product(m, u, v, rate, keep):
    if keep != 1:
        m.mul_(keep)
    m.addcmul_(u.column, v.row, value=rate)


class Matrix:
    """Online: times(x, out), and add: m <- keep m + rate u v^T."""

    def __init__(self, values, keep=1, layouts=(False,)):
        self.values, self.keep = values, keep
        trials = [(transposed, add) for transposed in layouts for add in (add_by_gemm, add_by_outer, add_by_product)]
        best = min(trials, key=lambda trial: self.time_of(*trial))
        self.take(*best)

    def take(self, transposed, add):
        stored = torch.from_numpy(self.values.T.copy() if transposed else self.values.copy())
        self.stored, self.transposed, self.way = stored, transposed, add
        self.forward = stored.t() if transposed else stored

    def time_of(self, transposed, add):
        self.take(transposed, add)
        u, v = (Vector(torch.full((n,), 0.5)) for n in self.values.shape)

        def trial():
            self.times(v.flat, u.flat)
            self.add(u, v, 1e-6)
        return compare.least_seconds(trial)

    def times(self, x, out):
        return torch.mv(self.forward, x, out=out)

    def add(self, u, v, rate):
        if self.transposed:
            u, v = v, u
        self.way(self.stored, u, v, rate, self.keep)


def vectors(sizes):
    return [Vector(torch.zeros(n)) for n in sizes]


class Online:
    """Batch 1, ReLU, no biases. What all schemes share; layer i of the hidden ones has weights[i] below it and
    weights[i + 1] above."""

    def __init__(self, task):
        self.task, self.hidden = task, len(task.sizes) - 2
        keep = 1 - task.decay
        self.weights = [Matrix(w, keep if i > 0 else 1) for i, (w, _) in enumerate(task.before[:self.hidden + 1])]
        self.groups = self.read_groups(task.before[self.hidden + 1:], keep)
        self.y, self.s = vectors(task.sizes[1:-1]), vectors(task.sizes[1:])
        self.z = torch.empty(task.sizes[-1])
        self.inputs = [Vector(x) for x in torch.from_numpy(task.inputs)]
        self.targets = list(F.one_hot(torch.from_numpy(task.labels).long(), task.sizes[-1]).float())

    def read_groups(self, groups, keep):
        return groups

    def run(self, steps):
        for i in range(steps):
            i %= self.task.samples
            self.step(self.inputs[i], self.targets[i])

    def step(self, x, target):
        below = x
        for w, y in zip(self.weights, self.y):
            w.times(below.flat, y.flat).relu_()
            below = y
        self.weights[-1].times(below.flat, self.z)
        torch.sub(torch.softmax(self.z, 0), target, out=self.s[-1].flat)
        self.descend()
        self.teach()
        below = x
        for w, s, y in zip(self.weights, self.s, self.y + [None]):
            w.add(s, below, -self.task.rate)
            below = y

    def descend(self):
        """Signals of the hidden layers."""

    def teach(self):
        """The scheme's own matrices learn."""

    def parameters(self):
        matrices = [[matrix.forward.numpy() for matrix in group] for group in self.groups]
        return [(w.stored.numpy(),) for w in self.weights] + matrices


class Aligned(Online):
    """Feedback alignment."""

    def read_groups(self, groups, keep):
        return [[Matrix(b, keep, (False, True))] for b, in groups]

    def descend(self):
        for i in range(self.hidden - 1, -1, -1):
            self.groups[i][0].times(self.s[i + 1].flat, self.s[i].flat).mul_(self.y[i].flat > 0)


class KolenPollack(Aligned):
    def teach(self):
        for (b,), y, above in zip(self.groups, self.y, self.s[1:]):
            b.add(y, above, -self.task.rate)


class Direct(Online):
    """Direct feedback alignment: all matrices in one, one product and one gate for all layers."""

    def __init__(self, task):
        super().__init__(task)
        widths = task.sizes[1:-1]
        self.all_y, self.all_s = torch.empty(sum(widths)), torch.empty(sum(widths))
        self.y = [Vector(part) for part in self.all_y.split(widths)]
        self.s = [Vector(part) for part in self.all_s.split(widths)] + self.s[-1:]

    def read_groups(self, groups, keep):
        self.matrix = torch.cat([torch.from_numpy(b) for b, in groups])
        return []

    def descend(self):
        torch.mv(self.matrix, self.s[-1].flat, out=self.all_s).mul_(self.all_y > 0)

    def parameters(self):
        parts = self.matrix.split(self.task.sizes[1:-1])
        return super().parameters() + [(part.numpy(),) for part in parts]


class Circuit(Online):
    """The circuit with as many descending units as ascending ones, gated at the teaching potential. g, the descending
    activity, is kept with the sign of the signals, -g: what it drives has its sign turned."""

    def read_groups(self, groups, keep):
        return [[Matrix(b, keep), Matrix(v), Matrix(c)] for b, v, c in groups]

    def __init__(self, task):
        super().__init__(task)
        self.g, self.r = vectors(task.sizes[1:-1]) + self.s[-1:], vectors(task.sizes[1:-1])

    def descend(self):
        for i in range(self.hidden - 1, -1, -1):
            b, v, c = self.groups[i]
            b.times(self.g[i + 1].flat, self.g[i].flat)
            c.times(self.y[i].flat, self.r[i].flat)
            v.times(self.g[i].flat, self.s[i].flat).mul_(self.y[i].flat > 0)

    def teach(self):
        rate = -self.task.rate
        for (b, v, c), y, g, r, above in zip(self.groups, self.y, self.g, self.r, self.g[1:]):
            b.add(r, above, rate)
            v.add(y, g, SHARE * rate)
            c.add(g, y, SHARE * rate)


class Minibatch:
    """All samples at once, ReLU, biases. Sums over samples are matrix products."""

    def __init__(self, task):
        self.task, self.hidden = task, len(task.sizes) - 2
        layers = task.before[:self.hidden + 1]
        self.weights, self.biases = ([torch.from_numpy(part.copy()) for part in parts] for parts in zip(*layers))
        self.groups = [[torch.from_numpy(m.copy()) for m in group] for group in task.before[self.hidden + 1:]]
        self.inputs = torch.from_numpy(task.inputs)
        self.targets = F.one_hot(torch.from_numpy(task.labels).long(), task.sizes[-1]).float()
        self.y, self.s, self.g, self.r = ([torch.empty(task.batch, n) for n in task.sizes[1:]] for _ in range(4))
        self.g[-1] = self.s[-1]
        self.keep, self.rate = 1 - task.decay, -task.rate / task.batch
        self.descend, self.teach = {
            "fa": (self.align, lambda: None), "dfa": (self.align_directly, lambda: None),
            "kolen_pollack": (self.align, self.teach_reciprocal), "circuit": (self.circulate, self.teach_circuit),
        }[task.scheme]

    def run(self, steps):
        for _ in range(steps):
            self.step()

    def step(self):
        below = self.inputs
        for i, (w, b, y) in enumerate(zip(self.weights, self.biases, self.y)):
            torch.addmm(b, below, w.t(), out=y)
            below = y.relu_() if i < self.hidden else y
        torch.sub(torch.softmax(self.y[-1], 1), self.targets, out=self.s[-1])
        self.descend()
        self.teach()
        below = self.inputs
        for i, (w, b, y, s) in enumerate(zip(self.weights, self.biases, self.y, self.s)):
            w.addmm_(s.t(), below, beta=self.keep if i > 0 else 1, alpha=self.rate)
            b.add_(s.sum(0), alpha=self.rate)
            below = y

    def align(self):
        for i in range(self.hidden - 1, -1, -1):
            torch.mm(self.s[i + 1], self.groups[i][0].t(), out=self.s[i]).mul_(self.y[i] > 0)

    def align_directly(self):
        for i in range(self.hidden):
            torch.mm(self.s[-1], self.groups[i][0].t(), out=self.s[i]).mul_(self.y[i] > 0)

    def circulate(self):
        for i in range(self.hidden - 1, -1, -1):
            b, v, c = self.groups[i]
            torch.mm(self.g[i + 1], b.t(), out=self.g[i])
            torch.mm(self.y[i], c.t(), out=self.r[i])
            torch.mm(self.g[i], v.t(), out=self.s[i]).mul_(self.y[i] > 0)

    def teach_reciprocal(self):
        for (b,), y, above in zip(self.groups, self.y, self.s[1:]):
            b.addmm_(y.t(), above, beta=self.keep, alpha=self.rate)

    def teach_circuit(self):
        for (b, v, c), y, g, r, above in zip(self.groups, self.y, self.g, self.r, self.g[1:]):
            b.addmm_(r.t(), above, beta=self.keep, alpha=self.rate)
            v.addmm_(y.t(), g, alpha=SHARE * self.rate)
            c.addmm_(g.t(), y, alpha=SHARE * self.rate)

    def parameters(self):
        return [(w.numpy(), b.numpy()) for w, b in zip(self.weights, self.biases)] + [
            [m.numpy() for m in group] for group in self.groups]


SCHEMES = {"fa": Aligned, "dfa": Direct, "kolen_pollack": KolenPollack, "circuit": Circuit}


def make_peer(task):
    return SCHEMES[task.scheme](task) if task.batch == 1 else Minibatch(task)


if __name__ == "__main__":
    compare.run_all(start(), make_peer, compare.scheme_programs)
