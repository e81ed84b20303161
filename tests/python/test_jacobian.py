# SPDX-License-Identifier: MIT
"""Jacobians of networks, against NumPy's products."""

import numpy as np
import pytest

import plasticity
from plasticity import measures


@pytest.fixture(params=["float32", "float64"])
def net(request):
    net = plasticity.Network(5, seed=2, dtype=request.param)
    net.add("dense", 6, "tanh"), net.add("dense", 4, "sigmoid"), net.add("dense", 3, "softmax")
    return net


def by_layers(net, x):
    """Of each layer, at one sample."""
    w = [layer.weights.astype(np.float64) for layer in net.layers]
    y0 = np.tanh(w[0] @ x)
    y1 = 1 / (1 + np.exp(-w[1] @ y0))
    p = np.exp(w[2] @ y1)
    p /= p.sum()
    return [(1 - y0**2)[:, None] * w[0], (y1 * (1 - y1))[:, None] * w[1], (np.diag(p) - np.outer(p, p)) @ w[2]]


def test_values(net):
    x = np.random.default_rng(1).standard_normal((4, 5)).astype(net.dtype)
    close = dict(rtol=1e-9, atol=1e-14) if net.dtype == np.float64 else dict(rtol=1e-4, atol=1e-6)
    each = [by_layers(net, one) for one in x.astype(np.float64)]
    whole = net.jacobian(x)
    assert whole.shape == (4, 3, 5) and whole.dtype == np.float64
    np.testing.assert_allclose(whole, [c @ b @ a for a, b, c in each], **close)
    np.testing.assert_allclose(net.jacobian(x, 1, 1), [b for _, b, _ in each], **close)
    np.testing.assert_allclose(net.jacobian(x, net.layers[1], -1), [c @ b for _, b, c in each], **close)
    one = net.jacobian(x[2])
    assert one.shape == (3, 5)
    np.testing.assert_allclose(one, whole[2], **close)
    chained = net.jacobian(x, 0, 0)
    for layer in 1, 2:
        chained = net.jacobian(x, layer, layer, tangents=chained, state=plasticity.State(net, 3))
    np.testing.assert_allclose(chained, whole, **close)
    directions = np.random.default_rng(2).standard_normal((5, 2))
    np.testing.assert_allclose(net.jacobian(x, tangents=directions), whole @ directions, **close)
    np.testing.assert_allclose(net.jacobian(x[0], tangents=directions), whole[0] @ directions, **close)


def test_spectrum(net):
    j = net.jacobian(np.ones(5, net.dtype))
    np.testing.assert_allclose(measures.singular_spectrum(j), np.linalg.svd(j, compute_uv=False), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(measures.singular_spectrum(j.T), measures.singular_spectrum(j), rtol=1e-12, atol=1e-15)
    assert measures.singular_spectrum(np.diag([3.0, -4.0]).astype(np.float32)).tolist() == [4, 3]
    assert measures.singular_spectrum(np.array([3.0, 4.0])).tolist() == [5]


@pytest.mark.parametrize("act, kind, words", [
    (lambda net, x: net.jacobian(x[:, :4]), plasticity.InvalidError, "inputs has 4 columns, expected 5"),
    (lambda net, x: net.jacobian(x.tolist()), TypeError, "inputs is a list, expected a NumPy array"),
    (lambda net, x: net.jacobian(x, 2, 1), plasticity.RangeError, "first is layer 2, expected 0 to 1"),
    (lambda net, x: net.jacobian(x, 0, 3), plasticity.RangeError, "layer"),
    (lambda net, x: net.jacobian(x, tangents=np.ones((4, 1))), plasticity.InvalidError,
     "tangents has 4 rows, expected 5"),
    (lambda net, x: net.jacobian(x, tangents=np.ones((2, 4, 1))), plasticity.InvalidError, "tangents has 2 steps"),
    (lambda net, x: net.jacobian(x * np.nan), plasticity.NotFiniteError, "row 0 of inputs"),
    (lambda net, x: net.jacobian(x, state=1), TypeError, "state is 1"),
    (lambda net, x: plasticity.Network(5).jacobian(x), plasticity.Error, "layer"),
    (lambda net, x: measures.singular_spectrum([[1.0]]), TypeError, "matrix is a list"),
    (lambda net, x: measures.singular_spectrum(np.ones((2, 2, 2))), plasticity.InvalidError, "matrix has 3 dimensions"),
])
def test_mistakes(act, kind, words):
    net = plasticity.Network(5)
    net.add("dense", 6, "tanh"), net.add("dense", 4, "sigmoid"), net.add("dense", 3, "softmax")
    with pytest.raises(kind) as caught:
        act(net, np.ones((3, 5)))
    assert words in str(caught.value)


def test_a_network_with_a_state():
    net = plasticity.Network(2)
    net.add("recurrent", 3, "tanh", alpha=0.5), net.add("dense", 1)
    with pytest.raises(plasticity.UnsupportedError, match="the Jacobian is not defined for layers with a state"):
        net.jacobian(np.ones((1, 2)))
