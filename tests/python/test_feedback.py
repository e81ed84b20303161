# SPDX-License-Identifier: MIT
"""Feedback schemes of a network: their choice, parameters and matrices; masks."""

import ctypes
import re

import numpy as np
import pytest
from conftest import SOURCE

import plasticity
from plasticity import Feedback, _names
from plasticity._library import lib
from plasticity._structs import Matrix


def complete(name):
    """A scheme with a number for each parameter that needs one."""
    return Feedback(name, **{p.name: 1e-3 for p in Feedback(name).parameters.values() if p.default is None})


@pytest.mark.parametrize("name", Feedback.names())
def test_every_scheme(data, make, name):
    net, other = make(rule=False), make(rule=False)
    assert net.feedback == "backprop"
    attached = net.set_feedback(complete(name))
    assert net.feedback == attached.name == name and dict(attached) == dict(complete(name))
    weights = net.layers[0].weights
    before = weights.copy()
    np.testing.assert_array_equal(before, other.layers[0].weights)
    assert net.learn(*data).updates == other.learn(*data).updates == 200
    assert not np.array_equal(weights, before)
    assert np.array_equal(weights, other.layers[0].weights) == (name == "backprop")


def test_a_name_and_a_description_are_the_same(data, make):
    by_name, described, gained = make(), make(), make()
    by_name.set_feedback("kolen_pollack", decay=0.125)
    gained.set_feedback("kolen_pollack", decay=0.125, gain=2)
    with Feedback("kolen_pollack", decay=0.125) as feedback:
        described.set_feedback(feedback)
        feedback.decay = 0.5
    first, second, third = (net.layers[0].synapses("feedback").get_weights() for net in (by_name, described, gained))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(third, 2 * first, rtol=1e-6)
    assert described.feedback_parameters().decay == 0.125
    by_name.learn(*data), described.learn(*data)
    np.testing.assert_array_equal(by_name.layers[0].weights, described.layers[0].weights)


def test_parameters_by_layer(make):
    net = make()
    everywhere = net.set_feedback("kolen_pollack", decay=0.25)
    net.feedback_parameters(1).decay = 0.5
    assert everywhere.decay == net.feedback_parameters(net.layers[0]).decay == 0.25
    assert net.feedback_parameters(1)["decay"] == 0.5
    everywhere.decay = 0.125
    assert net.feedback_parameters(1).decay == 0.125
    assert repr(everywhere) == "<attached 'kolen_pollack': gain=1, decay=0.125, mirror_rules=1>"
    with pytest.raises(plasticity.StateError, match="gain shapes the matrices"):
        everywhere.gain = 2
    with pytest.raises(plasticity.RangeError, match="decay is 1, expected"):
        everywhere.decay = 1
    with pytest.raises(plasticity.UnknownError, match='no parameter "rate"'):
        everywhere.rate = 1
    with pytest.raises(plasticity.RangeError, match="layer 2 of a network with 2 hidden layers"):
        net.feedback_parameters(-1).decay
    layer = net.set_feedback(Feedback("kolen_pollack", decay=0.75), layers=1)
    assert layer.decay == 0.75 and everywhere.decay == 0.125
    net.set_feedback("dfa")
    for use in lambda: everywhere.gain, lambda: setattr(everywhere, "decay", 0):
        with pytest.raises(plasticity.StateError, match='feedback is "dfa" now.*parameters of "kolen_pollack"'):
            use()
    assert repr(everywhere) == "<attached 'kolen_pollack': gone>"


