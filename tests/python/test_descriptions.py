# SPDX-License-Identifier: MIT
"""Rules, optimizers and feedback schemes, alone; rules and optimizers attached."""

import math
import pydoc

import numpy as np
import pytest

import plasticity
from plasticity import Feedback, Optimizer, Rule


def test_names_are_the_librarys():
    assert {"decay", "gha", "oja"} <= set(Rule.names())
    assert {"adam", "sgd"} <= set(Optimizer.names())
    assert {"backprop", "fa", "circuit"} <= set(Feedback.names())
    for kind in Rule, Optimizer, Feedback:
        for name in kind.names():
            made = kind(name)
            assert made.name == name and isinstance(made, kind) and (made.parameters or name == "backprop")
            assert type(made) is type(kind(name))


def test_parameters_by_attribute_and_item():
    rule = Rule("oja", rate=3e-3)
    assert rule.rate == rule["rate"] == 3e-3 and rule.guard == 0
    rule.rate = 1
    rule["guard"] = 0.5
    assert dict(rule) == {"rate": 1, "guard": 0.5}
    assert list(rule) == ["rate", "guard"] and "rate" in rule and "beta1" not in rule
    assert repr(rule) == "Rule('oja', rate=1, guard=0.5)"


def test_parameters_describe_themselves():
    rate = Rule("oja").parameters["rate"]
    assert rate.default is None and rate.range == "[0, inf)" and "learning rate" in rate.help and rate.unit == "1"
    assert rate.maximum == math.inf
    beta = Optimizer("adam").parameters["beta1"]
    assert beta.default == 0.9 and beta.range == "[0, 1)"
    assert Optimizer("adam").parameters["epsilon"].range == "(0, inf)"
    gate, rate, gain = (Feedback("circuit").parameters[name] for name in ("gate", "rate_b", "gain"))
    assert gate.whole and gate.shapes and ", whole, " in str(gate) and ", fixed once attached, " in str(gate)
    assert not rate.whole and not rate.shapes and "fixed" not in str(rate) and "whole" not in str(rate)
    assert gain.shapes and not gain.whole


def test_help_shows_the_librarys_text():
    text = pydoc.plain(pydoc.render_doc(Rule("oja")))
    for parameter in Rule("oja").parameters.values():
        assert text.count(parameter.help) >= 2  # of the class and of the property
    assert "rate" in dir(Rule("oja")) and "guard" not in dir(Rule("gha"))


@pytest.mark.parametrize("act, kind, words", [
    (lambda: Rule("ojo"), plasticity.UnknownError, 'no rule is named "ojo", there are: '),
    (lambda: Optimizer("oja"), plasticity.UnknownError, 'no optimizer is named "oja"'),
    (lambda: Feedback("bp"), plasticity.UnknownError, 'no feedback is named "bp", there are: '),
    (lambda: Feedback("circuit", gate=1.5), plasticity.RangeError, "gate is 1.5, expected a whole number"),
    (lambda: Feedback("kolen_pollack").decay, plasticity.StateError, "decay has no default and was never set"),
    (lambda: Rule("oja", speed=1), plasticity.UnknownError, 'has no parameter "speed", it has: rate, guard'),
    (lambda: setattr(Rule("oja"), "speed", 1), plasticity.UnknownError, 'has no parameter "speed"'),
    (lambda: Rule("oja")["speed"], plasticity.UnknownError, 'has no parameter "speed"'),
    (lambda: Rule("oja", rate=-1), plasticity.RangeError, "rate is -1, expected [0, inf)"),
    (lambda: Optimizer("adam", rate=1, beta1=1), plasticity.RangeError, "beta1 is 1, expected [0, 1)"),
    (lambda: Rule("oja").rate, plasticity.StateError, "rate has no default and was never set"),
])
def test_mistakes(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value)


@pytest.mark.parametrize("act", [lambda: Rule(3), lambda: Rule("oja", rate="fast"), lambda: Rule("oja", rate=None),
                                 lambda: Rule("oja")[0]])
def test_wrong_types(act):
    with pytest.raises(TypeError, match="expected"):
        act()


