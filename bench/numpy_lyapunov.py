# SPDX-License-Identifier: MIT
"""Lyapunov exponents of a random tanh network in NumPy, with a QR factorisation in every step, beside the library's.

usage: numpy_lyapunov.py BUILD

The library's side is C (network.c), called once for all steps of a run; with a factorisation in every step too, and
with intervals that adapt. Both use the same OpenBLAS.
"""

import ctypes
import gc
import json
import sys
from pathlib import Path

import numpy as np

from compare import RUNS, alternate, spread

CASES = (128, 128), (256, 32), (1024, 64), (256, 1)
GAIN, ALIGN, CHECKED = 2.0, 200, 600
_POINTER = np.ctypeslib.ndpointer(np.float64, flags="C")


class Ours:
    def __init__(self, lib, weights, state, k, interval):
        self.lib, self.k = lib, k
        self.handle = lib.bench_network_create(len(state), k, interval, weights, state)
        assert self.handle

    def run(self, steps):
        self.lib.bench_network_seconds(self.handle, steps)

    def exponents(self):
        out = np.empty(self.k)
        assert self.lib.bench_network_exponents(self.handle, out) == 0
        return out


class Peer:
    def __init__(self, weights, state, k):
        self.weights, self.x = weights, state.copy()
        self.q = np.linalg.qr(np.random.default_rng(3).standard_normal((len(state), k)))[0]
        self.forget()

    def forget(self):
        self.logs, self.steps = np.zeros(self.q.shape[1]), 0

    def run(self, steps):
        if self.q.shape[1] == 1:
            return self.run_one(steps)
        w, x, q = self.weights, self.x, self.q
        for _ in range(steps):
            f = np.tanh(x)
            q, r = np.linalg.qr(w @ ((1 - f * f)[:, None] * q))
            self.logs += np.log(np.abs(np.diagonal(r)))
            x = w @ f
        self.x, self.q, self.steps = x, q, self.steps + steps

    def run_one(self, steps):
        w, x, q = self.weights, self.x, self.q[:, 0]
        for _ in range(steps):
            f = np.tanh(x)
            q = w @ ((1 - f * f) * q)
            norm = np.sqrt(q @ q)
            q /= norm
            self.logs[0] += np.log(norm)
            x = w @ f
        self.x, self.q, self.steps = x, q[:, None], self.steps + steps

    def exponents(self):
        return self.logs / self.steps


def library(build):
    lib = ctypes.CDLL(str(build / "bench" / "libbench_network_call.so"))
    lib.bench_network_create.restype = ctypes.c_void_p
    lib.bench_network_create.argtypes = [ctypes.c_int64] * 3 + [_POINTER] * 2
    lib.bench_network_seconds.restype = ctypes.c_double
    lib.bench_network_seconds.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    lib.bench_network_exponents.argtypes = [ctypes.c_void_p, _POINTER]
    return lib


def compare(lib, n, k):
    rng = np.random.default_rng(1)
    weights, state = rng.standard_normal((n, n)) * GAIN / np.sqrt(n), rng.standard_normal(n)
    peer, sides = Peer(weights, state, k), [Ours(lib, weights, state, k, interval) for interval in (0, 1)]
    for side in (peer, *sides):
        side.run(ALIGN)
        side.exponents() if side is not peer else peer.forget()
        side.run(CHECKED)
    expected = peer.exponents()
    found = [side.exponents() for side in sides]
    # Chaos: the trajectories part, and only means agree.
    for one in found:
        if not np.abs(one - expected).max() < 0.05 + 0.02 * np.abs(expected).max():
            sys.exit(f"exponents {k} of {n}: {one[:3]} ... and NumPy's {expected[:3]} ... are not the same")
    times = alternate([*sides, peer])
    middle = RUNS // 2
    for name, ours in (f"exponents {k} of {n}", times[0]), (f"exponents {k} of {n}, QR every step", times[1]):
        print(json.dumps({
            "work": name, "unit": "us/step", "ours": round(ours[middle], 3), "peer": "numpy",
            "theirs": round(times[2][middle], 3), "ratio": round(times[2][middle] / ours[middle], 3),
            "ours_min_q1_q3": spread(ours), "theirs_min_q1_q3": spread(times[2])}), flush=True)


def main():
    lib = library(Path(sys.argv[1]).resolve())
    gc.disable()
    for n, k in CASES:
        compare(lib, n, k)


if __name__ == "__main__":
    main()