@pytest.mark.parametrize("act, kind, words", [
    (lambda net: net.set_feedback("bp"), plasticity.UnknownError, 'no feedback is named "bp"'),
    (lambda net: net.set_feedback("fa", rate=1), plasticity.UnknownError, 'no parameter "rate"'),
    (lambda net: net.set_feedback("kolen_pollack"), plasticity.StateError, "decay"),
    (lambda net: net.set_feedback("fa", 0), plasticity.StateError, 'one layer cannot have "fa"'),
    (lambda net: net.set_feedback("fa", 2), plasticity.InvalidError, "layer 2 is the output"),
    (lambda net: net.set_feedback("fa", "top"), plasticity.UnknownError, '"top"'),
    (lambda net: net.set_feedback(plasticity.Rule("oja")), TypeError, "expected a Feedback or its name"),
    (lambda net: net.set_feedback(Feedback("fa"), gain=2), TypeError, "parameters are gain, expected none"),
    (lambda net: net.mirror(), plasticity.UnsupportedError, '"backprop" has no mirror phase'),
    (lambda net: net.mirror(batch=1), plasticity.RangeError, "batch is 1, expected 2"),
    (lambda net: net.mirror(updates=0), plasticity.RangeError, "updates is 0, expected 1"),
    (lambda net: net.layers[0].synapses("feedback"), plasticity.UnknownError, 'no synapse group "feedback"'),
])
def test_mistakes(make, act, kind, words):
    net = make()
    with pytest.raises(kind) as caught:
        act(net)
    assert words in str(caught.value) and net.feedback == "backprop"


def test_matrices_are_the_librarys_memory(data, make):
    net = make(rule=False)
    net.set_feedback("kolen_pollack", decay=0)
    synapses, view = net.layers[0].synapses("feedback"), Matrix()
    assert lib.plast_synapses_view(synapses._pointer, ctypes.byref(view)) == 0
    weights, forward = synapses.weights, net.layers[1].weights
    assert weights.ctypes.data == view.data and weights.shape == synapses.shape == forward.T.shape == (16, 8)
    assert weights.strides == (4, 4 * view.col_stride) and weights.strides == forward.T.strides
    assert not weights.flags.writeable and weights.T.flags.c_contiguous == forward.flags.c_contiguous
    difference = weights - forward.T
    net.learn(*data)
    assert np.abs(difference).max() > 0.1
    np.testing.assert_allclose(weights - forward.T, difference, atol=1e-5)  # both take the same steps: rounding only
    net.reset(1)
    assert synapses.weights.ctypes.data == view.data
    np.testing.assert_array_equal(weights - forward.T, difference)
    synapses.set_weights(net.layers[1].synapses().get_weights().T)
    np.testing.assert_array_equal(weights, forward.T)
    np.testing.assert_array_equal(synapses.get_weights(np.empty((16, 8))), forward.T)


def test_symmetric_feedback_is_backpropagation(data, make):
    net, exact = make(rule=False, dtype="float64"), make(rule=False, dtype="float64")
    net.set_feedback("kolen_pollack", decay=0)
    for below, above in zip(net.layers, net.layers[1:]):
        below.synapses("feedback").set_weights(above.weights.T)
    net.learn(*data), exact.learn(*data)
    np.testing.assert_allclose(net.layers[0].weights, exact.layers[0].weights, rtol=1e-12, atol=1e-12)


def test_handles_of_a_scheme_that_is_gone(make):
    net = make()
    net.set_feedback("fa")
    old, forward = net.layers[0].synapses("feedback"), net.layers[0].synapses("input")
    address = forward.weights.ctypes.data
    for name in "dfa", "fa", "backprop":  # of the same names, of the same shapes, and none
        net.set_feedback(name)
        for use in (lambda: old.weights, lambda: old.shape, old.get_weights, lambda: old.frozen, old.get_mask,
                    lambda: old.set_mask(None), lambda: setattr(old, "frozen", True),
                    lambda: old.set_weights(np.zeros((16, 8)))):
            with pytest.raises(plasticity.StateError, match="went with the feedback scheme that it belonged to"):
                use()
        assert repr(old) == "<Synapses 'feedback' of layer 0, gone>"
        assert forward.weights.ctypes.data == address and not forward.frozen
    net.set_feedback("fa")
    assert repr(net.layers[1].synapses("feedback")) == "<Synapses 'feedback' of layer 1, 8 x 3>"


