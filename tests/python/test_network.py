# SPDX-License-Identifier: MIT
"""Building, learning, running, evaluating; what callbacks may do; errors."""

import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from conftest import SOURCE, run_python

import plasticity


def test_learns(data, make):
    net = make()
    before = net.evaluate(*data)
    for _ in range(10):
        report = net.learn(*data)
    after = net.evaluate(*data)
    assert report.samples == report.updates == report.losses == 200
    assert before.accuracy < 0.7 < 0.95 < after.accuracy
    assert after.accuracy == after.correct / 200 and after.loss < before.loss
    outputs = net.run(data[0])
    assert after.correct == np.sum(np.argmax(outputs, axis=1) == data[1])
    assert after.loss == pytest.approx(-np.mean(np.log(outputs[np.arange(200), data[1]])), rel=1e-5)


def test_a_report_without_losses(data, make):
    report = make().learn(data[0])
    assert report.samples == 200 and report.losses == 0 and math.isnan(report.accuracy)


def test_names_and_numbers_of_a_network():
    net = plasticity.Network(np.int64(5), seed=2**64 - 1, dtype=np.float64, loss="squared")
    assert net.inputs == 5 and net.dtype == np.float64 and net.layers == () and net.outputs == 0
    layer = net.add("dense", np.int32(4), "relu")
    assert layer.units == net.outputs == 4 and layer.index == 0 and layer.synapses("input").shape == (4, 5)
    net.add("dense", 2)
    assert repr(net) == "<Network 5-4-2, float64>" and [one.units for one in net.layers] == [4, 2]


def test_every_name_is_accepted():
    for activation in plasticity.ACTIVATIONS:
        plasticity.Network(3).add("dense", 2, activation)
    for init in plasticity.INITIALISERS:
        plasticity.Network(3).add("dense", 3, init=init)
    weights = plasticity.Network(9).add("dense", 7, init="sparse", init_param=3).weights
    assert (np.count_nonzero(weights, axis=1) == 3).all()
    leaky = plasticity.Network(1)
    leaky.add("dense", 1, "leaky_relu", activation_param=0.25, init="constant")
    assert leaky.run(np.array([-2.0])) == -0.5
    for loss in plasticity.LOSSES:
        plasticity.Network(3, loss=loss)


@pytest.mark.parametrize("act, kind, words", [
    (lambda: plasticity.Network(0), plasticity.InvalidError, "inputs is 0"),
    (lambda: plasticity.Network(2**63), plasticity.RangeError, "inputs is 9223372036854775808"),
    (lambda: plasticity.Network(3, seed=-1), plasticity.RangeError, "seed is -1"),
    (lambda: plasticity.Network(3, dtype="float16"), plasticity.InvalidError, "float16, expected float32 or float64"),
    (lambda: plasticity.Network(3, dtype="int32"), plasticity.InvalidError, "expected float32 or float64"),
    (lambda: plasticity.Network(3, dtype="single precision"), plasticity.InvalidError, "single precision"),
    (lambda: plasticity.Network(3, loss="huber"), plasticity.UnknownError, "cross_entropy, logistic, squared"),
    (lambda: plasticity.Network(3).add("dens", 2), plasticity.UnknownError, "dens"),
    (lambda: plasticity.Network(3).add("dense", 0), plasticity.InvalidError, "units is 0"),
    (lambda: plasticity.Network(3).add("dense", 2, "softpls"), plasticity.UnknownError, "linear, softplus, relu"),
    (lambda: plasticity.Network(3).add("dense", 2, init="glorot"), plasticity.UnknownError, "xavier_uniform"),
    (lambda: plasticity.Network(3).add("dense", 2, gain=0), plasticity.RangeError, "gain is 0"),
    (lambda: plasticity.Network(3).add("dense", 2, "softplus", activation_param=0), plasticity.RangeError, "is 0"),
    (lambda: plasticity.Network(3).add("dense", 2, "relu", activation_param=1), plasticity.InvalidError, "no param"),
    (lambda: plasticity.Network(3).add("dense", 2, init="sparse", init_param=0), plasticity.RangeError,
     "init_param is 0"),
    (lambda: plasticity.Network(3).add("dense", 2, init_param=1), plasticity.InvalidError, "init_param is 1"),
    (lambda: plasticity.Network(3).add("dense", 2, bias="no"), plasticity.InvalidError, "bias is 'no'"),
    (lambda: plasticity.Network(3).run(np.zeros((1, 3))), plasticity.StateError, "no layer yet"),
    (lambda: plasticity.Network(3).add("dense", 2, bias=False).get_bias(), plasticity.StateError, "bias"),
    (lambda: plasticity.Network(3).add("dense", 2).synapses("recurrent"), plasticity.UnknownError, "recurrent"),
    (lambda: plasticity.Context("sse9"), plasticity.UnknownError, "baseline, avx2, avx512"),
])
def test_mistakes(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value)


