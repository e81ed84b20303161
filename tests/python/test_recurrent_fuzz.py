# SPDX-License-Identifier: MIT
"""Random networks with recurrent layers under random sequences of calls: layers, temporal and feedback schemes, rules,
GRAPES, optimizers, masks, signs, frozen groups and streams together, against recurrent_oracle.py."""

import numpy as np
import pytest

import plasticity
from recurrent_oracle import Layer, Oracle, Stream

ROOM, STEPS = 4, 7  # most sequences of a stream, and steps of a call
GROUPS = {"U": "input", "W": "recurrent"}
VECTORS = {"b": "bias", "c": "recurrent_bias", "i": "initial"}
RULES = ["oja", "hebb", "decay", "gha", "oja_neuron", "decorrelation"]


class Fuzz:
    def __init__(self, seed, kinds, dtype="float64"):
        self.rng = rng = np.random.default_rng(seed)
        self.calls = []
        self.inputs, hidden = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        chosen = [str(kind) for kind in rng.choice(kinds, hidden)]
        chosen[0] = chosen[0] if {"recurrent", "gru"} & set(chosen) else kinds[0]
        self.labelled = bool(rng.integers(2))
        self.net = plasticity.Network(self.inputs, seed=seed, dtype=dtype)
        layers = [self.add(kind) for kind in chosen] + [self.add("dense", "softmax" if self.labelled else "tanh")]
        self.oracle = Oracle(layers, "cross_entropy" if self.labelled else "squared")
        for i, layer in enumerate(layers):
            if layer.kind != "dense" and (self.net.layers[i].synapses("recurrent").get_mask() == 0).any():
                self.oracle.masks[i, "W"] = self.net.layers[i].synapses("recurrent").get_mask().astype(float)
        self.possible = dict(self.oracle.masks)  # a unit that has no synapse onto itself gets none
        self.read()
        self.add_rules()
        self.state, self.stream = plasticity.State(self.net, batch=ROOM, steps=STEPS), Stream()
        self.set_optimizer()
        self.set_temporal()

    def chance(self, p):
        return bool(self.rng.random() < p)

    def choose(self, *values):
        return values[int(self.rng.integers(len(values)))]

    def tell(self, *call):
        self.calls.append(" ".join(map(str, call)))

    # ---- what there is ----

    def add(self, kind, activation=None):
        rng, units = self.rng, int(self.rng.integers(2, 7))
        layer = Layer(kind, activation or self.choose("tanh", "sigmoid", "rectified_tanh", "linear"),
                      self.choose("voltage", "inside", "rate", "current"), self.choose(1.0, 0.5, 0.3),
                      self.chance(0.5), np.zeros(units, np.int32))
        if kind == "recurrent" and layer.activation == "linear":
            layer.activation = "tanh"  # what grows without end is nothing to compare
        bias, options = self.chance(0.7), {}
        if kind != "dense":
            options = {"recurrent_init": "lecun_normal", "learn_initial": layer.learns_initial,
                       "self_synapses": self.chance(0.7)}
        if kind != "gru":
            options["activation"] = layer.activation
        if kind == "recurrent":
            options.update(form=layer.form, alpha=layer.alpha)
        made = self.net.add(kind, units, bias=bias, **options)
        if kind == "recurrent":
            layer.types = rng.integers(0, rng.integers(1, units + 1), units).astype(np.int32)
            made.set_types(layer.types)
        names = "b" * bias + "c" * (bias and kind == "gru") + "i" * (kind != "dense")
        for name in names:
            length = units * (3 if kind == "gru" and name != "i" else 1)
            made.set_vector(VECTORS[name], rng.uniform(-0.4, 0.4, length).astype(np.float32))
        layer.parameters = dict.fromkeys(["U"] + ["W"] * (kind != "dense") + list(names))
        self.tell(kind, units, names, layer.activation, layer.form, layer.alpha, options)
        return layer

    def add_rules(self):
        for i, layer in enumerate(self.oracle.layers):
            for name in GROUPS.keys() & layer.parameters.keys():
                if self.chance(0.25):
                    rule = self.choose(*RULES), float(self.rng.uniform(0.001, 0.02))
                    self.oracle.rules[i, name] = rule
                    self.net.layers[i].synapses(GROUPS[name]).add_rule(rule[0], rate=rule[1])
                    self.tell("rule", i, name, rule)
            if self.has_grapes() and layer is not self.oracle.layers[-1] and layer.kind != "gru" and self.chance(0.3):
                self.oracle.grapes[i] = {name: int(self.rng.integers(most + 1)) for name, most in
                                         {"local": 1, "unclipped": 1, "control": 2}.items()}
                self.net.add_rule(i, "grapes", **self.oracle.grapes[i])
                self.tell("grapes", i, self.oracle.grapes[i])

    @staticmethod
    def has_grapes():
        return "grapes" in plasticity.Rule.names()  # a build may leave it out

    def get(self, i, name):
        layer = self.net.layers[i]
        if name in GROUPS:
            return layer.synapses(GROUPS[name]).get_weights().astype(float)
        return layer.get_vector(VECTORS[name]).astype(float).ravel()

    def read(self):
        """The oracle goes on from the library's numbers."""
        for i, layer in enumerate(self.oracle.layers):
            layer.parameters = {name: self.get(i, name) for name in layer.parameters}
        self.read_feedback()

    def read_feedback(self):
        o = self.oracle
        o.B = {i: self.net.layers[i].synapses("feedback").get_weights().astype(float)
               for i in range(len(o.layers) - 1) if o.feedback not in ("backprop", "usf")}

    # ---- calls ----

    def set_temporal(self):
        gated = any(layer.kind == "gru" for layer in self.oracle.layers)
        name = self.choose("bptt", "eprop", "eprop", *([] if gated else ["mdgl", "modprop"]))
        settings = {"bptt": {"truncation": int(self.rng.integers(4))}, "eprop": {"self": int(self.rng.integers(2))},
                    "mdgl": {}, "modprop": {"mu": float(self.rng.uniform(0, 0.5)), "unstable": 1}}[name]
        self.net.set_temporal(name, **settings)
        self.oracle.scheme, self.oracle.settings, self.stream.traces = name, settings, None
        self.tell("temporal", name, settings)

    def set_feedback(self):
        name = self.choose("backprop", "fa", "usf", "kolen_pollack", "dfa")
        if name == "dfa" and any(not settings["local"] for settings in self.oracle.grapes.values()):
            name = "fa"
        self.oracle.feedback, self.oracle.decay = name, 0.05
        self.net.set_feedback(name, **({"decay": 0.05} if name == "kolen_pollack" else {}))
        self.read_feedback()
        self.tell("feedback", name)

    def set_optimizer(self):
        name = self.choose("sgd", "momentum", "adam")
        settings = {"rate": {"sgd": 0.1, "momentum": 0.02, "adam": 0.01}[name],
                    "clip_norm": self.choose(0.0, 0.02, 0.3)}
        if name == "adam":
            settings["epsilon"] = 1e-4  # what is 0 but for rounding stays small
        self.net.set_optimizer(name, **settings)
        self.oracle.set_optimizer(name, **settings)
        self.tell(name, settings)

    def change_group(self):
        i = int(self.rng.integers(len(self.oracle.layers)))
        layer = self.oracle.layers[i]
        key = i, self.choose(*sorted(GROUPS.keys() & layer.parameters.keys()))
        group, w = self.net.layers[i].synapses(GROUPS[key[1]]), layer.parameters[key[1]]
        what = self.choose("mask", "sign", "frozen")
        if what == "mask":
            self.oracle.masks[key] = (self.rng.random(w.shape) < 0.7) * self.possible.get(key, 1.0)
            group.set_mask(self.oracle.masks[key])
        elif what == "sign":
            self.oracle.signs[key] = self.rng.integers(-1, 2, w.shape[1]).astype(float)
            group.set_sign(self.oracle.signs[key])
        else:
            group.frozen = key not in self.oracle.frozen
            self.oracle.frozen ^= {key}
        layer.parameters[key[1]] = self.oracle.allowed(key, w)
        self.read_feedback()
        self.tell(what, key)

    def reset_stream(self):
        self.state.reset()
        self.stream = Stream()
        self.tell("reset the stream")

    def reset_network(self):
        self.net.reset(int(self.rng.integers(1000)))
        self.read()
        self.oracle.moments, self.oracle.updates = {}, 0
        self.tell("reset the network")

    def draw(self):
        """(inputs, targets, mask, carry)"""
        rng, carry = self.rng, self.chance(0.5)
        steps, live = int(rng.integers(1, STEPS + 1)), self.state.sequences
        sequences = live if carry and live else int(rng.integers(1, ROOM + 1 if carry else 2 * ROOM + 1))
        outputs = self.net.outputs
        targets = rng.uniform(0, 1, (steps, sequences, outputs))
        if self.labelled:
            targets = np.where(self.chance(0.5) | (rng.random((steps, sequences)) < 0.3),
                               rng.integers(0, outputs, (steps, sequences)), -1)
        mask = None if self.chance(0.5) else rng.uniform(0.5, 2, (steps, sequences)) * rng.integers(0, 2, (steps, 1))
        return rng.uniform(-1, 1, (steps, sequences, self.inputs)), targets, mask, carry

    def look(self, tolerance):
        """Runs or evaluates."""
        x, targets, mask, carry = self.draw()
        fresh = not carry or self.stream.states is None
        start = self.oracle.start(x.shape[1]) if fresh else self.stream.states
        tapes, states = self.oracle.run(x, start)
        if self.chance(0.5):
            answers = self.net.run(x, carry=carry, state=self.state)
            np.testing.assert_allclose(answers, tapes[-1]["read"], rtol=0, atol=tolerance)
        else:
            report = self.net.evaluate(x, targets, loss_mask=mask, carry=carry, state=self.state)
            loss, weight, losses = self.oracle.errors(tapes[-1], targets, mask)[1]
            assert report.losses == losses
            assert report.loss == pytest.approx(loss / weight if weight else 0.0, rel=tolerance, abs=tolerance)
        left = self.state.sequences  # of the last of those that went through together
        self.stream = Stream([s if s is None else s[-left:] for s in states])
        self.tell("look at", x.shape, "carry", carry)

    def learn(self, tolerance):
        x, targets, mask, carry = self.draw()
        if self.chance(0.1):
            targets, mask = None, None
        options = {"batch": int(self.rng.integers(1, ROOM + 1)), "update_every": self.choose(None, 1, 1, 2, 3),
                   "carry": carry}
        self.tell("learn", x.shape, options, targets is not None, mask is not None)
        report = self.net.learn(x, targets, loss_mask=mask, state=self.state, **options)
        loss = self.oracle.learn(self.stream, x, targets, mask, **options)
        assert report.loss == pytest.approx(loss, rel=tolerance, abs=tolerance)

    def compare(self, tolerance):
        for i, layer in enumerate(self.oracle.layers):
            for name, expected in layer.parameters.items():
                np.testing.assert_allclose(self.get(i, name), expected, rtol=0, err_msg=f"layer {i}, {name}",
                                           atol=tolerance * (1 + abs(expected).max()))
            if layer.kind != "dense" and self.stream.states is not None:
                np.testing.assert_allclose(self.state.get_carried(i), self.stream.states[i], rtol=0, atol=tolerance)
        for i, expected in self.oracle.B.items():
            found = self.net.layers[i].synapses("feedback").get_weights()
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance, err_msg=f"feedback of layer {i}")

    def go(self, calls, tolerance):
        chances = {self.set_temporal: 0.1, self.set_feedback: 0.15, self.set_optimizer: 0.08, self.reset_stream: 0.05,
                   self.reset_network: 0.04, self.change_group: 0.2}
        for _ in range(calls):
            for call, p in chances.items():
                if self.chance(p):
                    call()
            (self.look if self.chance(0.2) else self.learn)(tolerance)
            self.compare(tolerance)
            self.read()  # rounding does not pile up


# Sums of some hundred products of order one; float32's errors grow through steps and Adam's quotients.
@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-9), ("float32", 5e-3)])
@pytest.mark.parametrize("kinds", [["recurrent", "recurrent", "dense"], ["gru", "recurrent", "dense"]])
@pytest.mark.parametrize("seed", range(25))
def test_random_calls(seed, kinds, dtype, tolerance):
    fuzz = Fuzz(seed, kinds, dtype)
    try:
        fuzz.go(8, tolerance)
    except AssertionError as failure:
        raise AssertionError("\n".join([*fuzz.calls, str(failure)])) from None
