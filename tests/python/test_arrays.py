# SPDX-License-Identifier: MIT
"""NumPy arrays go in and out where they lie."""

import tracemalloc

import numpy as np
import pytest

import plasticity
from plasticity import _arrays


def test_views_have_the_arrays_addresses():
    for array in (np.zeros((3, 4), np.float32), np.zeros((4, 3)).T, np.zeros((6, 8), np.float32)[1::2, ::3],
                  np.zeros(5, np.uint8), np.zeros(9, np.int64)[2::3], np.zeros((2, 2), np.int32)):
        view = _arrays.matrix("x", array)
        assert view.data == array.ctypes.data
        assert (view.rows, view.cols) == (array.shape if array.ndim == 2 else (array.shape[0], 1))
        assert view.row_stride * array.itemsize == array.strides[0]
        assert array.ndim == 1 or view.col_stride * array.itemsize == array.strides[1]


def test_learning_allocates_nothing_of_the_datas_size():
    x, y = np.random.default_rng(1).random((20000, 100)), np.zeros((20000, 1), np.float32)
    net = plasticity.Network(100)
    net.add("dense", 1)
    net.set_optimizer(plasticity.Optimizer("sgd", rate=1e-4))
    out = np.empty_like(y)
    tracemalloc.start()
    net.learn(x.T.copy().T, y)  # a copy of 16 MB, made here, shows that tracemalloc sees NumPy's memory
    assert tracemalloc.get_traced_memory()[1] > 15e6
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    net.learn(x, y), net.learn(x, y, batch=64), net.run(x, out), net.evaluate(x, y)
    assert tracemalloc.get_traced_memory()[1] - before < 100e3
    tracemalloc.stop()


@pytest.mark.parametrize("arrange", [
    np.asfortranarray,
    lambda x: np.repeat(x, 2, axis=0)[::2],
    lambda x: np.concatenate([x, x], axis=1)[:, :12],
    lambda x: np.repeat(x, 3, axis=1)[:, ::3],
    lambda x: x.astype(np.float64),
])
def test_any_positive_strides(data, make, arrange):
    x, y = data
    straight, other = make(), make()
    straight.learn(x, y)
    other.learn(arrange(x), np.repeat(y.astype(np.int32), 2)[::2])
    np.testing.assert_array_equal(straight.layers[0].weights, other.layers[0].weights)
    np.testing.assert_array_equal(straight.run(arrange(x)), other.run(x))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_label_types(data, make, dtype):
    x, y = data
    assert make().learn(x, y.astype(dtype)) == make().learn(x, y)


def test_run_writes_into_the_callers_array(data, make):
    x, _ = data
    net = make()
    expected = net.run(x)
    assert expected.dtype == np.float32 and expected.shape == (200, 3)
    for out in (np.full((200, 3), np.nan, np.float32), np.full((3, 200), np.nan).T,
                np.full((400, 7), np.nan, np.float32)[::2, 1:6:2]):
        assert net.run(x, out) is out
        np.testing.assert_array_equal(out, expected)
    wide = np.full((200, 7), 5, np.float32)
    net.run(x, wide[:, 2:5])
    np.testing.assert_array_equal(wide[:, [0, 1, 5, 6]], 5)
    np.testing.assert_array_equal(wide[:, 2:5], expected)


def test_weights_are_the_librarys_memory(data, make):
    import ctypes

    from plasticity._library import lib
    from plasticity._structs import Matrix
    net = make()
    synapses, view = net.layers[1].synapses("input"), Matrix()
    assert lib.plast_synapses_view(synapses._pointer, ctypes.byref(view)) == 0
    weights = synapses.weights
    assert weights.ctypes.data == view.data and weights.shape == (8, 16) and weights.dtype == np.float32
    assert weights.strides == (view.row_stride * 4, 4)
    before = weights.copy()
    net.learn(*data)
    assert not np.array_equal(weights, before)
    np.testing.assert_array_equal(weights, synapses.get_weights())
    with pytest.raises(ValueError):
        weights[0, 0] = 1
    with pytest.raises(ValueError):
        weights.flags.writeable = True


def test_weights_and_biases_go_in_and_out(make):
    net = make()
    layer = net.layers[0]
    weights = np.arange(16 * 12, dtype=np.float64).reshape(12, 16).T
    layer.synapses().set_weights(weights)
    np.testing.assert_array_equal(layer.weights, weights)
    out = np.zeros((12, 16)).T
    assert layer.synapses().get_weights(out) is out
    np.testing.assert_array_equal(out, weights)
    copy = layer.synapses().get_weights()
    copy[:] = 0
    np.testing.assert_array_equal(layer.weights, weights)
    layer.set_bias(np.arange(0, 16, 0.5)[::2])
    np.testing.assert_array_equal(layer.get_bias(), np.arange(16, dtype=np.float32))
    wide = np.full((16, 3), -1.0)
    assert layer.get_bias(wide[:, 1]).dtype == np.float64
    np.testing.assert_array_equal(wide, np.stack([np.full(16, -1), np.arange(16), np.full(16, -1)], axis=1))