@pytest.mark.parametrize("act", [
    lambda: plasticity.Network("many"), lambda: plasticity.Network(3.5), lambda: plasticity.Network(3, loss=2),
    lambda: plasticity.Network(3).add("dense", 2, activation=1),
    lambda: plasticity.Network(3).add("dense", 2, gain="1"), lambda: plasticity.Network(3).run(np.ones(3), state=3),
    lambda: plasticity.Network(3).add(None, 2), lambda: plasticity.Network(3).rule("all", 7),
    lambda: plasticity.Network(3).add("dense", 2).synapses(0),
])
def test_wrong_types(act):
    with pytest.raises(TypeError, match="expected"):
        act()


def test_bad_calls_have_the_librarys_message(data, make):
    x, y = data
    with pytest.raises(plasticity.StateError, match="no optimizer yet") as caught:
        make(optimizer=None).learn(x, y)
    assert caught.value.status == -3 and caught.value.report.samples == 0
    with pytest.raises(plasticity.InvalidError, match="targets has 199 rows, expected 200"):
        make().learn(x, y[1:])
    with pytest.raises(plasticity.RangeError, match="label 0 is [789], expected 0 to 2"):
        make().learn(x, y + 7)
    with pytest.raises(plasticity.StateError, match="shape is fixed"):
        make().add("dense", 3)
    with pytest.raises(plasticity.RangeError, match="layer 3 of a network with 3 layers"):
        make().rule(3, "oja")
    with pytest.raises(plasticity.UnknownError, match='"top"'):
        make().add_rule("top", plasticity.Rule("gha", rate=0))
    with pytest.raises(plasticity.InvalidError, match="the layer belongs to another network"):
        make().rule(make().layers[0], "oja")
    state = plasticity.State(make())
    with pytest.raises(plasticity.InvalidError, match="another network"):
        make().learn(x, y, state=state)


def test_errors_travel(make):
    failure = plasticity.NotFiniteError("words", -100, plasticity.Report(1, 2, 3, 4, 5.0))
    copy = pickle.loads(pickle.dumps(failure))
    assert (type(copy), str(copy), copy.status, copy.report) == (type(failure), "words", -100, failure.report)


def test_not_finite_carries_the_report(data, make):
    x, y = data
    bad = x.copy()
    bad[130, 4] = np.nan
    net, other = make(), make()
    with pytest.raises(plasticity.NotFiniteError) as caught:
        net.learn(bad, y)
    assert isinstance(caught.value, ArithmeticError) and caught.value.report.samples == 130
    other.learn(x[:130], y[:130])
    np.testing.assert_array_equal(net.layers[0].weights, other.layers[0].weights)
    assert net.learn(x[130:], y[130:]).samples == 70


def test_progress(data, make):
    history = []
    report = make().learn(*data, progress=history.append, progress_every=60)
    assert [one.samples for one in history] == [60, 120, 180]
    assert history[-1].losses == 180 and not report.stopped
    assert all(isinstance(one, plasticity.Report) for one in history)


def test_a_callback_stops_the_call(data, make):
    def stop(report):
        if report.samples == 40:
            raise plasticity.Stop

    net, other = make(), make()
    report = net.learn(*data, progress=stop, progress_every=20)
    assert report.samples == 40 and report.stopped
    other.learn(data[0][:40], data[1][:40])
    np.testing.assert_array_equal(net.layers[0].weights, other.layers[0].weights)
    assert net.learn(*data).samples == 200


@pytest.mark.parametrize("raised", [ZeroDivisionError("mine"), KeyboardInterrupt(), SystemExit(3)])
def test_a_callback_raises(data, make, raised):
    def fail(report):
        raise raised

    net = make()
    with pytest.raises(type(raised)) as caught:
        net.learn(*data, progress=fail, progress_every=20)
    assert caught.value is raised
    assert "fail" in [frame.name for frame in caught.traceback]
    assert net.learn(*data).samples == 200


def test_what_a_callback_may_do(data, make):
    net, seen = make(), []

    def look(report):
        seen.append(net.evaluate(*data).accuracy)
        net.run(data[0][0])
        net.optimizer.rate = 0
        net.rule("hidden", "oja").rate = 0
        seen.append(net.layers[0].synapses().get_weights())

    net.learn(*data, progress=look, progress_every=100)
    np.testing.assert_array_equal(seen[1], seen[3])
    assert seen[0] == seen[2]
    for forbidden in (lambda r: net.learn(*data), lambda r: net.reset(3), lambda r: net.prepare(5)):
        with pytest.raises(plasticity.StateError, match="learning"):
            net.learn(*data, progress=forbidden, progress_every=100)


