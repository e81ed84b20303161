# SPDX-License-Identifier: MIT
"""What the tests of the Python package share. PLASTICITY_LIBRARY names the built shared library, and its build folder
is two folders up."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2]
LIBRARY = Path(os.environ["PLASTICITY_LIBRARY"]).resolve()
INCLUDES = [SOURCE / "include", LIBRARY.parents[1] / "include"]

sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "python"))


def compile_c(output, *arguments):
    """Compiles for the built library, and links with it."""
    command = [*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
               *(f"-I{folder}" for folder in INCLUDES), "-o", output, *arguments, LIBRARY,
               f"-Wl,-rpath,{LIBRARY.parent}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


def run_python(code, *arguments, folder=None, isolated=False, **environment):
    """A new interpreter with the package of this source tree, unless `isolated`; an environment of None removes it."""
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONPATH="" if isolated else str(SOURCE / "python"))
    for name, value in environment.items():
        env.pop(name, None)
        if value is not None:
            env[name] = str(value)
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, env=env,
                          cwd=folder)


@pytest.fixture
def data():
    """(200 samples of 12 numbers, labels of 3 classes that can be learned)."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 3, 200)
    x = rng.random((200, 12), dtype=np.float32)
    x[np.arange(200), labels] += 1
    return x, labels


@pytest.fixture
def make():
    """Makes a network of 12 inputs and 3 outputs with a rule and an optimizer."""
    import plasticity

    def make(seed=1, rule=True, optimizer="sgd", **options):
        net = plasticity.Network(12, seed=seed, **options)
        net.add("dense", 16, "softplus")
        net.add("dense", 8, "tanh")
        net.add("dense", 3, "softmax")
        if rule:
            net.add_rule("hidden", plasticity.Rule("oja", rate=1e-3))
        if optimizer:
            net.set_optimizer(plasticity.Optimizer(optimizer, rate=5e-2))
        return net

    return make
