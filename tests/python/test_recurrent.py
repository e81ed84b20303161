# SPDX-License-Identifier: MIT
"""Layers with a state, sequences, streams and temporal schemes, against plain loops in NumPy."""

import threading

import numpy as np
import pytest

import plasticity
from plasticity import State, Temporal

STEPS, SEQUENCES, INPUTS, UNITS, OUTPUTS = 7, 3, 4, 5, 2


def network(alpha=0.3, dtype="float64", rate=0.0, **options):
    """A voltage layer of tanh units that starts from 0.1, 0.2 ..., read by linear units."""
    net = plasticity.Network(INPUTS, seed=3, dtype=dtype, loss="squared")
    net.add("recurrent", UNITS, "tanh", alpha=alpha, **options)
    net.add("dense", OUTPUTS)
    net.layers[0].set_vector("initial", np.arange(1, UNITS + 1) / 10)
    net.layers[0].set_bias(np.linspace(-0.5, 0.5, UNITS))
    net.set_optimizer("sgd", rate=rate)
    return net


@pytest.fixture
def sequences():
    """(inputs, targets): steps x sequences x numbers."""
    rng = np.random.default_rng(11)
    return (rng.standard_normal((STEPS, SEQUENCES, INPUTS)), rng.standard_normal((STEPS, SEQUENCES, OUTPUTS)))


class Plain:
    """The same network in plain NumPy: samples are rows."""

    def __init__(self, net, alpha):
        first, last = net.layers
        self.alpha = alpha
        self.U, self.W, self.b = first.synapses("input").get_weights(), first.synapses("recurrent").get_weights(), \
            first.get_bias()
        self.V, self.c, self.initial = last.weights.copy(), last.get_bias(), first.get_vector("initial")

    def start(self, sequences):
        self.v = np.tile(self.initial, (sequences, 1))
        self.traces = [np.zeros((sequences, UNITS)), np.zeros((sequences, INPUTS)), np.zeros((sequences, 1))]

    def step(self, x):
        """Potential and traces of the next step, and the answer. A trace is what the synapse saw, filtered."""
        seen = np.tanh(self.v), x, np.ones((len(x), 1))
        self.v = (1 - self.alpha) * self.v + self.alpha * (seen[0] @ self.W.T + x @ self.U.T + self.b)
        self.traces = [(1 - self.alpha) * trace + self.alpha * pre for trace, pre in zip(self.traces, seen)]
        return np.tanh(self.v) @ self.V.T + self.c

    def eprop(self, x, targets, every, rate):
        """Learns online, an update every so many steps."""
        self.start(x.shape[1])
        for first in range(0, len(x), every):
            gradients = [np.zeros_like(p) for p in (self.W, self.U, self.b, self.V, self.c)]
            part = range(first, min(first + every, len(x)))
            for t in part:
                error = self.step(x[t]) - targets[t]
                signal = (1 - np.tanh(self.v) ** 2) * (error @ self.V)
                h, (w, u, b) = np.tanh(self.v), self.traces
                for total, part_of_it in zip(gradients, (signal.T @ w, signal.T @ u, (signal * b).sum(0), error.T @ h,
                                                         error.sum(0))):
                    total += part_of_it
            for parameter, total in zip((self.W, self.U, self.b, self.V, self.c), gradients):
                parameter -= rate * total / (len(part) * x.shape[1])

    def loss(self, x, targets, first=0):
        """Mean over the steps from the first that counts on."""
        self.start(x.shape[1])
        losses = [0.5 * ((self.step(a) - b) ** 2).sum(1) for a, b in zip(x, targets)]
        return np.mean(losses[first:])

    def bptt(self, x, targets, rate, first=0):
        """Central differences of the loss."""
        gradients = []
        for parameter in (self.W, self.U, self.b, self.V, self.c):
            gradient = np.empty_like(parameter)
            for place in np.ndindex(parameter.shape):
                kept, sides = parameter[place], []
                for change in (1e-5, -1e-5):
                    parameter[place] = kept + change
                    sides.append(self.loss(x, targets, first))
                parameter[place] = kept
                gradient[place] = (sides[0] - sides[1]) / 2e-5
            gradients.append(gradient)
        for parameter, gradient in zip((self.W, self.U, self.b, self.V, self.c), gradients):
            parameter -= rate * gradient

    def check(self, net, tolerance=1e-12):
        first, last = net.layers
        for ours, theirs in ((first.synapses("recurrent").weights, self.W), (first.synapses("input").weights, self.U),
                             (first.get_bias(), self.b), (last.weights, self.V), (last.get_bias(), self.c)):
            np.testing.assert_allclose(ours, theirs, atol=tolerance, rtol=0)


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_forward(sequences, alpha):
    x, targets = sequences
    net = network(alpha)
    plain = Plain(net, alpha)
    plain.start(SEQUENCES)
    expected = np.array([plain.step(step) for step in x])
    answers = net.run(x)
    assert answers.shape == (STEPS, SEQUENCES, OUTPUTS) and answers.dtype == np.float64
    np.testing.assert_allclose(answers, expected, atol=1e-14)
    report = net.evaluate(x, targets)
    assert report.samples == STEPS * SEQUENCES
    assert report.loss == pytest.approx(plain.loss(x, targets), rel=1e-13)


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_bptt(sequences, alpha):
    net = network(alpha, rate=0.5)
    plain = Plain(net, alpha)
    assert net.temporal == "bptt"
    report = net.learn(*sequences, batch=SEQUENCES)
    assert report.updates == 1 and report.samples == STEPS * SEQUENCES
    plain.bptt(*sequences, 0.5)
    plain.check(net, 1e-9)  # of the differences