def test_a_callback_may_close_its_network(data, make):
    net = make()
    assert net.learn(*data, progress=lambda report: net.close(), progress_every=100).samples == 200
    assert net.closed


def test_freezing(data, make):
    net = make()
    layer, synapses = net.layers[0], net.layers[0].synapses()
    assert not layer.frozen and not synapses.frozen
    layer.frozen = True
    assert net.layers[0].frozen and net.layers[0].synapses("input").frozen and not net.layers[1].frozen
    before, bias = synapses.get_weights(), layer.get_bias()
    net.learn(*data)
    np.testing.assert_array_equal(layer.weights, before)
    np.testing.assert_array_equal(layer.get_bias(), bias)
    synapses.frozen = False
    assert not layer.frozen and not net.layers[0].synapses().frozen  # for not all of it is
    net.learn(*data)
    assert np.any(layer.weights != before)
    np.testing.assert_array_equal(layer.get_bias(), bias)
    layer.frozen = True
    assert synapses.frozen
    layer.frozen = False
    assert not synapses.frozen
    with pytest.raises(plasticity.InvalidError, match="frozen is 2"):
        layer.frozen = 2


def test_reset_and_prepare(data, make):
    net, other = make(seed=4), make(seed=5)
    net.prepare(batch=32)
    net.learn(*data, batch=32)
    net.reset(5)
    np.testing.assert_array_equal(net.layers[0].weights, other.layers[0].weights)
    with pytest.raises(plasticity.RangeError, match="batch is 0"):
        net.prepare(0)


def test_cpu_levels(data, make):
    level = plasticity.Context().cpu_level
    assert level in plasticity.CPU_LEVELS
    with plasticity.Context("baseline") as context:
        assert context.cpu_level == "baseline"
        slow = make(context=context)
    assert plasticity.Context(plasticity.CPU_LEVELS).cpu_level == level
    assert slow.learn(*data).samples == 200


def test_ctrl_c_without_a_callback():
    """Without a progress function, too, an interrupt ends the call."""
    code = textwrap.dedent("""
        import numpy as np, plasticity
        net = plasticity.Network(100)
        net.add("dense", 1000, "relu"), net.add("dense", 500, "relu"), net.add("dense", 10, "softmax")
        net.set_optimizer(plasticity.Optimizer("sgd", rate=1e-3))
        order = np.zeros(10**7, np.int32)
        print("go", flush=True)
        net.learn(np.ones((1, 100)), np.zeros(1, np.int32), order=order, progress_every=100)
    """)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, PYTHONPATH=str(SOURCE / "python")))
    assert process.stdout.readline() == "go\n"
    time.sleep(0.5)  # now it learns
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt") and "ignored" not in errors


def test_interrupts_at_any_moment(data, make, monkeypatch):
    """A signal handler that raises, wherever Python code runs in the call: nothing is lost and nothing escapes."""
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    escaped = []
    monkeypatch.setattr(sys, "unraisablehook", escaped.append)
    gc.collect()
    gc.disable()  # what a signal raises in a finalizer is lost, in Python's own ones too
    net, x, y = make(), *data
    order, rings = np.resize(np.arange(200), 20000), 0
    net.prepare()
    before = signal.signal(signal.SIGALRM, ring)
    try:
        for i in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + 1e-6 * i)
                net.learn(x, y, order=order, progress=lambda report: report.accuracy, progress_every=1)
            except Alarm:
                rings += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert not escaped and rings == 300


def test_nothing_is_printed():
    done = run_python("import numpy, plasticity; n = plasticity.Network(3); n.add('dense', 2); n.run(numpy.ones(3))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_cell_types():
    net = plasticity.Network(2)
    layer = net.add("recurrent", 5, "tanh")
    np.testing.assert_array_equal(layer.get_types(), np.zeros(5, np.int32))
    layer.set_types(np.array([0, 1, 2, 1, 0], np.int64))
    out = np.empty(5, np.uint8)
    assert layer.get_types(out) is out and out.tolist() == [0, 1, 2, 1, 0]
    with pytest.raises(plasticity.RangeError, match="unit 1 has type 5"):
        layer.set_types(np.array([0, 5, 0, 0, 0], np.int32))
    with pytest.raises(plasticity.InvalidError, match="types"):
        layer.set_types(np.zeros(5))
    with pytest.raises(plasticity.UnsupportedError, match="dense"):
        net.add("dense", 2).get_types()
    assert layer.get_types().tolist() == [0, 1, 2, 1, 0]
    layer.set_types(None)
    assert not layer.get_types().any()
