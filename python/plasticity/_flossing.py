# SPDX-License-Identifier: MIT
"""Gradient flossing: weights learn so that Lyapunov exponents come near a target."""

from ctypes import byref
from typing import NamedTuple

import numpy as np

from . import _names, _structs
from ._arrays import matrix, rows_of_steps
from ._descriptions import Optimizer, described
from ._library import lib
from ._objects import Handle, Object


class FlossingReport(NamedTuple):
    """What an update of flossing found.

    updates: made so far, this one included
    loss: mean of (exponent - target)^2, before the update's step, over its sequences too
    norm: length of the gradient, before any clipping
    """

    updates: int
    loss: float
    norm: float


class Flossing(Object):
    """Gradient flossing of a network's layers with a state, beside its learning.

        flossing = plasticity.Flossing(net, 16, "adamw", rate=1e-3, decay=0)
        for _ in range(500):
            flossing.update(sequence())          # steps x inputs

    network: with a layer that has a state
    exponents: how many, the first ones
    optimizer: an Optimizer, or its name and parameters; its moments are the flossing's own
    gradient: "exact", "local" or "truncated"
    steps: of an update; skip: first steps whose growth is not counted; None: 10 and a tenth of the steps
    target: what the exponents shall be
    seed: of the random frames
    sequences: of an update, whose loss is their mean
    """

    __slots__ = ("network", "count", "steps", "sequences")
    _what = "flossing"

    def __init__(self, network, exponents, optimizer, *, gradient="exact", steps=55, skip=None, target=0.0, seed=0,
                 sequences=1, **parameters):
        self._claim = None
        self.network = network
        self.count = _names.integer("exponents", exponents, 1)
        self.steps = _names.integer("steps", steps, 1)
        self.sequences = _names.integer("sequences", sequences, 1)
        optimizer = described(Optimizer, optimizer, parameters)
        options = _structs.FlossingOptions(
            gradient=_names.number("gradient", _names.FLOSSING, gradient), exponents=self.count, steps=self.steps,
            skip=0 if skip is None else _names.integer("skip", skip, 0) or -1, target=_names.real("target", target),
            seed=_names.integer("seed", seed, 0, 2**64 - 1), sequences=self.sequences)
        below = network._handle
        with optimizer._handle.lock:
            pointer = below.create(lib.plast_flossing_create, below.pointer, byref(options), optimizer._handle.pointer)
        self._claim = Handle(pointer, lib.plast_flossing_destroy, below.context, below)

    def update(self, inputs, state=None):
        """One update over a sequence, steps x inputs, or over several, steps x sequences x inputs: from the first
        sequences that a State carries, or from the layers' initial states. Returns a FlossingReport."""
        handle, info = self._handle, _structs.FlossingReportInfo()
        view = rows_of_steps("inputs", inputs, self.steps, self.sequences, 3) if np.ndim(inputs) == 3 \
            else matrix("inputs", inputs)
        if state is None:
            handle.call(lib.plast_flossing_update, handle.pointer, None, byref(view), byref(info))
        else:
            with state._handle.lock:
                handle.call(lib.plast_flossing_update, handle.pointer, state._handle.pointer, byref(view), byref(info))
        return FlossingReport(info.updates, info.loss, info.norm)

    @property
    def exponents(self):
        """Of the last update, before its step: means over its sequences."""
        handle, out = self._handle, np.empty((1, self.count))
        handle.call(lib.plast_flossing_exponents, handle.pointer, byref(matrix("exponents", out)))
        return out[0]

    def reset(self, seed=0):
        """As just made with this seed."""
        handle = self._handle
        handle.call(lib.plast_flossing_reset, handle.pointer, _names.integer("seed", seed, 0, 2**64 - 1))

    def __repr__(self):
        return f"<Flossing, {self.count} exponents over {self.steps} steps{', closed' if self.closed else ''}>"
