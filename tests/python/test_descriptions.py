# SPDX-License-Identifier: MIT
"""Rules and optimizers, alone and attached."""

import math
import pydoc

import pytest

import plasticity
from plasticity import Optimizer, Rule


def test_names_are_the_librarys():
    assert {"decay", "gha", "oja"} <= set(Rule.names())
    assert {"adam", "sgd"} <= set(Optimizer.names())
    for kind in Rule, Optimizer:
        for name in kind.names():
            made = kind(name)
            assert made.name == name and isinstance(made, kind) and made.parameters
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


def test_help_shows_the_librarys_text():
    text = pydoc.plain(pydoc.render_doc(Rule("oja")))
    for parameter in Rule("oja").parameters.values():
        assert text.count(parameter.help) >= 2  # of the class and of the property
    assert "rate" in dir(Rule("oja")) and "guard" not in dir(Rule("gha"))


@pytest.mark.parametrize("act, kind, words", [
    (lambda: Rule("ojo"), plasticity.UnknownError, 'no rule is named "ojo", there are: '),
    (lambda: Optimizer("oja"), plasticity.UnknownError, 'no optimizer is named "oja"'),
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


def test_the_networks_optimizer(make):
    net = make(optimizer=None)
    assert net.optimizer is None
    optimizer = net.set_optimizer(Optimizer("adam", rate=1e-3))
    optimizer.rate *= 0.5
    assert net.optimizer.rate == 5e-4 and net.optimizer.beta2 == 0.999
    assert repr(optimizer) == "<attached 'adam': rate=0.0005, beta1=0.9, beta2=0.999, epsilon=1e-08>"
    with pytest.raises(plasticity.RangeError):
        net.optimizer.beta1 = 1
    with pytest.raises(TypeError, match="expected an Optimizer"):
        net.set_optimizer(Rule("oja", rate=1))
    with pytest.raises(TypeError, match="expected a Rule"):
        net.add_rule("all", optimizer)
