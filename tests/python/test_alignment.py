# SPDX-License-Identifier: MIT
"""The mirror phase, and alignment with backpropagation."""

import numpy as np
import pytest

import plasticity


@pytest.mark.parametrize("own_state", [False, True])
def test_the_mirror_phase(make, own_state):
    """B tends to (rate noise^2 / decay) W^T for linear units: 1 W^T here."""
    net = plasticity.Network(5, seed=2, dtype="float64")
    net.add("dense", 20), net.add("dense", 6)
    net.set_feedback("weight_mirror", noise=0.5, rate=0.04, decay=0.01)
    forward, feedback = net.layers[1].weights, net.layers[0].synapses("feedback").weights
    before = forward.copy()
    state = plasticity.State(net, 100) if own_state else None
    assert abs(plasticity.measures.angle(feedback, forward.T) - 90) < 25
    net.mirror(updates=1000, batch=100, state=state)
    assert plasticity.measures.angle(feedback, forward.T) < 5
    assert abs(plasticity.measures.norm_ratio(feedback, forward) - 1) < 0.05
    np.testing.assert_array_equal(forward, before)
    one, other = feedback.copy(), net.mirror(3, state=state)
    assert other is None and not np.array_equal(feedback, one)
    if own_state:
        with pytest.raises(plasticity.Error, match="batch is 101"):
            net.mirror(batch=101, state=state)
        net.mirror(batch=2, state=plasticity.State(net, 2))


@pytest.mark.parametrize("own_state", [False, True])
def test_alignment(data, make, own_state):
    """Against signals that Python computes: tanh, then softmax with cross-entropy."""
    x, y = data
    net = plasticity.Network(12, seed=3, dtype="float64")
    net.add("dense", 16, "tanh"), net.add("dense", 8, "tanh"), net.add("dense", 3, "softmax")
    state = plasticity.State(net, 7) if own_state else None
    net.set_feedback("fa")
    table = net.alignment(x, y, state=state)
    assert table.shape == (2, len(plasticity.ALIGNMENTS)) and table.dtype == np.float64
    h0 = np.tanh(x @ net.layers[0].weights.T)
    h1 = np.tanh(h0 @ net.layers[1].weights.T)
    z = h1 @ net.layers[2].weights.T
    error = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - np.eye(3)[y]
    w1, w2 = net.layers[1].weights, net.layers[2].weights
    b0, b1 = (net.layers[i].synapses("feedback").weights for i in range(2))
    exact = [0, (error @ w2) * (1 - h1**2)]
    scheme = [0, (error @ b1.T) * (1 - h1**2)]
    exact[0], scheme[0] = (exact[1] @ w1) * (1 - h0**2), (scheme[1] @ b0.T) * (1 - h0**2)

    def degrees(a, b):
        return np.degrees(np.arccos(np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)))

    for i, (b, w) in enumerate(((b0, w1), (b1, w2))):
        s, e = scheme[i], exact[i]
        expected = {"weights": degrees(b.ravel(), w.T.ravel()), "samples": degrees(s, e).mean(),
                    "flattened": degrees(s.ravel(), e.ravel()), "means": degrees(s.mean(axis=0), e.mean(axis=0)),
                    "weight_ratio": np.linalg.norm(b) / np.linalg.norm(w),
                    "signal_ratio": np.linalg.norm(s) / np.linalg.norm(e)}
        for name, column in plasticity.ALIGNMENTS.items():
            assert table[i, column] == pytest.approx(expected[name], rel=1e-9), name
    part = net.alignment(x, y, loss_mask=np.arange(200) < 100, state=state)
    np.testing.assert_allclose(part[:, 2], net.alignment(x, y, order=np.arange(100), state=state)[:, 2], rtol=1e-9)
    other = plasticity.State(plasticity.Network(3).add("dense", 2).network)
    for use in lambda: net.alignment(x, y, state=other), lambda: net.mirror(state=other):
        with pytest.raises(plasticity.Error, match="another network|mirror phase"):
            use()
    with pytest.raises(TypeError, match="state is 3, expected a State"):
        net.alignment(x, y, state=3)
    before = net.layers[0].synapses().get_weights()
    net.alignment(x, y)
    np.testing.assert_array_equal(net.layers[0].weights, before)


def test_alignment_of_backpropagation_and_of_direct_feedback(data, make):
    net = make(rule=False)
    table = net.alignment(*data)
    np.testing.assert_allclose(table[:, 1:4], 0, atol=1e-3)
    np.testing.assert_allclose(table[:, 5], 1, rtol=1e-6)
    net.set_feedback("dfa")
    assert np.isnan(net.alignment(*data)[:, plasticity.ALIGNMENTS["weights"]]).tolist() == [True, False]
    with pytest.raises(plasticity.InvalidError, match="targets is NULL"):
        net.alignment(data[0], None)
    alone = plasticity.Network(12)
    with pytest.raises(plasticity.StateError, match="no layer yet"):
        alone.alignment(*data)
    alone.add("dense", 3, "softmax")
    with pytest.raises(plasticity.StateError, match="no hidden layer"):
        alone.alignment(*data)
    with pytest.raises(plasticity.StateError, match="the network has 1 layers"):
        alone.set_feedback("fa")