def test_the_mean_is_over_steps_with_a_loss(sequences):
    net = network(rate=0.5)
    plain = Plain(net, 0.3)
    mask = np.zeros((STEPS, SEQUENCES))
    mask[5:] = 1
    report = net.learn(*sequences, loss_mask=mask, batch=SEQUENCES)
    assert report.losses == 2 * SEQUENCES and report.loss == pytest.approx(plain.loss(*sequences, 5), rel=1e-13)
    plain.bptt(*sequences, 0.5, 5)
    plain.check(net, 1e-9)


@pytest.mark.parametrize("every", [None, 1, 3, STEPS])
@pytest.mark.parametrize("traces", [0, 1])
def test_eprop(sequences, every, traces):
    net = network(rate=0.5)
    plain, untouched = Plain(net, 0.3), Plain(net, 0.3)
    net.set_temporal("eprop", traces=traces)
    report = net.learn(*sequences, batch=SEQUENCES, update_every=every)
    assert report.updates == -(-STEPS // (every or STEPS))
    plain.eprop(*sequences, every or STEPS, 0.5)
    plain.check(net)
    untouched.bptt(*sequences, 0.5)
    assert np.abs(untouched.W - plain.W).max() > 1e-4  # they are not the same


def test_eprop_over_several_calls(sequences):
    """A stream that is carried on learns what one call would."""
    x, targets = sequences
    net = network(rate=0.5)
    plain = Plain(net, 0.3)
    net.set_temporal("eprop")
    state = State(net, SEQUENCES)
    for t in range(STEPS):
        report = net.learn(x[t:t + 1], targets[t:t + 1], carry=True, state=state)
        assert (report.updates, report.samples) == (1, SEQUENCES)
    plain.eprop(x, targets, 1, 0.5)
    plain.check(net)


@pytest.mark.parametrize("scheme, update_every", [("bptt", None), ("eprop", 1)])
def test_a_task_is_learned(scheme, update_every):
    """Which line had a pulse at the first step is asked for at the last, five steps later."""
    rng = np.random.default_rng(1)
    pulses = rng.integers(0, 3, 600)
    x = np.zeros((6, 600, 3), np.float32)
    x[0, np.arange(600), pulses] = 1
    labels = np.full((6, 600), -1)
    labels[-1] = pulses
    net = plasticity.Network(3, seed=1)
    net.add("recurrent", 30, "tanh", alpha=0.5, recurrent_init="orthogonal")
    net.add("dense", 3, "softmax")
    net.set_optimizer("adam", rate=3e-3)
    net.set_temporal(scheme)
    for _ in range(4):
        report = net.learn(x, labels, batch=10, update_every=update_every, order=rng.permutation(600))
        assert report.losses == 600 and report.samples == 3600
    assert net.evaluate(x, labels).accuracy == 1


def test_sequences_as_rows(sequences):
    """Three dimensions and rows with `steps` are the same memory and the same bits."""
    x, targets = sequences
    flat = x.reshape(-1, INPUTS), targets.reshape(-1, OUTPUTS)
    a, b = network(rate=0.1), network(rate=0.1)
    order = np.array([2, 0])
    mask = np.arange(STEPS * SEQUENCES).reshape(STEPS, SEQUENCES) % 2
    assert a.learn(x, targets, loss_mask=mask == 0, order=order, batch=2) \
        == b.learn(*flat, loss_mask=mask.ravel() == 0, order=order, batch=2, steps=STEPS)
    np.testing.assert_array_equal(a.layers[0].synapses("recurrent").weights, b.layers[0].synapses("recurrent").weights)
    assert a.evaluate(x, targets) == b.evaluate(*flat, steps=STEPS)
    answers = b.run(flat[0], steps=STEPS)
    np.testing.assert_array_equal(a.run(x).reshape(answers.shape), answers)
    chosen = a.run(x, order=order)
    np.testing.assert_allclose(chosen, a.run(x)[:, order], atol=1e-14)
    one = a.run(x[:, 1], steps=STEPS)  # a single sequence, its steps rows with a stride
    np.testing.assert_allclose(one, a.run(x)[:, 1], atol=1e-14)
    np.testing.assert_array_equal(a.run(x[:, 1:2])[:, 0], one)


def test_places_for_answers(sequences):
    x, _ = sequences
    net = network()
    wide = np.full((STEPS, SEQUENCES, 2 * OUTPUTS), np.nan, np.float32)
    out = wide[:, :, ::2]
    assert net.run(x, out) is out
    np.testing.assert_array_equal(out, net.run(x).astype(np.float32))
    assert np.isnan(wide[:, :, 1::2]).all()
    every_other = np.zeros((2 * STEPS, SEQUENCES, INPUTS))[::2]
    with pytest.raises(plasticity.InvalidError, match="inputs is 7 steps x 3 sequences, but the steps do not follow"):
        net.run(every_other)
    every_other = np.zeros((STEPS, 2 * SEQUENCES, INPUTS))[:, ::2]
    every_other[:] = x
    np.testing.assert_array_equal(net.run(every_other), net.run(x))


def test_labels_as_steps_of_sequences(sequences):
    x, _ = sequences
    labels = np.arange(STEPS * SEQUENCES).reshape(STEPS, SEQUENCES) % 3 - 1
    nets = []
    for dtype, shape in ((np.int32, labels.shape), (np.int64, (-1,)), (np.int64, labels.shape)):
        net = plasticity.Network(INPUTS, seed=1)
        net.add("recurrent", UNITS, "tanh")
        net.add("dense", OUTPUTS, "softmax")
        net.set_optimizer("sgd", rate=0.1)
        report = net.learn(x, labels.astype(dtype).reshape(shape), batch=SEQUENCES)
        assert report.losses == np.sum(labels >= 0)
        nets.append(net.layers[0].synapses("recurrent").get_weights())
    assert np.array_equal(nets[0], nets[1]) and np.array_equal(nets[0], nets[2])


def test_steps_of_a_stream(sequences):
    x, _ = sequences
    net = network()
    state = State(net, SEQUENCES)
    expected = net.run(x)
    assert state.sequences == 0
    for t in range(STEPS):
        answers = net.step(x[t], state=state)
        np.testing.assert_allclose(answers, expected[t], atol=1e-14)
        assert state.sequences == SEQUENCES
    state.reset()
    assert state.sequences == 0
    out = np.empty((2, SEQUENCES, OUTPUTS), np.float32)
    assert net.run(x[:2], out, carry=True, state=state) is out
    np.testing.assert_allclose(out, expected[:2], atol=1e-6)
    np.testing.assert_allclose(net.run(x[2:], carry=True, state=state), expected[2:], atol=1e-14)
    single = State(net)
    for t in range(STEPS):
        np.testing.assert_allclose(net.step(x[t, 1], state=single), expected[t, 1], atol=1e-14)


def test_carried_numbers(sequences):
    x, _ = sequences
    net = network()
    plain = Plain(net, 0.3)
    plain.start(SEQUENCES)
    state = State(net, SEQUENCES)
    for t in range(3):
        plain.step(x[t])
    net.run(x[:3], carry=True, state=state)
    carried = state.get_carried(0)
    assert carried.shape == (SEQUENCES, UNITS) and carried.dtype == np.float64
    np.testing.assert_allclose(carried, plain.v, atol=1e-14)
    out = np.empty((SEQUENCES, UNITS), np.float32)
    assert state.get_carried(net.layers[0], out) is out
    np.testing.assert_array_equal(out, carried.astype(np.float32))
    rest = net.run(x[3:], carry=True, state=state)
    other = State(net, SEQUENCES)
    other.set_carried(0, carried)
    assert other.sequences == SEQUENCES
    np.testing.assert_array_equal(net.run(x[3:], carry=True, state=other), rest)


@pytest.mark.parametrize("fork", [lambda state: state.copy(), lambda state: state.copy(to=State(state.network, 8))])
def test_fork(sequences, fork):
    """A fork goes on as the stream would, noise included, and each goes its own way."""
    x, _ = sequences
    net = network(noise=0.1)
    state = State(net, SEQUENCES, seed=5)
    net.run(x[:3], carry=True, state=state)
    other = fork(state)
    assert other is not state and other.sequences == SEQUENCES and other.seed == 5
    np.testing.assert_array_equal(net.run(x[3:], carry=True, state=other), net.run(x[3:], carry=True, state=state))
    net.step(x[0], state=other)
    assert not np.array_equal(net.step(x[1], state=other), net.step(x[1], state=state))
    state.close()
    assert net.step(x[1], state=other).shape == (SEQUENCES, OUTPUTS)


def test_a_fork_keeps_traces(sequences):
    """Two twins learn the second half of a sequence online: one goes on, the other from the first's fork."""
    x, targets = sequences
    a, b = network(rate=0.5), network(rate=0.5)
    plain = Plain(a, 0.3)
    for net in a, b:
        net.set_temporal("eprop")
    of_a, of_b = State(a, SEQUENCES), State(b, SEQUENCES)
    a.learn(x[:3], targets[:3], update_every=1, carry=True, state=of_a)
    b.learn(x[:3], targets[:3], update_every=1, carry=True, state=of_b)
    fork = of_b.copy()
    of_b.close()
    a.learn(x[3:], targets[3:], update_every=1, carry=True, state=of_a)
    b.learn(x[3:], targets[3:], update_every=1, carry=True, state=fork)
    plain.eprop(x, targets, 1, 0.5)
    plain.check(a), plain.check(b)


def test_noise_is_the_states(sequences):
    x, _ = sequences
    net = network(noise=0.1)
    states = [State(net, SEQUENCES, seed=seed) for seed in (1, 1, 2)]
    first, same, other = (net.run(x, state=state) for state in states)
    assert np.array_equal(first, same) and not np.array_equal(first, other)
    assert not np.array_equal(net.run(x, state=states[0]), first)  # the stream of noise goes on


@pytest.mark.parametrize("networks", [1, 2])
def test_forks_in_both_directions_at_once(networks):
    """No thread waits for another for ever, also when all that there is to say is that it cannot be."""
    net = network()
    states = [State(net), State(net if networks == 1 else network())]
    for state in states:
        state.network.step(np.zeros(INPUTS), state=state)

    def copy(a, b):
        for _ in range(2000):
            try:
                a.copy(to=b)
            except plasticity.InvalidError:
                assert networks == 2
            a.network.step(np.zeros(INPUTS), state=a)

    threads = [threading.Thread(target=copy, args=pair, daemon=True) for pair in (states, states[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_rules_of_one_group(sequences):
    """Hebb's rule sees the activity of the step before and that of the step, averaged over all steps."""
    x, _ = sequences
    net = network()
    plain = Plain(net, 0.3)
    recurrent, inputs = (net.layers[0].synapses(name) for name in ("recurrent", "input"))
    recurrent.add_rule(plasticity.Rule("hebb", rate=0.25))
    state = State(net, SEQUENCES, steps=STEPS)
    net.learn(x, batch=SEQUENCES, state=state)
    plain.start(SEQUENCES)
    products = 0
    for step in x:
        before = np.tanh(plain.v)
        plain.step(step)
        products = products + np.tanh(plain.v).T @ before
    np.testing.assert_allclose(recurrent.weights, plain.W + 0.25 * products / (STEPS * SEQUENCES), atol=1e-14)
    np.testing.assert_array_equal(inputs.weights, plain.U)
    recurrent.set_rule("hebb", rate=0)
    before = recurrent.get_weights()
    net.learn(x, batch=SEQUENCES)
    np.testing.assert_array_equal(recurrent.weights, before)
    inputs.add_rule("oja", rate=1e-2)
    with pytest.raises(plasticity.RangeError, match="rate is -1"):
        inputs.set_rule("oja", rate=-1)
    with pytest.raises(plasticity.UnknownError):
        inputs.set_rule("hebb", rate=1)
    with pytest.raises(plasticity.StateError):
        recurrent.add_rule("hebb", rate=1)
    with pytest.raises(TypeError, match="rule is 3, expected a Rule or its name"):
        recurrent.add_rule(3)


def test_options_of_a_layer(sequences):
    net = network(self_synapses=False, recurrent_init="constant", recurrent_gain=0.5, learn_initial=True, rate=0.5)
    recurrent = net.layers[0].synapses("recurrent")
    np.testing.assert_array_equal(recurrent.get_weights(), 0.5 * (1 - np.eye(UNITS)))
    np.testing.assert_array_equal(recurrent.get_mask(), 1 - np.eye(UNITS))
    before = net.layers[0].get_vector("initial")
    np.testing.assert_array_equal(before, np.arange(1, UNITS + 1) / 10)
    net.learn(*sequences, batch=SEQUENCES)
    assert (net.layers[0].get_vector("initial") != before).all() and not np.diag(recurrent.weights).any()
    out = np.empty(UNITS, np.float32)
    assert net.layers[0].get_vector("bias", out) is out
    np.testing.assert_array_equal(out, net.layers[0].get_bias().astype(np.float32))
    fixed = network(rate=0.5)
    fixed.learn(*sequences)
    np.testing.assert_array_equal(fixed.layers[0].get_vector("initial"), before)


@pytest.mark.parametrize("form", plasticity.FORMS)
def test_forms(sequences, form):
    """One step from h = 0.1 or v = 0.1: the forms by hand."""
    net = plasticity.Network(1, dtype="float64")
    net.add("recurrent", 1, "tanh", form=form, alpha=0.25, init="constant", recurrent_init="constant",
            recurrent_gain=2)
    net.add("dense", 1, init="constant")
    net.layers[0].set_vector("initial", np.array([0.1]))
    seen = np.tanh(0.1) if form in ("voltage", "current") else 0.1
    n = 2 * seen + 0.5
    inside = 0.75 * 0.1 + 0.25 * n
    expected = {"voltage": np.tanh(inside), "inside": np.tanh(inside), "rate": 0.75 * 0.1 + 0.25 * np.tanh(n),
                "current": inside}
    assert net.run(np.array([0.5]))[0] == pytest.approx(expected[form], rel=1e-14)


@pytest.mark.parametrize("temporal", ["bptt", "eprop"])
@pytest.mark.parametrize("feedback", plasticity.Feedback.names())
def test_feedback_and_time_are_independent(sequences, feedback, temporal):
    """With one layer below the output the only way down is V^T, for which the feedback matrix stands: when it is V^T,
    the update is backpropagation's, in time as in space."""
    net, twin = network(rate=0.5), network(rate=0.5)
    scheme = plasticity.Feedback(feedback)
    for parameter in scheme.parameters.values():
        if parameter.default is None:
            scheme[parameter.name] = 0 if parameter.name == "decay" else 1
    if feedback == "circuit":
        with pytest.raises(plasticity.UnsupportedError, match="circuit is not defined for layers with a state"):
            net.set_feedback(scheme)
        return
    net.set_feedback(scheme)
    for one in net, twin:
        one.set_temporal(temporal)
    assert (net.feedback, net.temporal) == (feedback, temporal)
    if feedback in ("fa", "dfa", "kolen_pollack", "weight_mirror"):
        net.layers[0].synapses("feedback").set_weights(net.layers[1].weights.T)
    for one in net, twin:
        one.learn(*sequences, batch=SEQUENCES)
    same = np.allclose(net.layers[0].synapses("recurrent").weights, twin.layers[0].synapses("recurrent").weights,
                       atol=1e-12)
    assert same == (feedback in ("backprop", "fa", "dfa", "kolen_pollack", "weight_mirror"))


def test_temporal_schemes():
    assert {"bptt", "eprop"} <= set(Temporal.names())
    net = network()
    attached = net.set_temporal("bptt", truncation=3)
    assert dict(attached) == {"truncation": 3} and net.temporal == attached.name == "bptt"
    attached.truncation = 5
    assert net.temporal_parameters()["truncation"] == 5
    with Temporal("eprop", self=1) as temporal:
        assert dict(net.set_temporal(temporal)) == dict(net.set_temporal("eprop", self=1)) == {"self": 1, "traces": 0}
        temporal.traces = 1
    assert net.temporal == "eprop" and net.temporal_parameters().traces == 0
    with pytest.raises(plasticity.StateError, match='temporal is "eprop" now, these were parameters of "bptt"'):
        attached.truncation = 1
    for bad, kind, words in [
            (lambda: net.set_temporal("rflo"), plasticity.UnknownError, 'no temporal scheme is named "rflo"'),
            (lambda: net.set_temporal("bptt", truncation=-1), plasticity.RangeError, "truncation is -1"),
            (lambda: net.set_temporal("bptt", mu=1), plasticity.UnknownError, 'no parameter "mu"'),
            (lambda: net.set_temporal(3), TypeError, "temporal is 3, expected a Temporal or its name"),
            (lambda: setattr(net.temporal_parameters(), "traces", 2), plasticity.RangeError, "traces is 2")]:
        with pytest.raises(kind, match=words):
            bad()
    assert net.temporal == "eprop"


@pytest.mark.parametrize("bad, kind, words", [
    (lambda net, x, y: net.learn(x, y, steps=3), plasticity.InvalidError, "steps is 3, but inputs has 7 steps of 3"),
    (lambda net, x, y: net.learn(x, y.swapaxes(0, 1)), plasticity.InvalidError,
     "targets has 3 steps of 7 sequences, expected 7 of 3"),
    (lambda net, x, y: net.learn(x[:, 0], y), plasticity.InvalidError, "targets has 3 dimensions, inputs has 2"),
    (lambda net, x, y: net.learn(x, y, loss_mask=np.ones((3, 7))), plasticity.InvalidError,
     "loss_mask has 3 steps of 7 sequences"),
    (lambda net, x, y: net.learn(x.swapaxes(0, 1), y), plasticity.InvalidError,
     "inputs is 3 steps x 7 sequences, but the steps do not follow each other in memory"),
    (lambda net, x, y: net.learn(x[:, 0], y[:, 0], steps=2), plasticity.InvalidError,
     "inputs has 7 rows, expected a multiple of the 2 steps"),
    (lambda net, x, y: net.learn(x, y, update_every=0), plasticity.RangeError, "update_every is 0, expected 1"),
    (lambda net, x, y: net.learn(x[:, 0], y[:, 0], steps=0), plasticity.RangeError, "steps is 0, expected 1"),
    (lambda net, x, y: net.learn(x, y, carry=True, order=np.arange(3)), plasticity.InvalidError,
     "go in their order: order is given"),
    (lambda net, x, y: net.learn(x, y, carry=2), plasticity.InvalidError, "carry is 2, expected True or False"),
    (lambda net, x, y: net.run(x, np.empty((3, 7, 2))), plasticity.InvalidError, "out has 3 steps of 7 sequences"),
    (lambda net, x, y: net.run(x, np.empty((21, 2))), plasticity.InvalidError, "out has 2 dimensions, expected 3"),
    (lambda net, x, y: net.run(x[..., :3]), plasticity.InvalidError, "inputs has 3 columns, expected 4"),
    (lambda net, x, y: net.run(x.tolist()), TypeError, "inputs is a list, expected a NumPy array"),
    (lambda net, x, y: net.step(x), plasticity.InvalidError, "inputs has 3 dimensions"),
    (lambda net, x, y: net.layers[0].get_vector("gain"), plasticity.UnknownError, 'no vector "gain"'),
    (lambda net, x, y: net.layers[1].get_vector("initial"), plasticity.UnknownError, 'no vector "initial"'),
    (lambda net, x, y: net.layers[0].set_vector("initial", np.ones(4)), plasticity.InvalidError, "initial has 4"),
    (lambda net, x, y: net.layers[0].set_vector("initial", np.full(5, np.nan)), plasticity.NotFiniteError, "initial"),
    (lambda net, x, y: State(net).get_carried(0), plasticity.StateError, "carries nothing yet"),
    (lambda net, x, y: State(net).get_carried(1), plasticity.StateError, "layer 1 carries nothing"),
    (lambda net, x, y: State(net).set_carried(0, np.ones((1, 4))), plasticity.InvalidError, "carried has 4 columns"),
    (lambda net, x, y: State(net, 2).set_carried(0, np.ones((3, 5))), plasticity.InvalidError, "has room for 2"),
    (lambda net, x, y: State(net).copy(to=network()), TypeError, "expected a State"),
    (lambda net, x, y: State(net).copy(to=State(network())), plasticity.InvalidError, "different networks"),
    (lambda net, x, y: State(net, steps=0), plasticity.RangeError, "steps is 0"),
    (lambda net, x, y: net.prepare(1, 0.5), TypeError, "steps is 0.5, expected a whole number"),
])
def test_errors(sequences, bad, kind, words):
    net = network(rate=0.5)
    before = Plain(net, 0.3)
    with pytest.raises(kind) as caught:
        bad(net, *sequences)
    assert words in str(caught.value)
    before.check(net, 0)


@pytest.mark.parametrize("options, kind, words", [
    ({"form": "current mode"}, plasticity.UnknownError, "voltage, inside, rate, current"),
    ({"alpha": 1.5}, plasticity.RangeError, "alpha is 1.5"),
    ({"alpha": 0}, plasticity.RangeError, "alpha is 0, expected another number, or None"),
    ({"noise": -1}, plasticity.RangeError, "noise is -1"),
    ({"self_synapses": 3}, plasticity.InvalidError, "self_synapses is 3, expected True or False"),
    ({"activation": "softmax"}, plasticity.UnsupportedError, "softmax"),
])
def test_refused_options(options, kind, words):
    net = plasticity.Network(3)
    with pytest.raises(kind, match=words):
        net.add("recurrent", 3, **options)
    with pytest.raises(plasticity.InvalidError, match="alpha"):
        net.add("dense", 3, alpha=0.5)
    assert not net.layers


def test_another_number_of_sequences(sequences):
    x, _ = sequences
    net = network()
    state = State(net, 8)
    net.step(x[0], state=state)
    with pytest.raises(plasticity.InvalidError, match="carries 3 sequences, 2 are to go on: reset it"):
        net.step(x[0, :2], state=state)
    state.reset()
    net.step(x[0, :2], state=state)
    assert state.sequences == 2


def test_use_after_close(sequences):
    net = network()
    state, other, attached = State(net), State(net), net.temporal_parameters()
    state.close()
    for use in (state.reset, state.copy, lambda: state.sequences, lambda: state.get_carried(0),
                lambda: other.copy(to=state)):
        with pytest.raises(plasticity.StateError, match="the state is closed"):
            use()
    net.close()
    for use in (lambda: net.temporal, lambda: attached.truncation, lambda: net.set_temporal("eprop"),
                lambda: net.step(sequences[0][0]), other.copy):
        with pytest.raises(plasticity.StateError, match="the network is closed"):
            use()
    assert "gone" in repr(attached)


def test_a_rule_of_one_group_is_read_there():
    net = plasticity.Network(inputs=3, seed=1)
    net.add("recurrent", units=4, activation="tanh")
    net.add("dense", units=2)
    net.add_rule(0, "bcm", rate=1e-3, tau=5, start=0.25)
    weights = net.layers[0].synapses("recurrent")
    weights.rule("bcm").rate = 2e-3
    assert weights.rule("bcm").rate == 2e-3 and net.rule(0, "bcm").rate == 1e-3
    np.testing.assert_array_equal(weights.rule("bcm").view("threshold"), np.full(4, 0.25, np.float32))
    assert net.layers[0].synapses("input").add_rule("oja", rate=1e-4).rate == 1e-4
    with pytest.raises(plasticity.UnknownError, match='rule "oja" is not attached to these synapses'):
        weights.rule("oja").rate
