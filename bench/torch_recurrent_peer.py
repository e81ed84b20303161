# SPDX-License-Identifier: MIT
"""Recurrent layers that learn whole sequences, an update for each batch of them with Adam, beside PyTorch.

usage: torch_recurrent_peer.py BUILD

Prints one line of JSON a task. Backpropagation through time goes by autograd, through torch.nn.RNN or a loop written by
hand, RFLO by hand-written traces without autograd, in one of several layouts: whichever is fastest stands here.
"""

import gc
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import compare
import python_call
from torch_peer import start

INPUTS, OUTPUTS, ALPHA = 3, 3, 0.1  # as in recurrent.h
RATE, CHECKED = 1e-4, 10
EPSILON = 1e-3  # of Adam: with less of it a gradient of rounding errors is as good as any
TASKS = ("bptt", 64, 50, 32), ("bptt", 128, 100, 1), ("bptt", 300, 8, 32), ("rflo", 64, 50, 32), ("rflo", 300, 8, 32)


class Task:
    def __init__(self, kind, units, steps, batch):
        self.kind, self.units, self.steps, self.batch = kind, units, steps, batch
        self.work = f"{kind} {units} units, {steps} steps, batch {batch}"
        rng = np.random.default_rng(1)
        self.inputs = rng.uniform(-1, 1, (steps, batch, INPUTS)).astype(np.float32)
        self.labels = rng.integers(0, OUTPUTS, (steps, batch)).astype(np.int32)


class Ours:
    def __init__(self, plasticity, task):
        self.task = task
        self.network = network = plasticity.Network(INPUTS, seed=1)
        leak = {"form": "rate", "alpha": ALPHA} if task.kind == "rflo" else {}
        network.add("recurrent", task.units, "tanh", recurrent_init="lecun_normal", **leak)
        network.add("dense", OUTPUTS, "softmax")
        network.set_optimizer("adam", rate=RATE, epsilon=EPSILON)
        if task.kind == "rflo":
            network.set_temporal("eprop", traces=1)
        network.prepare(task.batch, task.steps)

    def run(self, steps):
        task = self.task
        for _ in range(steps):
            self.network.learn(task.inputs, task.labels, batch=task.batch)

    def parameters(self):
        hidden, readout = self.network.layers
        return [hidden.synapses("input").get_weights(), hidden.synapses("recurrent").get_weights(), hidden.get_bias(),
                readout.synapses().get_weights(), readout.get_bias()]


class Parameters:
    """As Ours.parameters gave them; Adam's step is the fastest of what torch has."""

    def __init__(self, task, before, fused):
        self.task = task
        self.all = [torch.from_numpy(p.copy()) for p in before]
        self.inputs, self.labels = torch.from_numpy(task.inputs), torch.from_numpy(task.labels).long().flatten()
        self.adam = torch.optim.Adam(self.all, lr=RATE, eps=EPSILON, foreach=fused)

    def parameters(self):
        return [p.detach().numpy() for p in self.all]


class Autograd(Parameters):
    """The states of all steps by `states`; one product reads them."""

    def __init__(self, task, before, fused):
        super().__init__(task, before, fused)
        for p in self.all:
            p.requires_grad_()

    def run(self, steps):
        with torch.enable_grad():
            for _ in range(steps):
                h = self.states().reshape(-1, self.task.units)
                loss = F.cross_entropy(F.linear(h, self.all[3], self.all[4]), self.labels)
                self.adam.zero_grad(set_to_none=True)
                loss.backward()
                self.adam.step()


class Module(Autograd):
    """torch.nn.RNN, whose second bias is held at 0."""

    def __init__(self, task, before, fused):
        super().__init__(task, before, fused)
        self.rnn = rnn = torch.nn.RNN(INPUTS, task.units)
        rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0 = (torch.nn.Parameter(p.detach()) for p in self.all[:3])
        rnn.bias_hh_l0 = torch.nn.Parameter(torch.zeros(task.units), requires_grad=False)
        self.all[:3] = rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0
        self.adam = torch.optim.Adam(self.all, lr=RATE, eps=EPSILON, foreach=fused)

    def states(self):
        return self.rnn(self.inputs)[0]


class Loop(Autograd):
    def states(self):
        drive = F.linear(self.inputs, self.all[0], self.all[2])
        transposed, states, h = self.all[1].t(), [], None
        for x in drive:
            h = torch.tanh(x if h is None else torch.addmm(x, h, transposed))
            states.append(h)
        return torch.stack(states)


