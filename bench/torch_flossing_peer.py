# SPDX-License-Identifier: MIT
"""Updates of gradient flossing against the same through PyTorch's autograd, with torch.linalg.qr in every step.

usage: torch_flossing_peer.py BUILD

Both sides: one sequence through a tanh network in float64, exact gradient, a step of Adam.
"""

import gc
import json
import sys
from pathlib import Path

import numpy as np
import torch

import python_call
from compare import RUNS, alternate, spread

CASES = (100, 1, 32), (100, 16, 55), (80, 75, 55), (256, 32, 55)
RATE = 1e-7  # so small that the network stays what it is


def skipped(steps):
    return 10 + -(-steps // 10)


class Ours:
    def __init__(self, plasticity, units, k, inputs):
        self.network = net = plasticity.Network(inputs=1, seed=1, dtype="float64")
        net.add("recurrent", units=units, activation="tanh", form="current", recurrent_init="lecun_normal",
                init="gaussian")
        net.add("dense", units=1)
        self.inputs = inputs
        self.flossing = plasticity.Flossing(net, k, "adam", rate=RATE, steps=len(inputs), skip=skipped(len(inputs)))

    def weights(self, name):
        return np.array(self.network.layers[0].synapses(name).weights)

    def run(self, steps):
        for _ in range(steps):
            self.loss = self.flossing.update(self.inputs).loss


class Peer:
    def __init__(self, recurrent, feed, k, inputs):
        units = len(recurrent)
        self.parameters = [torch.from_numpy(w).requires_grad_() for w in (recurrent, feed, np.zeros(units))]
        self.optimizer = torch.optim.Adam(self.parameters, lr=RATE)
        self.frame = torch.linalg.qr(torch.randn(units, k, dtype=torch.float64))[0]
        self.inputs = torch.from_numpy(inputs)

    def update(self):
        recurrent, feed, bias = self.parameters
        x, q, skip = torch.zeros(len(recurrent), dtype=torch.float64), self.frame, skipped(len(self.inputs))
        logs = 0.0
        for t, s in enumerate(self.inputs):
            f = torch.tanh(x)
            x = recurrent @ f + feed @ s + bias
            q, r = torch.linalg.qr(recurrent @ ((1 - f * f)[:, None] * q))
            if t >= skip:
                logs = logs + torch.diagonal(r).abs().log()
        loss = ((logs / (len(self.inputs) - skip)) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss)

    def run(self, steps):
        for _ in range(steps):
            self.loss = self.update()


def compare(plasticity, units, k, steps):
    inputs = np.random.default_rng(1).integers(0, 2, (steps, 1)).astype(float)
    ours = Ours(plasticity, units, k, inputs)
    peer = Peer(ours.weights("recurrent"), ours.weights("input"), k, inputs)
    work = f"flossing {k} of {units}, {steps} steps"
    for side in ours, peer:
        side.run(1)
    # Frames are each side's own, so losses scatter.
    if not abs(ours.loss - peer.loss) < 0.02 + 0.1 * peer.loss:
        sys.exit(f"{work}: the losses are {ours.loss:.3g} and {peer.loss:.3g}: not the same computation")
    mine, theirs = alternate([ours, peer])
    middle = RUNS // 2
    print(json.dumps({
        "work": work, "unit": "us/step", "ours": round(mine[middle], 3), "peer": "torch autograd",
        "theirs": round(theirs[middle], 3), "ratio": round(theirs[middle] / mine[middle], 3),
        "ours_min_q1_q3": spread(mine), "theirs_min_q1_q3": spread(theirs)}), flush=True)


def main():
    torch.set_num_threads(1)
    plasticity = python_call.package(Path(sys.argv[1]).resolve())
    gc.disable()
    for case in CASES:
        compare(plasticity, *case)


if __name__ == "__main__":
    main()
