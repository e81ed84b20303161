# SPDX-License-Identifier: MIT
"""What the Python peers share: tasks, the library's side, the check of the weights, alternating timed runs.

A peer is a class made from a Task, with run(steps) and parameters(); `granularity`, if it has one, is the number of
steps that it can only do together.
"""

import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import python_call

RUNS, RUN_SECONDS, MIN_STEPS = 15, 0.02, 8  # as in timing.c
TOLERANCE = 1e-3  # as in check.c


class Task:
    """What bench_dump (check.h) wrote."""

    def __init__(self, path):
        with open(path, "rb") as file:
            header = dict(line.decode().rstrip("\n").split(" ", 1) for line in iter(file.readline, b"\n"))
            self.work, self.activation, self.scheme = header["work"], header["activation"], header["scheme"]
            self.sizes = [int(n) for n in header["sizes"].split()]
            for key in ("oja", "grapes", "bias", "batch", "samples", "steps"):
                setattr(self, key, int(header[key]))
            for key in ("beta", "decay", "rate", "oja_rate"):
                setattr(self, key, float(header[key]))
            self.inputs = np.fromfile(file, np.float32, self.samples * self.sizes[0]).reshape(self.samples, -1)
            self.labels = np.fromfile(file, np.int32, self.samples)
            self.before = self.read_parameters(file)
            self.after = self.read_parameters(file)

    def read_parameters(self, file):
        """A list of (weights, biases), biases empty when there are none; then, for each hidden layer, the matrices of a
        feedback scheme."""
        parameters = []
        for n_in, n_out in zip(self.sizes, self.sizes[1:]):
            weights = np.fromfile(file, np.float32, n_in * n_out).reshape(n_out, n_in)
            parameters.append((weights, np.fromfile(file, np.float32, n_out if self.bias else 0)))
        return parameters if self.scheme == "backprop" else parameters + self.read_feedback(file)

    def read_feedback(self, file):
        matrices = []
        for n_out, n_above in zip(self.sizes[1:], self.sizes[2:]):
            columns = {"dfa": [self.sizes[-1]], "circuit": [n_above, n_out, n_out]}.get(self.scheme, [n_above])
            matrices.append(tuple(np.fromfile(file, np.float32, n_out * n).reshape(n_out, n) for n in columns))
        return matrices


class Ours:
    """The library in this process, through its Python package: all that the Python peers need of it is here."""

    def __init__(self, plasticity, task):
        self.task = task
        self.network = network = plasticity.Network(task.sizes[0], seed=1)
        param = task.beta if task.activation == "softplus" else None
        for units in task.sizes[1:-1]:
            network.add("dense", units, task.activation, activation_param=param, bias=bool(task.bias))
        network.add("dense", task.sizes[-1], "softmax", bias=bool(task.bias))
        if task.scheme != "backprop":
            circuit = {"gate": 0, "rate_v": 0.1, "rate_c": 0.1} if task.scheme == "circuit" else {}
            network.set_feedback(task.scheme, **({"decay": task.decay} if task.decay else {}), **circuit)
        if task.oja:
            network.add_rule("hidden", plasticity.Rule("oja", rate=task.oja_rate))
        if task.grapes:
            network.add_rule("hidden", plasticity.Rule("grapes"))
        network.set_optimizer(plasticity.Optimizer("sgd", rate=task.rate))
        network.prepare(task.batch)

    def run(self, steps):
        task = self.task
        if task.batch == 1:
            order = np.arange(steps, dtype=np.int32) % task.samples
            self.network.learn(task.inputs, task.labels, order=order)
        else:
            for _ in range(steps):
                self.network.learn(task.inputs, task.labels, batch=task.batch)


def difference(task, theirs):
    """The largest difference, relative to the largest change since the start; the worst of all matrices and biases."""
    worst = [0.0]
    for layer in zip(task.before, task.after, theirs):
        for before, after, other in zip(*layer):
            change, apart = np.abs(after - before).max(), np.abs(after - other).max()
            worst.append(apart / change if change > 0 else np.inf * apart if apart > 0 else 0.0)  # or what never learns
    return float(np.max(worst))


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def seconds(side, steps):
    start = now()
    side.run(steps)
    return now() - start


def least_seconds(function, *arguments, runs=9):
    """For a peer's choice among several ways to do the same, which a busy moment must not decide."""
    times = []
    for _ in range(runs):
        start = now()
        function(*arguments)
        times.append(now() - start)
    return min(times)


def choose_steps(side):
    """Warms up, too."""
    together = getattr(side, "granularity", 1)
    steps = -(-MIN_STEPS // together) * together
    side.run(steps)
    taken = seconds(side, steps)
    while taken < RUN_SECONDS:
        steps *= 2
        taken = seconds(side, steps)
    enough = max(MIN_STEPS, int(RUN_SECONDS / taken * steps) + 1)
    return -(-enough // together) * together


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


def compare(plasticity, task, name, make_peer):
    peer = make_peer(task)
    peer.run(task.steps)
    worst = difference(task, peer.parameters())
    if not worst <= TOLERANCE:
        sys.exit(f"{task.work}: the weights of {name} differ by {worst:.2g} of their change, more than {TOLERANCE}: "
                 "not the same computation")
    subject = Ours(plasticity, task)
    ours, theirs = alternate([subject, peer])
    subject.network.close()
    middle = RUNS // 2
    return {"work": task.work, "unit": "us/step", "ours": round(ours[middle], 3), "peer": name,
            "theirs": round(theirs[middle], 3), "ratio": round(theirs[middle] / ours[middle], 3),
            "ours_min_q1_q3": spread(ours), "theirs_min_q1_q3": spread(theirs), "difference": float(f"{worst:.2g}")}


def programs(build, activations, nets):
    """The commands that dump a task each."""
    for net in nets:
        for activation in activations:
            for rule in ("backprop", "oja"):
                yield [build / "bench" / "bench_online", "--net", net, "--activation", activation, "--rule", rule]
    yield [build / "bench" / "bench_minibatch"]


def scheme_programs(build):
    """Those that dump a task with a feedback scheme each."""
    for net, batch in ("small", 1), ("small", 64), ("shallow", 1), ("shallow", 64), ("large", 1):
        for scheme in "fa", "dfa", "kolen_pollack", "circuit":
            yield [build / "bench" / "bench_schemes", "--net", net, "--batch", str(batch), "--scheme", scheme]


def grapes_programs(build):
    """Those that dump a task of GRAPES each, and the same without it."""
    for net in "three", "ten":
        for batch in "1", "64":
            for rule in "backprop", "grapes":
                yield [build / "bench" / "bench_grapes", "--net", net, "--batch", batch, "--rule", rule]


def run(name, make_peer, activations=("relu",), nets=("small", "medium", "large")):
    """The whole program of a peer: its argument is the build folder, its output a line of JSON a task."""
    run_all(name, make_peer, lambda build: programs(build, activations, nets))


def run_all(name, make_peer, commands):
    build = Path(sys.argv[1]).resolve()
    plasticity = python_call.package(build)
    gc.disable()
    for command in commands(build):
        with tempfile.NamedTemporaryFile(dir=build / "bench", suffix=".dump") as dump:
            subprocess.run(command + ["--dump", dump.name], check=True)
            if not Path(dump.name).stat().st_size:
                continue  # this build leaves out what the task needs
            task = Task(dump.name)
        print(json.dumps(compare(plasticity, task, name, make_peer)), flush=True)