class Traces(Parameters):
    """RFLO. One trace for each unit and each synapse, from all that a unit sees: units, inputs and a 1 for the bias."""

    def __init__(self, task, before, fused, layout):
        super().__init__(task, before, fused)
        seen = task.units + INPUTS + 1
        self.adds_units = layout == "unit first"
        shape = (task.units, task.batch, seen) if self.adds_units else (task.batch, task.units, seen)
        self.traces, self.seen = torch.empty(shape), torch.ones(task.batch, seen)
        self.layout, self.h = layout, torch.empty(task.steps, task.batch, task.units)
        self.gradient = torch.empty(task.units, seen)
        self.onehot = F.one_hot(self.labels, OUTPUTS).float().view(task.steps, task.batch, OUTPUTS)
        self.signal, self.slope = torch.empty(task.batch, task.units), torch.empty(task.batch, task.units)

    def run(self, steps):
        for _ in range(steps):
            self.update()

    def update(self):
        task, (u, w, b, v, c) = self.task, self.all
        drive = torch.addmm(b, self.inputs.view(-1, INPUTS), u.t()).view(task.steps, task.batch, -1)
        self.traces.zero_(), self.gradient.zero_()
        h = torch.zeros(task.batch, task.units)
        errors = torch.empty(task.steps, task.batch, OUTPUTS)
        transposed = w.t()
        for t in range(task.steps):
            self.seen[:, :task.units] = h
            self.seen[:, task.units:-1] = self.inputs[t]
            y = torch.addmm(drive[t], h, transposed).tanh_()
            torch.mul(y, y, out=self.slope).neg_().add_(1).mul_(ALPHA)
            h = torch.add(h * (1 - ALPHA), y, alpha=ALPHA, out=self.h[t])
            torch.sub(torch.softmax(torch.addmm(c, h, v.t()), 1), self.onehot[t], out=errors[t])
            torch.mm(errors[t], v, out=self.signal)
            self.trace()
        scale = 1 / (task.steps * task.batch)
        flat = errors.view(-1, OUTPUTS)
        w.grad = self.gradient[:, :task.units] * scale
        u.grad = self.gradient[:, task.units:-1] * scale
        b.grad = self.gradient[:, -1] * scale
        v.grad = (flat.t() @ self.h.view(-1, task.units)).mul_(scale)
        c.grad = flat.sum(0).mul_(scale)
        self.adam.step()

    def trace(self):
        """p <- (1 - a) p + a slope seen^T, and the gradient that it adds."""
        if self.layout == "unit first":
            self.traces.mul_(1 - ALPHA).addcmul_(self.slope.t().unsqueeze(2), self.seen.unsqueeze(0))
            self.gradient += torch.bmm(self.signal.t().unsqueeze(1), self.traces).squeeze(1)
        elif self.layout == "einsum":
            self.traces.mul_(1 - ALPHA).addcmul_(self.slope.unsqueeze(2), self.seen.unsqueeze(1))
            self.gradient += torch.einsum("bi,bij->ij", self.signal, self.traces)
        else:
            torch.baddbmm(self.traces, self.slope.unsqueeze(2), self.seen.unsqueeze(1), beta=1 - ALPHA, out=self.traces)
            self.gradient += (self.traces * self.signal.unsqueeze(2)).sum(0)


def candidates(task):
    for fused in (False, True):
        if task.kind == "bptt":
            yield f"torch.nn.RNN, foreach {fused}", lambda before, f=fused: Module(task, before, f)
            yield f"loop, foreach {fused}", lambda before, f=fused: Loop(task, before, f)
        else:
            for layout in "unit first", "einsum", "baddbmm":
                yield f"{layout}, foreach {fused}", lambda before, f=fused, l=layout: Traces(task, before, f, l)


def check(task, name, before, ours, peer):
    peer.run(CHECKED)
    changes = [np.abs(o - b).max() for o, b in zip(ours, before)]
    worst = max(np.abs(o - p).max() / change for o, p, change in zip(ours, peer.parameters(), changes))
    if not worst <= compare.TOLERANCE:
        sys.exit(f"{task.work}: the weights of {name} differ by {worst:.2g} of their change, more than "
                 f"{compare.TOLERANCE}: not the same computation")
    return float(worst)


def measure(plasticity, task, torch_name):
    subject = Ours(plasticity, task)
    before = subject.parameters()
    subject.run(CHECKED)
    ours = subject.parameters()
    peers = []
    for name, make in candidates(task):
        peer = make(before)
        worst = check(task, name, before, ours, peer)
        peers.append((compare.least_seconds(peer.run, 3), name, peer, worst))
    _, name, peer, worst = min(peers, key=lambda one: one[0])
    times = compare.alternate([subject, peer])
    subject.network.close()
    middle = compare.RUNS // 2
    print(json.dumps({
        "work": task.work, "unit": "us/step", "ours": round(times[0][middle], 3), "peer": torch_name,
        "theirs": round(times[1][middle], 3), "ratio": round(times[1][middle] / times[0][middle], 3),
        "ours_min_q1_q3": compare.spread(times[0]), "theirs_min_q1_q3": compare.spread(times[1]),
        "difference": float(f"{worst:.2g}"), "way": name}), flush=True)


def main():
    plasticity = python_call.package(Path(sys.argv[1]).resolve())
    torch_name = start()
    gc.disable()
    for task in TASKS:
        measure(plasticity, Task(*task), torch_name)


if __name__ == "__main__":
    main()
