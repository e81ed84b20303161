# SPDX-License-Identifier: MIT
"""Gradient flossing from Python."""

import numpy as np
import pytest

import plasticity


def network():
    net = plasticity.Network(inputs=1, seed=3, dtype="float64")
    net.add("recurrent", units=20, activation="tanh", form="current", recurrent_init="lecun_normal",
            recurrent_gain=0.5, init="gaussian")
    net.add("dense", units=1)
    return net


def test_exponents_come_near_the_target():
    net, random = network(), np.random.default_rng(1)
    flossing = plasticity.Flossing(net, 2, "adam", rate=3e-3, seed=5)
    with pytest.raises(plasticity.StateError, match="no update yet"):
        flossing.exponents
    reports = [flossing.update(random.integers(0, 2, (55, 1)).astype(float)) for _ in range(300)]
    assert reports[0].loss > 0.2 and reports[-1].loss < 0.02 and reports[-1].updates == 300 and reports[-1].norm > 0
    assert flossing.exponents.shape == (2,)
    assert reports[-1].loss == pytest.approx((flossing.exponents**2).mean())
    assert repr(flossing) == "<Flossing, 2 exponents over 55 steps>"
    flossing.reset()
    state = plasticity.State(net, batch=1)
    net.run(np.ones((3, 1, 1)), state=state, carry=True)
    assert flossing.update(np.ones((55, 1)), state=state).updates == 1


def test_an_update_takes_several_sequences():
    inputs = np.random.default_rng(2).standard_normal((7, 3, 1))
    options = {"steps": 7, "skip": 2, "rate": 0.0, "seed": 4}
    net = network()
    together = plasticity.Flossing(net, 2, "sgd", sequences=3, **options)
    alone = plasticity.Flossing(net, 2, "sgd", **options)
    assert (together.sequences, alone.sequences) == (3, 1)
    losses, exponents = [], []
    for i in range(3):  # the frame of sequence i of the first update is that of update i
        losses.append(alone.update(inputs[:, i]).loss)
        exponents.append(alone.exponents)
    assert together.update(inputs).loss == pytest.approx(np.mean(losses), rel=1e-13)
    assert together.exponents == pytest.approx(np.mean(exponents, axis=0), rel=1e-13)
    together.reset(4)
    assert together.update(inputs.reshape(21, 1)).loss == pytest.approx(np.mean(losses), rel=1e-13)
    with pytest.raises(plasticity.InvalidError, match="7 steps of 2 sequences, expected 7 of 3"):
        together.update(inputs[:, :2])
    with pytest.raises(plasticity.RangeError, match="sequences"):
        plasticity.Flossing(net, 2, "sgd", sequences=0, **options)


def test_bad_arguments():
    net = network()
    for wrong, text in ({"exponents": 21}, "exponents is 21"), ({"steps": 5, "skip": 5}, "skip is 5"):
        with pytest.raises(plasticity.RangeError, match=text):
            plasticity.Flossing(net, **{"exponents": 1, "optimizer": "sgd", "rate": 0.1, **wrong})
    with pytest.raises(plasticity.UnknownError, match="gradient"):
        plasticity.Flossing(net, 1, "sgd", rate=0.1, gradient="none")
    flossing = plasticity.Flossing(net, 1, plasticity.Optimizer("sgd", rate=0.1), steps=5, skip=0, gradient="local")
    with pytest.raises(plasticity.InvalidError, match="inputs"):
        flossing.update(np.ones((4, 1)))
    net.close()
    flossing.update(np.ones((5, 1)))
    flossing.close()
    with pytest.raises(plasticity.StateError, match="flossing is closed"):
        flossing.update(np.ones((5, 1)))