def test_an_attached_rule_is_a_copy(make):
    net, rule = make(rule=False), Rule("oja", rate=1e-3)
    attached = net.add_rule("hidden", rule)
    rule.rate = 5
    rule.close()
    assert attached.rate == net.rule(1, "oja").rate == 1e-3
    attached.rate = 2e-3
    assert net.rule(0, "oja")["rate"] == net.rule(1, "oja")["rate"] == 2e-3
    net.rule(1, "oja").rate = 3e-3
    assert net.rule(0, "oja").rate == 2e-3 and net.rule(net.layers[1], "oja").rate == 3e-3
    with pytest.raises(plasticity.UnknownError, match="not attached to layer 2"):
        net.rule(-1, "oja").rate
    with pytest.raises(plasticity.StateError, match="attached to layer 0 already"):
        net.add_rule("all", Rule("oja", rate=1))
    with pytest.raises(plasticity.UnknownError):
        attached.speed = 1


def test_what_a_rule_keeps(data, make):
    """bcm's threshold: theta += (y^2 - theta) / tau once per update."""
    net = make(rule=False, optimizer=None, dtype="float64")
    bcm = net.add_rule("hidden", Rule("bcm", rate=0, tau=4, start=0.5))
    threshold = bcm.view("threshold")
    address = threshold.ctypes.data
    assert threshold.shape == (16,) and not threshold.flags.writeable and (threshold == 0.5).all()
    expected, y = np.full(16, 0.5), np.log1p(np.exp(10 * (data[0] @ net.layers[0].weights.T))) / 10
    for row in y:
        expected += (row**2 - expected) / 4
    net.learn(data[0])
    np.testing.assert_allclose(threshold, expected, rtol=1e-10)
    assert bcm.view("threshold").ctypes.data == address and net.rule(1, "bcm").view("threshold").shape == (8,)
    net.reset(2)
    assert (threshold == 0.5).all() and threshold.ctypes.data == address
    oja = net.add_rule(0, Rule("oja", rate=0))
    for use in lambda: bcm.view("theta"), lambda: oja.view("threshold"), lambda: net.rule(2, "bcm").view("threshold"):
        with pytest.raises(plasticity.UnknownError, match="keeps no|not attached"):
            use()
    with pytest.raises(TypeError, match="quantity is 3, expected text"):
        bcm.view(3)
    net.close()
    with pytest.raises(plasticity.StateError, match="the network is closed"):
        bcm.view("threshold")
    assert (threshold == 0.5).all() and "gone" in repr(bcm)


def test_the_networks_optimizer(make):
    net = make(optimizer=None)
    assert net.optimizer is None
    optimizer = net.set_optimizer(Optimizer("adam", rate=1e-3))
    optimizer.rate *= 0.5
    assert net.optimizer.rate == 5e-4 and net.optimizer.beta2 == 0.999
    assert repr(optimizer).startswith("<attached 'adam': rate=0.0005, beta1=0.9, beta2=0.999, epsilon=1e-08, ")
    with pytest.raises(plasticity.RangeError):
        net.optimizer.beta1 = 1
    assert dict(net.set_optimizer("sgd", rate=0.5)) == dict(Optimizer("sgd", rate=0.5))
    assert net.add_rule("all", "oja_neuron", rate=2).rate == net.rule(2, "oja_neuron").rate == 2
    with pytest.raises(TypeError, match="parameters are rate, expected none beside Optimizer"):
        net.set_optimizer(Optimizer("sgd"), rate=1)
    with pytest.raises(plasticity.StateError, match="rate"):
        net.set_optimizer("adam")
    assert net.optimizer.name == "sgd" and net.optimizer.rate == 0.5
    for use in lambda: optimizer.rate, lambda: setattr(optimizer, "rate", 1):
        with pytest.raises(plasticity.StateError, match='optimizer is "sgd" now.*parameters of "adam"'):
            use()
    assert net.optimizer.rate == 0.5
    with pytest.raises(TypeError, match="expected an Optimizer"):
        net.set_optimizer(Rule("oja", rate=1))
    with pytest.raises(TypeError, match="expected a Rule"):
        net.add_rule("all", optimizer)
