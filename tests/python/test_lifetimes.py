# SPDX-License-Identifier: MIT
"""Closing in any order is safe, and a C object goes when nothing can reach it any more: creations and destructions are
counted where the package calls the library."""

import contextlib
import gc
import itertools

import numpy as np
import pytest

import plasticity
from plasticity import _objects


@pytest.fixture
def destroyed(monkeypatch):
    """Names of the functions that destroyed something, in order."""
    calls = []

    def destroy(function, pointer, parents):
        calls.append(function.__name__.replace("plast_", "").replace("_destroy", ""))
        function(pointer)

    gc.collect()
    monkeypatch.setattr(_objects, "_destroy", destroy)
    return calls


def test_all_orders_of_closing(destroyed):
    names = ("context", "network", "state", "rule")
    for order in itertools.permutations(names):
        context = plasticity.Context()
        net = plasticity.Network(3, context=context)
        net.add("dense", 2)
        made = {"context": context, "network": net, "state": plasticity.State(net, context=context),
                "rule": plasticity.Rule("oja", context=context)}
        del context, net
        for name in order:
            made[name].close()
            made[name].close()
        assert sorted(destroyed) == sorted(names)
        assert destroyed.index("state") < destroyed.index("network") < destroyed.index("context")
        assert destroyed[-1] == "context"
        destroyed.clear()


def test_with_blocks(destroyed):
    with plasticity.Network(3) as net, plasticity.Rule("oja", rate=1) as rule:
        net.add("dense", 2)
        with plasticity.State(net):
            pass
        assert destroyed == ["state", "context"]
    assert sorted(destroyed[2:]) == ["context", "context", "network", "rule"]
    assert net.closed and rule.closed


def test_an_array_keeps_its_memory(destroyed):
    net = plasticity.Network(3)
    net.add("dense", 2)
    state = plasticity.State(net)
    out = net.run(np.ones((4, 3)), state=state)
    weights, activity = net.layers[0].weights, state.view("activity")
    copy = weights.copy()
    net.close(), state.close()
    part = weights[1:]
    del net, state, weights
    gc.collect()
    assert destroyed == []
    np.testing.assert_array_equal(part, copy[1:])
    np.testing.assert_array_equal(activity, out)
    del activity
    assert destroyed == ["state", "context"]  # the state's own context
    del part
    assert destroyed[2:] == ["network", "context"]


def test_garbage_in_circles(destroyed):
    """The collector finds all of these at once; parents still go last."""
    for _ in range(20):
        net = plasticity.Network(3)
        net.add("dense", 2)
        circle = [net, plasticity.State(net), net.layers]
        circle.append(circle)
        del net, circle
        gc.collect()
        assert sorted(destroyed) == ["context", "context", "network", "state"]
        assert destroyed.index("state") < destroyed.index("network")
        assert destroyed[-1] == "context"
        destroyed.clear()


def test_exceptions_keep_nothing(destroyed, data, make):
    """What a callback raised lets the network go as soon as it was handled, without the collector."""
    def fail(report):
        raise LookupError

    def act():
        with contextlib.suppress(LookupError):
            make().learn(*data, progress=fail, progress_every=1)

    gc.disable()
    try:
        act()
        assert destroyed.count("network") == 1
    finally:
        gc.enable()


def test_failures_leave_nothing(destroyed):
    for act in (lambda: plasticity.Network(0), lambda: plasticity.Rule("ojo"), lambda: plasticity.Rule("oja", rate=-1),
                lambda: plasticity.State(plasticity.Network(3))):
        with pytest.raises(plasticity.Error):
            act()
    gc.collect()
    assert sorted(destroyed) == ["context"] * 5 + ["network", "rule"]


def test_use_after_close(data, make):
    net = make()
    layer, synapses, oja, optimizer = net.layers[0], net.layers[0].synapses(), net.rule(0, "oja"), net.optimizer
    state = plasticity.State(net)
    net.run(data[0], state=state)
    rule, context = plasticity.Rule("oja", rate=1), plasticity.Context()
    for one in net, rule, context:
        one.close()
    for use in (lambda: net.learn(*data), lambda: net.run(data[0]), lambda: net.evaluate(*data), lambda: net.layers,
                lambda: net.prepare(), lambda: net.reset(1), lambda: net.add("dense", 2), lambda: layer.units,
                lambda: layer.weights, lambda: layer.get_bias(), lambda: synapses.get_weights(),
                lambda: synapses.shape, lambda: oja.rate, lambda: setattr(optimizer, "rate", 1),
                lambda: setattr(layer, "frozen", True), lambda: plasticity.State(net),
                lambda: net.run(data[0], state=state), lambda: state.view("activity"), net.__enter__):
        with pytest.raises(plasticity.StateError, match="the network is closed"):
            use()
    with pytest.raises(plasticity.StateError, match="the rule is closed"):
        rule.rate
    with pytest.raises(plasticity.StateError, match="the rule is closed"):
        make(rule=False).add_rule("all", rule)
    with pytest.raises(plasticity.StateError, match="the context is closed"):
        context.cpu_level
    with pytest.raises(plasticity.StateError, match="the context is closed"):
        plasticity.Network(3, context=context)
    state.close()
    with pytest.raises(plasticity.StateError, match="the state is closed"):
        make().run(data[0], state=state)
    assert "closed" in repr(net) and "closed" in repr(rule) and "closed" in repr(context) and "closed" in repr(state)
    assert "Layer 0" in repr(layer)
