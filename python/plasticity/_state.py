# SPDX-License-Identifier: MIT
"""What belongs to a stream of samples, and what a call reports."""

import ctypes
import types
from typing import NamedTuple

import numpy as np

from . import _names, _structs
from ._arrays import array_of, matrix
from ._errors import USER
from ._library import lib
from ._objects import Handle, Object, context_of


class Report(NamedTuple):
    """What a call did, or has done so far.

    samples: processed; when learning: whose update was applied
    updates: applied
    losses: samples that carried a loss
    correct: of those, where the largest output is the target's largest (one output: both above 1/2 or both not)
    loss: mean of the losses, before each sample's own update
    stopped: a progress callback raised Stop
    """

    samples: int
    updates: int
    losses: int
    correct: int
    loss: float
    stopped: bool = False

    @property
    def accuracy(self):
        """correct / losses; NaN where there is no loss."""
        return self.correct / self.losses if self.losses else float("nan")


def report_of(info, stopped=False):
    return Report(info.samples, info.updates, info.losses, info.correct, info.loss, stopped)


class Stop(Exception):
    """Raised by a progress callback, it ends the call of learn, which then returns its report as usual."""


def _answers(function, raised):
    """The library's progress callback, see Progress."""
    try:
        so_far = yield
        while True:
            if function is not None:
                function(report_of(so_far.contents))
            so_far = yield 0
    except GeneratorExit:
        return
    except BaseException as exception:
        raised[0] = exception
    yield USER


class Progress:
    """A Python function as the library's callback: what it raises is kept and ends the call.

    A signal such as Ctrl-C may raise as soon as Python code is entered, and nothing may leave a callback. So the
    library calls a generator, which is entered inside its `try`."""

    _CALLBACK = _structs.PROGRESS(types.GeneratorType.send)

    def __init__(self, function):
        self._raised = [None]
        self._generator = _answers(function, self._raised)
        next(self._generator)

    def take(self):
        """What the function raised, if anything; it is not kept here, where its traceback would close a circle."""
        raised, self._raised[0] = self._raised[0], None
        return raised

    def watch(self, options, every):
        options.progress, options.user, options.progress_every = self._CALLBACK, self._generator, every


class State(Object):
    """What belongs to a stream: activities, signals, and what layers with a state carry from step to step. A network
    has one of its own, which calls use that are given none; make another to look inside, to run the network in another
    thread, or to follow a stream of sequences over several calls.

    batch: most samples or sequences at once: limit of learn's batch, block length of run and evaluate
    steps: most steps of each sequence in one update
    seed: of the noise of layers with a state, beside the network's
    context: takes the messages of calls that use this state; None: a new one, so that the state may be used in any
        thread
    """

    __slots__ = ("network", "batch", "steps", "seed")
    _what = "state"

    def __init__(self, network, batch=64, context=None, *, steps=1, seed=0):
        self._claim = None
        self.network = network
        self.batch, self.steps = _names.integer("batch", batch, 1), _names.integer("steps", steps, 1)
        self.seed = _names.integer("seed", seed, 0, 2**64 - 1)
        options = _structs.StateOptions(batch=self.batch, steps=self.steps, seed=self.seed)
        below = network._handle
        context = context_of(context)
        with below.lock:
            pointer = context.create(lib.plast_state_create, context.pointer, below.pointer, ctypes.byref(options))
        self._claim = Handle(pointer, lib.plast_state_destroy, context, below)

    def view(self, quantity, layer=-1):
        """The library's own memory, samples x units of a layer, read-only, without a copy, for the samples that the
        last call processed last. The numbers are those until the next call that uses the state.

        quantity: "activity" y, "potential" z, or of the last sample or minibatch learned "signal", dLoss/dn by the net
            input of the layer's synapses, and "recurrent_signal", by that of its recurrent ones (of "gru" 3 x units)
        layer: an index or a Layer
        """
        handle, view = self._handle, _structs.Matrix()
        handle.call(lib.plast_state_view, handle.pointer, self.network._index(layer),
                            _names.number("quantity", _names.QUANTITIES, quantity), ctypes.byref(view))
        return array_of(view, handle)

    def reset(self):
        """The next step is a first one again. The stream of noise goes on."""
        handle = self._handle
        handle.call(lib.plast_state_reset, handle.pointer)

    def copy(self, to=None):
        """A fork of the stream: a State that goes on exactly as this one would. It is a new one with a context of its
        own, or another of the same network, `to`, which has room for as many sequences; it is returned."""
        if to is None:
            to = State(self.network, self.batch, steps=self.steps, seed=self.seed)
        elif not isinstance(to, State):
            raise TypeError(f"to is {to!r}, expected a State")
        ours, theirs = self._handle, to._handle
        first, second = sorted((ours, theirs), key=lambda handle: id(handle.lock))
        with self.network._handle.lock, first.lock, second.lock:  # the same order in every thread
            theirs.call(lib.plast_state_copy, theirs.pointer, ours.pointer)
        to.seed = self.seed
        return to

    @property
    def sequences(self):
        """How many sequences it carries; 0 when the next step is a first one."""
        handle = self._handle
        with handle.lock:
            return lib.plast_state_sequences(handle.pointer)

    def get_carried(self, layer, out=None):
        """A copy of a layer's state after the last step, sequences x units; `out` may be float32 or float64. A
        StateError for a layer without a state, and before the first step."""
        handle, index = self._handle, self.network._index(layer)
        with handle.lock:
            if out is None:
                out = np.empty((max(self.sequences, 1), self.network.layers[index].units), self.network.dtype)
            handle.call(lib.plast_state_get, handle.pointer, index, ctypes.byref(matrix("out", out)))
        return out

    def set_carried(self, layer, carried):
        """Sets it, sequences x units: the next step follows, with no eligibility from before. Layers that were not set
        yet start from 0."""
        handle = self._handle
        handle.call(lib.plast_state_set, handle.pointer, self.network._index(layer),
                    ctypes.byref(matrix("carried", carried)))

    def __repr__(self):
        return f"<State{', closed' if self.closed else ''}>"