def test_arrays_hold_their_scheme(data, make):
    """Like a bytearray with a memoryview, the scheme cannot go while an array shows it."""
    net = make()
    net.set_feedback("fa")
    weights, forward = net.layers[0].synapses("feedback").weights, net.layers[0].weights
    part, copy = weights.T[2:], weights.copy()
    del weights
    for name in "dfa", "fa", Feedback("circuit", decay=0):
        with pytest.raises(plasticity.StateError, match='shows matrices of feedback "fa".*get_weights'):
            net.set_feedback(name)
    assert net.feedback == "fa"
    net.learn(*data)
    np.testing.assert_array_equal(part, copy.T[2:])
    circle = [part]
    circle.append(circle)
    del part, circle
    net.set_feedback("dfa")
    assert np.array_equal(forward, net.layers[0].weights)
    shown = net.layers[0].synapses("feedback").weights
    copy = shown.copy()
    net.close()
    del net
    np.testing.assert_array_equal(shown, copy)


def test_which_groups_stay():
    """Every name of a group that the headers mention, under every scheme: LASTING has those that are there without."""
    words = {word for path in (SOURCE / "include/plasticity").glob("*.h")
             for word in re.findall(r'"(\w+)"', path.read_text())}
    kinds, groups = [], {}
    while (kind := lib.plast_layer_kind_name(len(kinds))) is not None:
        kinds.append(kind.decode())
    for kind in kinds:
        for name in Feedback.names():
            net = plasticity.Network(3)
            net.add(kind, 4), net.add(kind, 4), net.add("dense", 4)
            try:
                net.set_feedback(complete(name))
            except plasticity.UnsupportedError:
                assert kind != "dense"
                continue
            if name != "circuit":
                net.layers[0].synapses("input").add_rule("ehebb", rate=1)
            for layer in net.layers:
                for word in words:
                    try:
                        layer.synapses(word)
                        groups.setdefault(word, set()).add(name)
                    except plasticity.UnknownError:
                        pass
    assert {name for name, schemes in groups.items() if "backprop" in schemes} == _names.LASTING
    assert {"feedback", "magnitude", "teaching", "descending", "crossing", "input_feedback"} <= set(groups)


def test_frozen_flags_are_the_librarys(data, make):
    net = make(rule=False)
    net.set_feedback("kolen_pollack", decay=0.125)
    layer, synapses = net.layers[0], net.layers[0].synapses("feedback")
    assert not layer.frozen and not synapses.frozen
    assert lib.plast_layer_set_frozen(layer._pointer, 1) == 0
    assert layer.frozen and synapses.frozen and layer.synapses().frozen and not net.layers[1].frozen
    synapses.frozen = False
    assert not layer.frozen and not synapses.frozen and layer.synapses().frozen
    before = synapses.get_weights()
    synapses.frozen = True
    assert lib.plast_synapses_frozen(synapses._pointer) == 1
    net.learn(*data)
    np.testing.assert_array_equal(synapses.weights, before)
    del synapses
    net.set_feedback("fa")
    assert layer.synapses("feedback").frozen and layer.frozen  # what ends in a frozen layer starts frozen


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32, np.float64])
def test_masks(data, make, dtype):
    net, rng = make(), np.random.default_rng(5)
    synapses = net.layers[1].synapses()
    np.testing.assert_array_equal(synapses.get_mask(), np.ones((8, 16)))
    mask = rng.random((16, 8)).T < 0.5
    synapses.set_mask(mask.astype(dtype))
    np.testing.assert_array_equal(synapses.get_mask(), mask)
    assert synapses.get_mask().dtype == np.float32
    out = np.full((16, 8), np.nan)
    assert synapses.get_mask(out.T).base is out
    np.testing.assert_array_equal(out.T, mask)
    net.learn(*data)
    assert not synapses.weights[~mask].any() and synapses.weights[mask].all()
    synapses.set_mask(None)
    assert synapses.get_mask().all() and not synapses.weights[~mask].any()
    net.learn(*data)
    assert synapses.weights[~mask].all()


def test_masks_of_feedback(make):
    net = make()
    net.set_feedback("kolen_pollack", decay=0)
    forward, feedback = net.layers[1].synapses(), net.layers[0].synapses("feedback")
    mask = np.arange(8 * 16).reshape(8, 16) % 3 == 0
    forward.set_mask(mask)
    np.testing.assert_array_equal(feedback.get_mask(), mask.T)
    with pytest.raises(plasticity.StateError, match="follow the forward ones"):
        feedback.set_mask(np.ones((16, 8)))
    with pytest.raises(plasticity.RangeError, match=r"mask\[0\]\[1\] is 0.5, expected 0 or 1"):
        forward.set_mask(np.where(np.arange(128).reshape(8, 16) == 1, 0.5, 1))
    with pytest.raises(plasticity.InvalidError, match="mask"):
        forward.set_mask(mask.T)
    with pytest.raises(TypeError, match="mask is a list, expected a NumPy array"):
        forward.set_mask([[1]])
    np.testing.assert_array_equal(forward.get_mask(), mask)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64])
