# SPDX-License-Identifier: MIT
"""The same seeds give the same bits through C and through Python."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import compile_c

import plasticity


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_c(tmp_path_factory.mktemp("same") / "same", Path(__file__).with_name("same.c"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 100])  # larger than the 64 samples that states have room for by themselves
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("own_state", [False, True])
def test_same_bits(program, dtype, batch, optimizer, own_state):
    rng = np.random.default_rng(3)
    x, labels = rng.random((300, 12), dtype=np.float32), rng.integers(0, 3, 300).astype(np.uint8)
    done = subprocess.run([program, {"float32": "1", "float64": "2"}[dtype], str(batch), optimizer],
                          input=x.tobytes() + labels.tobytes(), capture_output=True)
    assert done.returncode == 0, done.stderr

    net = plasticity.Network(12, seed=42, dtype=dtype)
    net.add("dense", 16, "softplus", activation_param=5, gain=1.5)
    net.add("dense", 8, "tanh", init="orthogonal", bias=False)
    net.add("dense", 3, "softmax")
    net.add_rule("hidden", plasticity.Rule("oja", rate=2e-3))
    net.set_optimizer(plasticity.Optimizer(optimizer, rate=1e-2))
    state = plasticity.State(net, max(batch, 64)) if own_state else None
    report = net.learn(x, labels, batch=batch, progress=lambda report: None, progress_every=70, state=state)
    numbers = []
    for layer in net.layers:
        numbers += [layer.weights, layer.get_bias()] if layer.index != 1 else [layer.weights]
    numbers += [net.run(x, np.empty((300, 3)), state=state), np.array(report.loss)]
    ours = np.concatenate([part.astype(np.float64).ravel() for part in numbers])
    assert ours.tobytes() == done.stdout
