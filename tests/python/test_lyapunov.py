# SPDX-License-Identifier: MIT
"""Lyapunov exponents of networks, and of systems that are Python functions."""

import gc
import weakref

import numpy as np
import pytest

from conftest import run_python

import plasticity
from plasticity import Lyapunov


def henon_step(s):
    return 1 - 1.4 * s[0] ** 2 + s[1], 0.3 * s[0]


def henon_jacobian(s):
    return [[-2.8 * s[0], 1], [0.3, 0]]


def test_henon():
    henon = Lyapunov(2, henon_step, jacobian=henon_jacobian, transient=100, alignment=100, sum_rule=True)
    state = henon.run([0.1, 0.1], 10_000)
    first = henon.exponents
    state = henon.run(state, 20_200)
    exponents, errors = henon.exponents, henon.errors
    assert abs(exponents[0] - 0.41922) < 4 * errors[0] and 0 < errors[0] < 0.01
    assert exponents.sum() == pytest.approx(np.log(0.3), abs=1e-10) and first[0] != exponents[0]
    summary = henon.summary
    assert summary.steps == 30_200 and summary.measured <= 30_000 and summary.time == summary.measured
    assert summary.sum == pytest.approx(summary.log_determinant, abs=1e-10)
    assert summary.dimension == pytest.approx(1 - exponents[0] / exponents[1])
    assert summary.entropy == exponents[0] and not summary.dimension_open and summary.dead == 0
    times, finite, running = henon.history()
    assert len(times) == summary.blocks and finite.shape == running.shape == (summary.blocks, 2)
    assert times[-1] <= summary.time and abs(running[-1] - exponents).max() < 0.01
    halves = henon.get("first_half"), henon.get("second_half")
    assert abs(np.mean(halves, axis=0) - exponents).max() < 0.01
    assert (state != [0.1, 0.1]).all() and repr(henon) == "<Lyapunov, 2 of 2 exponents>"


def test_tangents_are_columns():
    rng = np.random.default_rng(2)
    a = np.triu(rng.standard_normal((6, 6)), 1) * 0.2 + np.diag(0.9 ** np.arange(6))
    seen = []

    def tangent(state, v):
        seen.append(v.shape)
        return a @ v

    linear = Lyapunov(6, lambda s: a @ s, tangent, exponents=3, alignment=500, log_base=2, time_step=0.5)
    linear.run(rng.standard_normal(6), 1000)
    assert linear.exponents == pytest.approx(2 * np.arange(3) * np.log2(0.9), abs=1e-8)
    assert set(seen) == {(6, 3)}
    by_matrix = Lyapunov(6, lambda s: a @ s, jacobian=lambda s: a, exponents=3, alignment=500, interval=1)
    by_matrix.run(np.ones(6), 1000)
    assert by_matrix.exponents == pytest.approx(np.arange(3) * np.log(0.9), abs=1e-8)
    assert by_matrix.summary.factorisations == 1000


def test_trajectories():
    growth = [2.0, 4.0]
    several = Lyapunov(1, lambda s, i: s, lambda s, v, i: growth[i] * v, trajectories=2)
    states = several.run([[1], [2]], 64)
    assert (states == [[1], [2]]).all()
    assert several.get("trajectories") == pytest.approx(np.log([[2], [4]]))
    assert several.exponents == pytest.approx(np.log(8) / 2)