def test_one_sample_as_a_vector(data, make):
    x, y = data
    a, b = make(), make()
    for i in range(20):
        a.learn(x[i], int(y[i]))
    b.learn(x[:20], y[:20])
    np.testing.assert_array_equal(a.layers[0].weights, b.layers[0].weights)
    assert a.run(x[0]).shape == (3,)
    np.testing.assert_array_equal(a.run(x[0]), a.run(x[:1])[0])
    np.testing.assert_array_equal(a.run(np.repeat(x[0], 2)[::2]), a.run(x[0]))
    a.learn(x[0], np.eye(3)[y[0]])
    b.learn(x[0], y[0])
    np.testing.assert_array_equal(a.layers[0].weights, b.layers[0].weights)


def test_mask_and_order(data, make):
    x, y = data
    masked = make()
    report = masked.learn(x, y, loss_mask=y > 0)
    assert report.losses == np.sum(y > 0) and report.samples == 200
    assert report.accuracy == report.correct / report.losses
    order = np.arange(200)[::2].astype(np.int32)
    a, b = make(), make()
    assert a.learn(x, y, order=order).samples == 100
    b.learn(x[::2], y[::2])
    np.testing.assert_array_equal(a.layers[0].weights, b.layers[0].weights)


@pytest.mark.parametrize("change, words", [
    (lambda x: x[:, :11], "inputs has 11 columns, expected 12"),
    (lambda x: x[::-1], "inputs has strides -12, 1, expected positive ones"),
    (lambda x: x[:, ::-1], "strides 12, -1"),
    (lambda x: np.broadcast_to(x[0], x.shape), "strides 0, 1"),
    (lambda x: x.astype(np.float16), "inputs has dtype float16"),
    (lambda x: x.astype(">f4"), "inputs has dtype >f4"),
    (lambda x: x.astype(np.int32), "inputs has type i32 (4), expected f32 or f64"),
    (lambda x: x[None, None], "inputs has 4 dimensions, expected 1 to 3"),
    (lambda x: x[:0], "inputs is 0 x 12"),
    (lambda x: np.frombuffer(b"x" + x.tobytes(), np.float32, offset=1, count=2400).reshape(200, 12), "not aligned"),
    (lambda x: np.zeros(200, [("a", "f4", 12), ("b", "u1")])["a"], "not aligned"),
])
def test_refused_inputs(data, make, change, words):
    x, y = data
    net = make()
    before = net.layers[0].synapses().get_weights()
    for use in (lambda bad: net.learn(bad, y), net.run, lambda bad: net.evaluate(bad, y)):
        with pytest.raises(plasticity.InvalidError) as caught:
            use(change(x))
        assert words in str(caught.value) and isinstance(caught.value, ValueError)
    np.testing.assert_array_equal(net.layers[0].weights, before)


@pytest.mark.parametrize("wrong", [[[0.0] * 12], None, 3, np.ma.zeros((2, 12), np.float32)])
def test_what_is_no_array(make, wrong):
    with pytest.raises(TypeError, match="inputs is a .*expected a NumPy array"):
        make().run(wrong)


def test_read_only_arrays(data, make):
    x, y = data
    x, y = x.copy(), y.copy()
    x.flags.writeable = y.flags.writeable = False
    net = make()
    net.learn(x, y)
    out = np.zeros((200, 3), np.float32)
    out.flags.writeable = False
    with pytest.raises(plasticity.InvalidError, match="outputs is read-only"):
        net.run(x, out)
    with pytest.raises(plasticity.InvalidError, match="weights is read-only"):
        net.layers[0].synapses().get_weights(net.layers[0].weights)
    assert not out.any()


def test_a_state_shows_its_memory(data, make):
    x, y = data
    net = make(dtype=np.float64)
    state = plasticity.State(net, batch=5)
    out = net.run(x[:5], state=state)
    view = state.view("activity", net.layers[-1])
    np.testing.assert_array_equal(view, out)
    np.testing.assert_array_equal(view, state.view("activity", -1))
    assert view.dtype == np.float64 and not view.flags.writeable and not view.flags.owndata
    z = state.view("potential", 1)
    np.testing.assert_allclose(np.tanh(z), state.view("activity", 1), rtol=1e-14)
    with pytest.raises(plasticity.StateError, match="learned no sample"):
        state.view("signal", 0)
    x0 = x[:5].astype(np.float64)
    net.learn(x0, y[:5], batch=5, state=state)
    np.testing.assert_allclose(state.view("signal"), out - np.eye(3)[y[:5]], atol=1e-14)
    address = z.ctypes.data
    net.run(x0, state=state)
    assert state.view("potential", 1).ctypes.data == address
