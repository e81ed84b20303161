# SPDX-License-Identifier: MIT
"""Networks in threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import plasticity


def test_two_networks_in_two_threads(data, make):
    """They meet inside the library: each waits in its callback for the other."""
    meeting = threading.Barrier(2, timeout=60)

    def learn(seed):
        net = make(seed=seed)
        net.learn(*data, progress=lambda report: meeting.wait(), progress_every=20)
        return net.layers[0].synapses().get_weights()

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(learn, (1, 2)))
    for seed, weights in zip((1, 2), together):
        alone = make(seed=seed)
        alone.learn(*data)
        np.testing.assert_array_equal(weights, alone.layers[0].weights)


def test_python_runs_during_a_call(data, make):
    """The call lets other threads run: one of them ends it."""
    x, y = data
    begun, done = threading.Event(), threading.Event()

    def watch(report):
        begun.set()
        if done.is_set():
            raise plasticity.Stop

    threading.Thread(target=lambda: (begun.wait(), done.set())).start()
    report = make().learn(x, y, order=np.resize(np.arange(200), 10**7), progress=watch, progress_every=1)
    assert report.stopped


def test_one_network_in_several_threads(data, make):
    """Every thread with a state of its own; errors stay in their threads."""
    x, _ = data
    net = make()
    net.prepare()
    expected = net.run(x)

    def run(i):
        state = plasticity.State(net)
        for _ in range(50):
            if i % 2:
                with pytest.raises(plasticity.InvalidError, match=f"inputs has {i} columns"):
                    net.run(x[:, :i], state=state)
            else:
                np.testing.assert_array_equal(net.run(x, state=state), expected)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(1, 9)))


@pytest.mark.parametrize("own_state", [False, True])
def test_calls_on_one_context_wait(data, make, own_state):
    """Another thread's call begins when the call that learns has ended."""
    context = plasticity.Context()
    net, rule = make(context=context), plasticity.Rule("oja", rate=1, context=context)
    events = []

    def others():
        events.append(net.optimizer.rate + rule.rate)

    def begin(report):
        thread.start()
        thread.join(0.2)
        events.append("learned")

    thread = threading.Thread(target=others)
    net.learn(*data, progress=begin, progress_every=200, state=plasticity.State(net) if own_state else None)
    thread.join()
    assert events == ["learned", 1.05]


def test_one_network_learns_in_several_threads(data, make):
    """Call by call, so every update is whole."""
    net = make()

    def learn(_):
        return net.learn(*data).samples

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(learn, range(20))) == [200] * 20
    alone = make()
    for _ in range(20):
        alone.learn(*data)
    np.testing.assert_array_equal(net.layers[0].weights, alone.layers[0].weights)