def test_what_callbacks_raise_comes_out():
    calls = []

    def step(s):
        calls.append(s)
        if len(calls) == 7:
            raise KeyError("seven")
        return s + 1

    count = Lyapunov(1, step, lambda s, v: v)
    with pytest.raises(KeyError, match="seven") as caught:
        count.run([0], 20)
    assert caught.value.state_reached == [6]
    assert count.run(caught.value.state_reached, 14) == [20]
    assert count.summary.steps == 20 and count.exponents == [0]

    for wrong in (lambda s: np.zeros(2)), (lambda s: "text"), (lambda s: None):
        with pytest.raises((ValueError, TypeError)):
            Lyapunov(1, wrong, lambda s, v: v).run([0], 3)
    with pytest.raises(ValueError, match="jacobian returned shape"):
        Lyapunov(1, lambda s: s, jacobian=lambda s: [1]).run([0], 3)

    def change(s, v):
        v[0] = 1

    with pytest.raises(ValueError, match="read-only"):
        Lyapunov(1, lambda s: s, change).run([0], 3)
    with pytest.raises(KeyboardInterrupt):
        def interrupt(s):
            raise KeyboardInterrupt
        Lyapunov(1, interrupt, lambda s, v: v).run([0], 3)


def test_interrupts():
    """Ctrl-C in the library, in a callback, and in the last step: always raised, and no step is lost."""
    program = """
import os, signal, numpy as np, plasticity
at, seen = None, []
def step(s):
    seen.append(s)
    if len(seen) == at:
        os.kill(os.getpid(), signal.SIGINT)
    return s + 1
for at in 5, 20:
    seen.clear()
    count = plasticity.Lyapunov(1, step, lambda s, v: v)
    try:
        count.run([0], 20)
        print("missed")
    except KeyboardInterrupt as caught:
        done = getattr(caught, "state_reached", [20])[0]
        assert done == count.summary.steps == at, (done, count.summary)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    count.run([done], 5)
"""
    done = run_python(program)
    assert done.returncode == 0 and not done.stderr and not done.stdout, done.stderr


def test_failures_of_the_library():
    diverges = Lyapunov(1, lambda s: s * 1e100, lambda s, v: v)
    with np.errstate(over="ignore"), pytest.raises(plasticity.NotFiniteError, match="the state diverges") as caught:
        diverges.run([2], 100)
    assert np.isfinite(caught.value.state_reached).all()
    apart = Lyapunov(2, lambda s: s, jacobian=lambda s: [[1, 1], [0, 0.01]], interval=20)
    with pytest.raises(plasticity.RangeError, match="interval 20 is too long"):
        apart.run([0, 0], 100)
    with pytest.raises(plasticity.StateError, match="reset"):
        apart.run([0, 0], 100)
    apart.reset(seed=3)
    with pytest.raises(plasticity.StateError, match="nothing is measured"):
        apart.exponents
    with pytest.raises(plasticity.RangeError, match="exponents is 3"):
        Lyapunov(2, henon_step, jacobian=henon_jacobian, exponents=3)
    with pytest.raises(plasticity.InvalidError, match="neither tangent nor jacobian"):
        Lyapunov(2, henon_step)
    with pytest.raises(TypeError, match="step is None"):
        Lyapunov(2, None)
    with pytest.raises(ValueError, match="state has shape"):
        Lyapunov(2, henon_step, jacobian=henon_jacobian).run([1], 3)


def test_dead_directions():
    dead = Lyapunov(2, lambda s: s, jacobian=lambda s: [[2, 1], [0, 0]], alignment=10)
    dead.run([0, 0], 100)
    assert dead.exponents[0] == pytest.approx(np.log(2)) and dead.exponents[1] == -np.inf
    assert dead.errors[1] == 0 and dead.summary.dead == 1 and dead.summary.log_determinant is None


def test_closing_frees_the_functions():
    def make():
        def step(s):
            return s
        return Lyapunov(1, step, lambda s, v: v), weakref.ref(step)

    lyapunov, function = make()
    lyapunov.run([0], 3)
    lyapunov.close()
    with pytest.raises(plasticity.StateError, match="closed"):
        lyapunov.run([0], 3)
    del lyapunov
    gc.collect()
    assert function() is None


def rate_network(g, n=12, dtype="float64", form="current"):
    net = plasticity.Network(3, dtype=dtype, seed=2)
    net.add("recurrent", n, "tanh", bias=False, form=form, recurrent_init="lecun_normal", recurrent_gain=g)
    net.add("dense", 2)
    return net