def test_signs_and_bounds(data, make, dtype):
    net, signs = make(), np.arange(16) % 3 - 1
    synapses = net.layers[1].synapses()  # 8 x 16
    np.testing.assert_array_equal(synapses.get_sign(), np.zeros(16))
    assert synapses.get_bounds() == (-np.inf, np.inf)
    synapses.set_sign(signs.astype(dtype))
    synapses.set_bounds(upper=0.125)
    np.testing.assert_array_equal(synapses.get_sign(), signs)
    assert synapses.get_sign().dtype == np.float32
    out = np.full((16, 1), np.nan)
    assert synapses.get_sign(out) is out
    np.testing.assert_array_equal(out[:, 0], signs)
    for _ in range(3):
        assert (synapses.weights * signs >= 0).all() and synapses.weights.max() <= 0.125
        assert synapses.weights[:, signs == 0].min() < 0
        net.learn(*data)
    assert synapses.get_bounds() == (-np.inf, 0.125)
    synapses.set_bounds(-0.5)
    assert synapses.get_bounds() == (-0.5, np.inf)
    synapses.set_sign(None)
    synapses.set_bounds()
    assert not synapses.get_sign().any() and synapses.get_bounds() == (-np.inf, np.inf)


def test_signs_and_bounds_that_cannot_be(make):
    net = make()
    net.set_feedback("kolen_pollack", decay=0)
    forward, feedback = net.layers[1].synapses(), net.layers[0].synapses("feedback")
    with pytest.raises(plasticity.RangeError, match=r"signs\[1\] is 2, expected -1, 0 or 1"):
        forward.set_sign(np.arange(1, 17))
    with pytest.raises(plasticity.InvalidError, match="signs has 8 columns, expected 16"):
        forward.set_sign(np.ones(8))
    with pytest.raises(TypeError, match="signs is a list, expected a NumPy array"):
        forward.set_sign([1])
    with pytest.raises(plasticity.RangeError, match="bounds are 1 to 0"):
        forward.set_bounds(1, 0)
    with pytest.raises(TypeError, match="lower is 'a', expected a number"):
        forward.set_bounds("a")
    forward.set_sign(np.ones(16))
    assert (feedback.weights >= 0).all()
    for call in lambda: feedback.set_sign(np.ones(8)), feedback.get_sign, lambda: feedback.set_bounds(0, 1):
        with pytest.raises(plasticity.StateError, match="follow the forward ones of layer 1"):
            call()


def test_states_and_schemes(data, make):
    net = make(rule=False)
    state = plasticity.State(net)
    net.set_feedback("fa")
    net.learn(*data, state=state)
    net.set_feedback("circuit", decay=1e-4)
    with pytest.raises(plasticity.StateError):
        net.learn(*data, state=state)
    net.learn(*data)
    with pytest.raises(plasticity.StateError, match="learning"):
        net.learn(*data, progress=lambda report: net.set_feedback("fa"), progress_every=50)


def test_use_after_close(data, make):
    net = make()
    attached, synapses = net.set_feedback("fa"), net.layers[0].synapses("feedback")
    feedback = Feedback("dfa")
    feedback.close()
    with pytest.raises(plasticity.StateError, match="the feedback is closed"):
        net.set_feedback(feedback)
    net.close()
    for use in (lambda: net.feedback, lambda: attached.gain, lambda: net.set_feedback("dfa"), net.mirror,
                lambda: net.alignment(*data), lambda: synapses.weights, lambda: synapses.frozen,
                net.feedback_parameters, lambda: net.set_feedback(Feedback("dfa"))):
        with pytest.raises(plasticity.StateError, match="the network is closed"):
            use()
    assert "gone" in repr(synapses) and "gone" in repr(attached)
