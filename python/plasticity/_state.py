# SPDX-License-Identifier: MIT
"""What belongs to a stream of samples, and what a call reports."""

import ctypes
import types
from typing import NamedTuple

from . import _names, _structs
from ._arrays import array_of
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

    def options(self, every):
        return _structs.LearnOptions(progress=self._CALLBACK, user=self._generator, progress_every=every)


class State(Object):
    """Activities and signals of a stream of samples. A network has one of its own, which calls use that are given none;
    make another to look inside, or to run the network in another thread.

    batch: most samples at once: limit of learn's batch, block length of run and evaluate
    context: takes the messages of calls that use this state; None: a new one, so that the state may be used in any
        thread
    """

    __slots__ = ("network",)
    _what = "state"

    def __init__(self, network, batch=64, context=None):
        self._claim = None
        self.network = network
        options = _structs.StateOptions(batch=_names.integer("batch", batch, 1))
        below = network._handle
        context = context_of(context)
        with below.lock:
            pointer = context.create(lib.plast_state_create, context.pointer, below.pointer, ctypes.byref(options))
        self._claim = Handle(pointer, lib.plast_state_destroy, context, below)

    def view(self, quantity, layer=-1):
        """The library's own memory, samples x units of a layer, read-only, without a copy, for the samples that the
        last call processed last. The numbers are those until the next call that uses the state.

        quantity: "activity" y, "potential" z, or "signal" s = dLoss/dz of the last sample or minibatch learned
        layer: an index or a Layer
        """
        handle, view = self._handle, _structs.Matrix()
        handle.call(lib.plast_state_view, handle.pointer, self.network._index(layer),
                            _names.number("quantity", _names.QUANTITIES, quantity), ctypes.byref(view))
        return array_of(view, handle)

    def __repr__(self):
        return f"<State{', closed' if self.closed else ''}>"
