# SPDX-License-Identifier: MIT
"""What a network does with samples."""

import ctypes
import numbers
import threading
from ctypes import byref

import numpy as np

from . import _names, _structs
from ._arrays import matrix, rows_of_steps
from ._display import ProgressLine
from ._errors import INVALID, Error, error
from ._library import lib
from ._objects import Object
from ._state import Progress, State, Stop, report_of


def _dimensions(array):
    return array.ndim if isinstance(array, np.ndarray) else 0


def _rows(name, array, inputs, row=False):
    """A view of what belongs to the inputs; for sequences it is steps x sequences as they are, or rows."""
    if _dimensions(array) == 3 or _dimensions(inputs) == 3 and _dimensions(array) == 2:
        if _dimensions(inputs) != 3:
            raise error(INVALID, f"{name} has 3 dimensions, inputs has {_dimensions(inputs)}")
        return rows_of_steps(name, array, *inputs.shape[:2])
    return matrix(name, array, row=row, most=3)


def _steps(inputs, steps):
    """Steps of a sequence, which three dimensions tell."""
    if _dimensions(inputs) != 3:
        return 1 if steps is None else _names.integer("steps", steps, 1)
    if steps not in (None, inputs.shape[0]):
        raise error(INVALID, f"steps is {steps!r}, but inputs has {inputs.shape[0]} steps of {inputs.shape[1]} "
                             "sequences")
    return inputs.shape[0]


def _data(inputs, targets=None, loss_mask=None, order=None, batch=0, steps=None, carry=False):
    """(plast_data, all that must live as long). One sample may be a vector, with its label a number and its target
    a vector."""
    one = _dimensions(inputs) == 1
    if isinstance(targets, numbers.Integral):
        targets = np.array([targets], np.int64)
    row = one and isinstance(targets, np.ndarray) and targets.dtype.kind == "f"
    views = {"inputs": _rows("inputs", inputs, inputs, row=True)}
    if targets is not None:
        views["targets"] = _rows("targets", targets, inputs, row)
    if loss_mask is not None:
        views["loss_mask"] = _rows("loss_mask", loss_mask, inputs)
    if order is not None:
        views["order"] = matrix("order", order)
    data = _structs.Data(batch=batch, steps=_steps(inputs, steps), carry=_names.flag("carry", carry),
                         **{name: ctypes.pointer(view) for name, view in views.items()})
    return data, (views, targets)


def _samples(data):
    """How many samples a call visits, of sequences every step."""
    return data.order.contents.rows * data.steps if data.order else data.inputs.contents.rows


