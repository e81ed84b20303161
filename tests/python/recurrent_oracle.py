# SPDX-License-Identifier: MIT
"""Networks with recurrent layers in plain NumPy, from the equations of the headers alone: every cell is written as a
state whose steps have a decay and gains, so that one backward recursion and one eligibility serve all of them."""

from dataclasses import dataclass, field

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ACTIVATIONS = {
    "linear": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z)**2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "rectified_tanh": (lambda z: np.maximum(np.tanh(z), 0), lambda z: (z > 0) * (1 - np.tanh(z)**2)),
    "softmax": (softmax, np.ones_like),  # the signal of cross-entropy is taken by the potential
}


@dataclass
class Layer:
    """U and W, bias b, of "gru" the recurrent bias c, initial state i. What there is not is missing."""
    kind: str
    activation: str = "tanh"
    form: str = "voltage"
    alpha: float = 1.0
    learns_initial: bool = False
    types: np.ndarray = None
    parameters: dict = field(default_factory=dict)

    def net(self, x, before):
        """Net inputs by U and by W, each with its bias."""
        p = self.parameters
        return x @ p["U"].T + p.get("b", 0), 0 if self.kind == "dense" else before @ p["W"].T + p.get("c", 0)

    def seen(self, state):
        """(what the recurrent synapses see of a state, its slope)"""
        f, slope = ACTIVATIONS[self.activation]
        if self.kind == "recurrent" and self.form in ("voltage", "current"):
            return f(state), slope(state)
        return state, np.ones_like(state)

    def step(self, x, state):
        """The next state and all that is local to it: `state` changes by decay with the state before, by gain_x with
        the net input of U and by gain_h with that of W; `read` by `slope` with the state. `post` is what rules see."""
        before, before_slope = (None, None) if state is None else self.seen(state)
        by_u, by_w = self.net(x, before)
        f, slope = ACTIVATIONS[self.activation]
        a, n = self.alpha, by_u + by_w if self.kind != "gru" else None
        now = {"x": x, "before": before, "before_slope": before_slope}
        if self.kind == "dense":
            return now | {"state": None, "read": f(n), "slope": np.ones_like(n), "gain_x": slope(n), "post": f(n)}
        if self.kind == "gru":
            (xr, xz, xn), (hr, hz, hn) = np.split(by_u, 3, -1), np.split(by_w, 3, -1)
            r, z = sigmoid(xr + hr), sigmoid(xz + hz)
            c = np.tanh(xn + r * hn)
            by_c = (1 - z) * (1 - c**2)
            gains = [by_c * hn * r * (1 - r), (state - c) * z * (1 - z), by_c]
            new = (1 - z) * c + z * state
            return now | {"state": new, "read": new, "slope": np.ones_like(new), "decay": z,
                          "gain_x": np.concatenate(gains, -1), "gain_h": np.concatenate([*gains[:2], by_c * r], -1),
                          "post": np.concatenate([r, z, c], -1)}
        if self.form == "rate":
            new, decay, gain = (1 - a) * state + a * f(n), np.full_like(n, 1 - a), a * slope(n)
        elif self.form == "inside":
            z = (1 - a) * state + a * n
            new, decay, gain = f(z), (1 - a) * slope(z), a * slope(z)
        else:
            new, decay, gain = (1 - a) * state + a * n, np.full_like(n, 1 - a), np.full_like(n, a)
        post, read_slope = self.seen(new)
        read, read_slope = (new, np.ones_like(new)) if self.form == "current" else (post, read_slope)
        return now | {"state": new, "read": read, "slope": read_slope, "decay": decay, "gain_x": gain, "gain_h": gain,
                      "post": post}

    def averaged(self):
        """W with the mean of its block of cell types in the place of each weight."""
        one = np.eye(int(self.types.max()) + 1)[self.types]
        count = np.maximum(one.sum(0), 1)
        means = one.T @ self.parameters["W"] @ one / np.outer(count, count)
        return one @ means @ one.T

    def diagonal(self):
        """Weights of units onto themselves, gate by gate."""
        return [np.diag(w) for w in np.split(self.parameters["W"], len(self.parameters["U"]) // self.units)]

    @property
    def units(self):
        return len(self.parameters["i"]) if self.kind != "dense" else len(self.parameters["U"])


def blocks(layer, array):
    """One number for each unit, for each of the rows of its weights."""
    return np.concatenate([array] * (len(layer.parameters["U"]) // layer.units), -1)


@dataclass
class Stream:
    """What a state carries."""
    states: list = None
    traces: list = None


class Oracle:
    def __init__(self, layers, loss):
        self.layers, self.loss = layers, loss
        self.scheme, self.settings = "bptt", {}
        self.feedback, self.decay, self.B = "backprop", 0.0, {}
        self.masks, self.signs, self.frozen, self.rules, self.grapes = {}, {}, set(), {}, {}
        self.set_optimizer("sgd")

    def set_optimizer(self, name, **settings):
        self.optimizer, self.optimizer_settings, self.moments, self.updates = name, settings, {}, 0

    # ---- forward ----

    def start(self, sequences):
        return [None if one.kind == "dense" else np.tile(one.parameters["i"], (sequences, 1)) for one in self.layers]

    def run(self, x, states):
        """Steps of every layer, and the states afterwards."""
        tapes, states = [[] for _ in self.layers], list(states)
        for row in x:
            for i, layer in enumerate(self.layers):
                tapes[i].append(layer.step(row, states[i]))
                states[i], row = tapes[i][-1]["state"], tapes[i][-1]["read"]
        return [{key: None if steps[0].get(key) is None else np.stack([s[key] for s in steps]) for key in steps[0]}
                for steps in tapes], states

    def errors(self, tape, targets, mask):
        """Signals at the outputs, (sum of losses, of weights, steps with a loss)."""
        y, weight = tape["read"], np.ones(tape["read"].shape[:2]) if mask is None else mask.astype(float)
        if targets.ndim == 2:
            weight, targets = weight * (targets >= 0), np.eye(y.shape[2])[np.maximum(targets, 0)]
        if self.loss == "cross_entropy":
            loss = -(targets * np.log(np.maximum(y, 1e-300))).sum(-1)
        else:
            loss = ((y - targets)**2).sum(-1) / 2
        signal = weight[..., None] * (y - targets) * tape["gain_x"]
        return signal, ((weight * loss).sum(), weight.sum(), int((weight > 0).sum()))

    # ---- credit ----

    def descend(self, layer, signal, top):
        above = self.layers[layer + 1].parameters["U"]
        if self.feedback == "backprop":
            return signal @ above
        if self.feedback == "usf":
            return signal @ (np.sign(above) / np.sqrt(above.shape[1]))
        return (top if self.feedback == "dfa" else signal) @ self.B[layer].T

    def factor(self, layer):
        p, settings = self.layers[layer].parameters, self.grapes[layer]
        sums = sum(np.abs(p[name]).sum(1) for name in "UW" if name in p)
        factor = 2 * sums / sums.max() if sums.max() > 0 else np.ones_like(sums)
        factor = factor if settings["unclipped"] else np.maximum(factor, 1)
        return np.full_like(factor, factor.mean()) if settings["control"] else factor

    def gradients(self, tapes, top, fresh, traces):
        """Summed over steps and sequences, and by what the steps of each layer and of its initial state are
        multiplied; traces move on in place."""
        out, shares, share = {}, {}, 1.0
        self.collect(len(self.layers) - 1, tapes[-1], top, out)
        signal = top
        for i in reversed(range(len(self.layers) - 1)):
            arrived = self.descend(i, signal, top)
            factor, own, local = 1.0, 1.0, True
            if i in self.grapes:
                factor, local = self.factor(i), self.grapes[i]["local"]
                own, factor = (factor[0], 1.0) if self.grapes[i]["control"] == 2 else (1.0, factor)
            arrived, factor = (arrived, factor) if local else (arrived * factor, 1.0)
            shares[i], shares[i, "i"] = share * own, share if local else share * own
            share = share if local else share * own
            signal = self.back(i, tapes[i], arrived, factor, fresh, traces, out)
        return out, shares

    def collect(self, i, tape, by_x, out, factor=1.0, by_h=None):
        parameters = self.layers[i].parameters
        for error, weights, bias, pre in (by_x, "U", "b", "x"), (by_h, "W", "c", "before"):
            if error is not None:
                out[i, weights] = np.einsum("tbi,tbj->ij", error * factor, tape[pre])
                if bias in parameters:
                    out[i, bias] = (error * factor).sum((0, 1))

    def back(self, i, tape, arrived, factor, fresh, traces, out):
        """The layer's gradients, and the signal that goes below it."""
        layer = self.layers[i]
        by_state = arrived * tape["slope"]
        instant = blocks(layer, by_state) * tape["gain_x"]
        if layer.kind == "dense":
            self.collect(i, tape, instant, out, factor)
            return instant
        if self.scheme == "eprop":
            self.forwards(i, tape, by_state, factor, traces, out)
            return instant
        c = np.zeros_like(by_state[0])
        credit, truncation = np.zeros_like(by_state), self.settings.get("truncation", 0)
        for t in reversed(range(-1, len(by_state))):
            left = len(by_state) - 1 - t
            if left == 0 or t >= 0 and truncation and left % truncation == 0:
                c = np.zeros_like(c)
            else:
                c = tape["decay"][t + 1] * c + self.through_synapses(layer, tape, t + 1, c, by_state)
            if t >= 0:
                c = c + by_state[t]
                credit[t] = c
        out[i, "i"] = c.sum(0) * fresh
        by_x, by_h = blocks(layer, credit) * tape["gain_x"], blocks(layer, credit) * tape["gain_h"]
        self.collect(i, tape, by_x, out, factor, by_h)
        return by_x if self.scheme == "bptt" else instant

    def through_synapses(self, layer, tape, t, c, by_state):
        """What reaches the state before step t through W, c being the error of the state at t."""
        if self.scheme == "modprop":
            return layer.alpha * self.settings["mu"] * (c @ layer.averaged())
        weights = layer.parameters["W"] if self.scheme == "bptt" else layer.averaged()
        error = c if self.scheme == "bptt" else by_state[t]
        return tape["before_slope"][t] * ((blocks(layer, error) * tape["gain_h"][t]) @ weights)

    def forwards(self, i, tape, by_state, factor, traces, out):
        """Every parameter's own eligibility, sequence by sequence."""
        layer, e = self.layers[i], traces[i]
        found = {name: np.zeros_like(p) for name, p in layer.parameters.items()}
        for t in range(len(by_state)):
            decay = tape["decay"][t].copy()
            if self.settings.get("self"):
                gains = np.split(tape["gain_h"][t], len(layer.parameters["U"]) // layer.units, -1)
                decay += sum(g * w for g, w in zip(gains, layer.diagonal())) * tape["before_slope"][t]
            for name in e:
                kept = decay if name == "i" else blocks(layer, decay)
                signal = by_state[t] if name == "i" else blocks(layer, by_state[t])
                gain, pre = {"U": ("gain_x", "x"), "W": ("gain_h", "before"), "b": ("gain_x", None),
                             "c": ("gain_h", None), "i": (None, None)}[name]
                gain = 0 if gain is None else tape[gain][t]
                if pre is not None:
                    kept, signal = kept[..., None], signal[..., None]
                    gain = gain[..., None] * tape[pre][t][:, None, :]
                e[name] = kept * e[name] + gain
                found[name] += (signal * e[name]).sum(0)
        for name, gradient in found.items():
            scale = 1.0 if name == "i" or not np.ndim(factor) else factor[:, None] if gradient.ndim == 2 else factor
            out[i, name] = gradient * scale

    def no_traces(self, sequences, fresh):
        return [{name: np.full((sequences, *p.shape), float(name == "i" and fresh)) for name, p in
                 layer.parameters.items()} if layer.kind != "dense" else None for layer in self.layers]

    # ---- updates ----

    def learns(self, i, name):
        return (i, name) not in self.frozen and (name != "i" or self.layers[i].learns_initial)

    def steps(self, gradients, shares):
        """What the optimizer adds to each parameter."""
        s, out = self.optimizer_settings, {}
        gradients = {key: g for key, g in gradients.items() if self.learns(*key)}
        norm = np.sqrt(sum(((g * self.masks.get(key, 1))**2).sum() for key, g in gradients.items()))
        scale = s["clip_norm"] / norm if s.get("clip_norm") and norm > s["clip_norm"] else 1.0
        self.updates += 1
        for key, g in gradients.items():
            g = g * scale
            m = self.moments.setdefault(key, [np.zeros_like(g), np.zeros_like(g)])
            if self.optimizer == "momentum":
                g = m[0] = 0.9 * m[0] + g
            if self.optimizer == "adam":
                m[0], m[1] = 0.9 * m[0] + 0.1 * g, 0.999 * m[1] + 0.001 * g * g
                g = m[0] / (1 - 0.9**self.updates) / (np.sqrt(m[1] / (1 - 0.999**self.updates)) + s["epsilon"])
            out[key] = -s["rate"] * g * shares.get((key[0], "i") if key[1] == "i" else key[0], 1.0)
        return out

    def rule(self, key, tape):
        """(factor of each row, what is added)"""
        name, rate = self.rules[key]
        w, pre = self.layers[key[0]].parameters[key[1]], tape["x" if key[1] == "U" else "before"]
        y, x = tape["post"].reshape(-1, len(w)), pre.reshape(-1, w.shape[1])
        hebb, gram = rate * y.T @ x / len(y), rate * y.T @ y / len(y)
        return {"hebb": (1.0, hebb), "oja": (1.0, hebb - gram @ w), "gha": (1.0, hebb - np.tril(gram) @ w),
                "oja_neuron": (1 - np.diag(gram)[:, None], hebb), "decay": (1 - rate, 0.0),
                "decorrelation": (1 + rate, -gram @ w)}[name]

    def allowed(self, key, w):
        signs = self.signs.get(key, np.zeros(w.shape[1]))
        w = np.where((signs > 0) & (w < 0) | (signs < 0) & (w > 0), 0, w)
        return w * self.masks.get(key, 1)

    def update(self, tapes, gradients, shares):
        steps = self.steps(gradients, shares) if gradients is not None else {}
        changes = {key: self.rule(key, tapes[key[0]]) for key in self.rules if self.learns(*key)}
        for i, layer in enumerate(self.layers):
            for name in layer.parameters:
                if not self.learns(i, name):
                    continue
                factor, added = changes.get((i, name), (1.0, 0.0))
                added = added + steps.get((i, name), 0.0)
                follows = self.feedback == "kolen_pollack" and name == "U" and i > 0
                factor = factor - self.decay * (follows and gradients is not None)
                layer.parameters[name] = factor * layer.parameters[name] + added
                if follows:
                    self.B[i - 1] = self.allowed((i, "U"), factor * self.B[i - 1].T + added).T
                if name in "UW":
                    layer.parameters[name] = self.allowed((i, name), layer.parameters[name])

    def learn(self, stream, x, targets, mask=None, batch=1, update_every=None, carry=False):
        """Mean loss."""
        steps, count = x.shape[:2]
        every, batch = min(update_every or steps, steps), count if carry else batch
        total = np.zeros(3)
        for first in range(0, count, batch):
            some = slice(first, min(first + batch, count))
            for t in range(0, steps, every):
                if t == 0 and not carry:
                    stream.states = None
                total += self.learn_window(stream, (x[t:t + every, some], *(
                    None if a is None else a[t:t + every, some] for a in (targets, mask))), every < steps or carry)
        return total[0] / total[1] if total[1] else 0.0

    def learn_window(self, stream, window, tracing):
        x, targets, mask = window
        fresh = stream.states is None
        tapes, after = self.run(x, self.start(x.shape[1]) if fresh else stream.states)
        traces = stream.traces
        if fresh or traces is None or self.scheme != "eprop":
            traces = self.no_traces(x.shape[1], fresh)
        signal, sums = np.zeros_like(tapes[-1]["read"]), (0.0, 0.0, 0)
        if targets is not None:
            signal, sums = self.errors(tapes[-1], targets, mask)
        gradients, shares = self.gradients(tapes, signal, fresh, traces)
        losses = sums[2]
        self.update(tapes, {key: g / losses for key, g in gradients.items()} if losses else None, shares)
        stream.states, stream.traces = after, traces if tracing and self.scheme == "eprop" else None
        return np.array(sums)
