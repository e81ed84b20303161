# SPDX-License-Identifier: MIT
"""The self-assembling circuit beside NumPy, written from the equations alone: step for step in float64."""

import numpy as np
import pytest

import plasticity

SIZES, UNITS, BATCH, RATE = (6, 8, 7, 4), 5, 3, 0.05
SHARES = {"rate_b": 0.8, "rate_v": 0.4, "rate_c": 0.3, "decay": 0.01, "decay_v": 0.02, "decay_c": 0.03}


def slope(z):
    return 1 - np.tanh(z)**2


class Reference:
    """Samples are columns; W[l] leads into layer l + 1, V[l], B[l], C[l] end there or leave it."""

    def __init__(self, net, gate):
        self.gate = gate
        self.W = [layer.synapses().get_weights() for layer in net.layers]
        self.V, self.B, self.C = ([layer.synapses(name).get_weights() for layer in net.layers[:-1]]
                                  for name in ("teaching", "descending", "crossing"))

    def step(self, x, target):
        h, z = [x], []
        for w in self.W:
            z.append(w @ h[-1])
            h.append(np.tanh(z[-1]))
        h[-1] = z[-1]
        u = [None] * len(self.W)
        u[-1] = above = target - h[-1]
        change = []
        for l in reversed(range(len(self.V))):
            q, r = self.B[l] @ above, self.C[l] @ h[l + 1]
            phi = {0: 1, 1: slope(z[l]), 2: slope(z[l])}.get(self.gate, slope(self.C[l] @ z[l]))
            psi = slope(z[l]) if self.gate in (0, 2, 4) else 1
            g = phi * q
            u[l] = psi * (self.V[l] @ g)
            change.append((l, r @ above.T, h[l + 1] @ g.T, g @ h[l + 1].T))
            above = g
        rate = RATE / x.shape[1]
        for l, b, v, c in change:
            self.B[l] += SHARES["rate_b"] * rate * b - SHARES["decay"] * self.B[l]
            self.V[l] += SHARES["rate_v"] * rate * v - SHARES["decay_v"] * self.V[l]
            self.C[l] += SHARES["rate_c"] * rate * c - SHARES["decay_c"] * self.C[l]
        for l, signal in enumerate(u):
            self.W[l] += rate * signal @ h[l].T - (SHARES["decay"] * self.W[l] if l > 0 else 0)


@pytest.mark.parametrize("gate, units", [(0, UNITS), (1, 0), (2, 0), (3, UNITS), (4, UNITS), (4, 0)])
def test_circuit_is_its_equations(gate, units):
    net = plasticity.Network(SIZES[0], seed=5, dtype="float64")
    for n in SIZES[1:]:
        net.add("dense", n, "tanh" if n != SIZES[-1] else "linear", init="lecun_normal", bias=False)
    net.set_feedback(plasticity.Feedback("circuit", gate=gate, units=units, gain_v=1, gain_c=1, **SHARES))
    net.set_optimizer(plasticity.Optimizer("sgd", rate=RATE))
    reference = Reference(net, gate)
    rng = np.random.default_rng(3)
    for _ in range(50):
        x, target = rng.standard_normal((BATCH, SIZES[0])), rng.standard_normal((BATCH, SIZES[-1]))
        net.learn(x, target, batch=BATCH)
        reference.step(x.T, target.T)
    for l, layer in enumerate(net.layers):
        pairs = [(None, reference.W[l])]
        if l < len(net.layers) - 1:
            pairs += [("teaching", reference.V[l]), ("descending", reference.B[l]), ("crossing", reference.C[l])]
        for name, expected in pairs:  # 50 updates of rounding errors, which learning may amplify
            np.testing.assert_allclose(layer.synapses(name).weights, expected, rtol=1e-10, atol=1e-12)
