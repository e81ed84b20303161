# SPDX-License-Identifier: MIT
"""A call of learn with 1000 samples through Python against the identical call in C, on the same network and arrays.

usage: python_call.py BUILD

Prints one line of JSON a task. BUILD must have bench_programs.
"""

import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

SIZES, SAMPLES, RUNS = (784, 170, 130, 100, 70, 47), 1000, 31


def package(build):
    """The Python package of this source tree over the library of a build folder."""
    os.environ["PLASTICITY_LIBRARY"] = str(build / "lib" / "libplasticity.so")
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
    import plasticity
    return plasticity


def make(plasticity, activation, oja):
    net = plasticity.Network(SIZES[0], seed=1)
    for units in SIZES[1:-1]:
        net.add("dense", units, activation, bias=False)
    net.add("dense", SIZES[-1], "softmax", bias=False)
    if oja:
        net.add_rule("hidden", plasticity.Rule("oja", rate=1e-4))
    net.set_optimizer(plasticity.Optimizer("sgd", rate=1e-3))
    return net


def measure(plasticity, c_side, activation, oja, runs=RUNS):
    """Ascending seconds of a call through Python, and of one in C; they alternate."""
    c_call = ctypes.CDLL(c_side).bench_learn_seconds
    c_call.restype, c_call.argtypes = ctypes.c_double, [ctypes.c_void_p] * 3 + [ctypes.c_int64] * 2
    rng = np.random.default_rng(1)
    x = rng.random((SAMPLES, SIZES[0]), dtype=np.float32)
    x[rng.random(x.shape) < 0.5] = 0
    labels = rng.integers(0, SIZES[-1], SAMPLES).astype(np.int32)
    net = make(plasticity, activation, oja)

    def in_python():
        start = time.clock_gettime(time.CLOCK_MONOTONIC)
        net.learn(x, labels)
        return time.clock_gettime(time.CLOCK_MONOTONIC) - start

    def in_c():
        seconds = c_call(net._handle.pointer, x.ctypes.data, labels.ctypes.data, *x.shape)
        assert seconds > 0
        return seconds

    in_python(), in_c()
    times = [(in_python(), in_c()) if i % 2 else (in_c(), in_python())[::-1] for i in range(runs)]
    return [sorted(side) for side in zip(*times)]


def main():
    build = Path(sys.argv[1]).resolve()
    plasticity = package(build)
    gc.disable()
    for activation in ("relu", "softplus"):
        for oja in (False, True):
            sides = measure(plasticity, build / "bench" / "libbench_python_call.so", activation, oja)
            ours, theirs = ([1e6 * seconds / SAMPLES for seconds in side] for side in sides)
            middle = RUNS // 2
            spread = [[round(side[i], 3) for i in (0, RUNS // 4, RUNS - 1 - RUNS // 4)] for side in (ours, theirs)]
            print(json.dumps({
                "work": f"online {'-'.join(map(str, SIZES))} {activation}{' +oja' if oja else ''}", "unit": "us/step",
                "ours": round(ours[middle], 3), "peer": "C call", "theirs": round(theirs[middle], 3),
                "ratio": round(theirs[middle] / ours[middle], 4), "ours_min_q1_q3": spread[0],
                "theirs_min_q1_q3": spread[1]}), flush=True)


if __name__ == "__main__":
    main()