def spectrum(net, x, skip, k=None):
    """By NumPy: x' = J tanh(x) + U u, QR in every step."""
    j, u = net.layers[0].synapses("recurrent").get_weights(), net.layers[0].synapses("input").get_weights()
    v, q, logs = np.zeros(len(j)), np.eye(len(j)), []
    for row in x:
        q, r = np.linalg.qr(j @ ((1 - np.tanh(v) ** 2)[:, None] * q))
        v = j @ np.tanh(v) + u @ row
        logs.append(np.log(abs(np.diag(r))))
    return np.sort(np.mean(logs[skip:], axis=0))[::-1][:k]


def test_networks():
    x = np.random.default_rng(3).standard_normal((1500, 3))
    net = rate_network(1.5)
    estimate = net.lyapunov(x, alignment=500, sum_rule=True)
    assert estimate.size == estimate.count == 12 and repr(estimate) == "<NetworkLyapunov, 12 of 12 exponents>"
    assert estimate.exponents == pytest.approx(spectrum(net, x, 500), abs=2e-2)
    assert estimate.exponents[0] == pytest.approx(spectrum(net, x, 500)[0], abs=3e-3)
    summary = estimate.summary
    assert summary.sum == pytest.approx(summary.log_determinant, abs=1e-9) and summary.steps == 1500
    cut = plasticity.NetworkLyapunov(net, exponents=2, alignment=500)
    cut.run(x[:700])
    cut.run(x[700:], steps=800)
    assert (cut.exponents == net.lyapunov(x, exponents=2, alignment=500).exponents).all()
    cut.reset()
    cut.run(steps=600)
    assert cut.summary.steps == 600


def test_trajectories_of_networks():
    x = np.random.default_rng(4).standard_normal((300, 2, 3))
    net = rate_network(1.2, dtype="float32", form="rate")
    both = net.lyapunov(x, exponents=1, alignment=50, interval=1)
    alone = [net.lyapunov(np.ascontiguousarray(x[:, i]), exponents=1, alignment=50, interval=1).exponents[0]
             for i in range(2)]
    each = both.get("trajectories")[:, 0]
    assert each[0] == pytest.approx(alone[0], abs=1e-5)  # the same first tangent
    assert each[1] == pytest.approx(alone[1], abs=5e-3) and abs(each[1] - each[0]) > 5e-3
    state = plasticity.State(net, batch=2)
    both.run(x, state=state)
    assert state.sequences == 2
    state.reset()
    both.run(x[:10], state=state, steps=10)


def test_what_networks_refuse():
    net, x = rate_network(1.0), np.zeros((10, 3))
    dense = plasticity.Network(3)
    dense.add("dense", 2)
    with pytest.raises(plasticity.StateError, match="no layer of the network has a state"):
        dense.lyapunov(x)
    with pytest.raises(plasticity.RangeError, match="only 12 numbers"):
        net.lyapunov(x, exponents=13)
    with pytest.raises(plasticity.InvalidError, match="inputs has 10 rows, expected steps x trajectories = 11 x 1"):
        net.lyapunov(x, steps=11)
    with pytest.raises(plasticity.InvalidError, match="expected steps x trajectories"):
        net.lyapunov(x, trajectories=3)
    with pytest.raises(plasticity.InvalidError, match="another network"):
        net.lyapunov(x, state=plasticity.State(rate_network(1.0)))
    with pytest.raises(TypeError, match="steps says how many"):
        net.lyapunov()
    with pytest.raises(TypeError, match="expected a State"):
        net.lyapunov(x, state=3)
    with pytest.raises(plasticity.NotFiniteError, match="row 4 of inputs"):
        x[4, 1] = np.inf
        net.lyapunov(x)


def test_a_network_outlives_its_estimate():
    estimate = rate_network(1.0).lyapunov(np.ones((10, 3)), exponents=1)
    estimate.network.close()
    gc.collect()
    estimate.run(np.ones((10, 3)))
    assert estimate.summary.steps == 20