class Learning(Object):
    """What a Network does with samples."""

    __slots__ = ()

    def learn(self, inputs, targets=None, *, batch=1, loss_mask=None, order=None, steps=None, carry=False,
              update_every=None, state=None, progress=None, progress_every=1000):
        """Learns the samples one after another, or minibatch by minibatch, and returns a Report.

        inputs: n x inputs, or one sample as a vector; sequences as steps x sequences x inputs
        targets: n labels (uint8, int32, int64; -1: no loss), or n x outputs (float); None: no loss, rules only. Of
            sequences steps x sequences labels, or steps x sequences x outputs
        batch: samples or sequences per update; 1: online
        loss_mask: n, or steps x sequences, weights >= 0 of the samples' losses
        order: the rows or sequences to visit, in this order (int32, int64)
        steps: of each sequence, where they are given as steps * sequences rows, step after step; None: 1
        carry: True: the steps follow those that the state carries, and it carries the last of them afterwards; all
            sequences go through together
        update_every: steps between two updates of a sequence; None: one update, after all of its steps
        state: of this network; None: the network's own
        progress: called with the Report so far, every progress_every samples; an exception in it ends the call and is
            raised again (Stop: only ends the call). True: a line of text

        A sample (or minibatch) with anything in it that is not finite changes nothing and ends the call with
        NotFiniteError, whose report says how many samples were learned before.
        """
        data, keep = _data(inputs, targets, loss_mask, order, _names.integer("batch", batch, 1), steps, carry)
        options = _structs.LearnOptions(
            update_every=0 if update_every is None else _names.integer("update_every", update_every, 1))
        every = _names.integer("progress_every", progress_every, 1)
        if progress is True:
            with ProgressLine(_samples(data)) as line:
                report = self._learn(data, options, state, line, every)
        else:
            report = self._learn(data, options, state, progress, every)
        del keep
        return report

    def _learn(self, data, options, state, progress, every):
        # Without a function too, so that Ctrl-C ends a long call: signals are handled when Python runs.
        watch = progress is not None or threading.current_thread() is threading.main_thread()
        callback = Progress(progress) if watch else None
        if watch:
            callback.watch(options, every)
        try:
            with self._handle.lock:
                return self._tell(lib.plast_network_learn, state, byref(data), byref(options))
        except Error as failure:
            raised = callback.take() if watch else None
            if raised is None:
                raise
            if isinstance(raised, Stop):
                return failure.report._replace(stopped=True)
            try:
                raise raised from None
            finally:
                del raised

    def _call_with(self, state, function, *arguments):
        """A call that uses a State, or the network's own for None; the messages go to the context of the one used."""
        handle = self._handle
        if state is None:
            handle.call(function, handle.pointer, None, *arguments)
        elif isinstance(state, State):
            used = state._handle
            used.call(function, handle.pointer, used.pointer, *arguments)
        else:
            raise TypeError(f"state is {state!r}, expected a State")

    def _tell(self, function, state, *arguments):
        """Calls a function that ends with a report; a failure carries it, too."""
        info = _structs.ReportInfo()
        try:
            self._call_with(state, function, *arguments, byref(info))
        except Error as failure:
            failure.report = report_of(info)
            raise
        return report_of(info)

    def run(self, inputs, out=None, *, order=None, steps=None, carry=False, state=None):
        """The network's answers, n x outputs; a vector for one sample given as a vector, steps x sequences x outputs
        for sequences given so.

        out: float32 or float64, of any positive strides; None: a new array of the network's type
        order, steps, carry: as in learn; a carried stream is given a State of its own
        """
        data, keep = _data(inputs, order=order, steps=steps, carry=carry)
        out, y = self._answers(inputs, _samples(data), out)
        self._call_with(state, lib.plast_network_run_data, byref(data), byref(y))
        del keep
        return out

    def step(self, inputs, out=None, *, state=None):
        """One step that follows those before, of all sequences that the state carries: sequences x inputs, or a vector
        for one sequence, to the network's answers."""
        x = matrix("inputs", inputs, row=True)
        out, y = self._answers(inputs, x.rows, out)
        self._call_with(state, lib.plast_network_step, byref(x), byref(y))
        return out

    def _answers(self, inputs, rows, out):
        """(place for the answers, its view)."""
        if inputs.ndim == 3:
            steps = max(inputs.shape[0], 1)
            if out is None:
                out = np.empty((steps, rows // steps, max(self.outputs, 1)), self.dtype)
            return out, rows_of_steps("out", out, steps, rows // steps, least=3)
        if out is None:
            out = np.empty((max(rows, 1), max(self.outputs, 1)) if inputs.ndim == 2 else max(self.outputs, 1),
                           self.dtype)
        return out, matrix("out", out, row=inputs.ndim == 1)

    def evaluate(self, inputs, targets, *, loss_mask=None, order=None, steps=None, carry=False, state=None):
        """Loss and correct answers over the data, as a Report; nothing is learned. Arguments as in learn."""
        data, keep = _data(inputs, targets, loss_mask, order, 0, steps, carry)
        report = self._tell(lib.plast_network_evaluate, state, byref(data))
        del keep
        return report

    def alignment(self, inputs, targets, *, loss_mask=None, order=None, state=None):
        """How well the feedback scheme is aligned with backpropagation on the data, as an array of float64 with a row
        for each hidden layer and the columns ALIGNMENTS; nothing is learned. Arguments as in learn.

        "weights": angle in degrees of the matrix B that sends the error down and W^T of the layer above
        "samples", "flattened", "means": angle of the layer's learning signal and that of backpropagation: mean of the
            samples' angles, of all samples as one long vector, of the mean signals
        "weight_ratio", "signal_ratio": norm of B / norm of W, of the signal / of backpropagation's

        NaN where there is none. Random matrices are at about 90 degrees.
        """
        data, keep = _data(inputs, targets, loss_mask, order, 0)
        out = np.empty((max(self._count() - 1, 1), len(_names.ALIGNMENTS)))
        self._call_with(state, lib.plast_measure_alignment, byref(data), byref(matrix("alignment", out)))
        del keep
        return out

    def jacobian(self, inputs, first=0, last=-1, *, tangents=None, state=None):
        """How the activity of layer `last` moves with what layer `first` reads (first 0: the inputs), at each sample,
        as an array of float64: n x units x numbers read, or without n for one sample given as a vector. Of networks
        without a state; nothing is learned.

        first, last: indices (-1 is the last layer) or layers
        tangents: directions, as columns: numbers read x k for all samples, n x numbers read x k for each its own; the
            result is the Jacobian times these. So layer after layer costs one layer each:
            j = net.jacobian(x, 0, 0); j = net.jacobian(x, 1, 1, tangents=j); ...
        """
        x = matrix("inputs", inputs, row=True)
        first, last = self._index(first), self._index(last)
        below = self.layers[first - 1].units if first > 0 else self.inputs
        columns, directions = below, None
        if tangents is not None:
            directions = rows_of_steps("tangents", tangents, max(x.rows, 1), below, least=3) \
                if _dimensions(tangents) == 3 else matrix("tangents", tangents)
            columns = max(directions.cols, 1)
        out = np.empty((max(x.rows, 1), self.layers[last].units, columns))
        place = matrix("jacobian", out.reshape(-1, columns))
        self._call_with(state, lib.plast_measure_jacobian, byref(x), first, last,
                        None if directions is None else byref(directions), byref(place))
        return out if inputs.ndim == 2 else out[0]

    def mirror(self, updates=1, batch=64, *, state=None):
        """The mirror phase of feedback "weight_mirror": layers emit noise, and the feedback matrices learn to be like
        the forward weights, which stay as they are. Called in turn with learn. An UnsupportedError under other schemes.

        batch: noise vectors per update, at least 2
        """
        options = _structs.MirrorOptions(updates=_names.integer("updates", updates, 1),
                                         batch=_names.integer("batch", batch, 2))
        self._call_with(state, lib.plast_network_mirror, byref(options))
