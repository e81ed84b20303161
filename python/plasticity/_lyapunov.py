# SPDX-License-Identifier: MIT
"""Lyapunov exponents of networks, and of a system written in Python."""

import contextlib
import ctypes
import signal
import threading
from ctypes import byref
from typing import NamedTuple

import numpy as np

from . import _names, _structs
from ._arrays import matrix, rows_of_steps
from ._errors import INVALID, USER, Error, error
from ._library import lib
from ._objects import Handle, Object, context_of
from ._state import State


class LyapunovSummary(NamedTuple):
    """What an estimate has found.

    steps: taken in all; measured: of these, covered by the exponents; time: measured steps x time_step
    factorisations: of each trajectory; interval: steps between two of them at the moment
    blocks: complete ones, from which the standard errors come
    dead: exponents of -inf; collapsed: factorisations that found only rounding of a direction, so that the lowest
        exponents may be too high
    dimension: Kaplan and Yorke's; dimension_open: it may be larger, for too few exponents were asked for
    entropy: sum of the positive exponents; entropy_open: there may be further ones
    sum: of the exponents; log_determinant: mean of log |det D|, which the sum must be; None without sum_rule
    """

    steps: int
    measured: int
    time: float
    factorisations: int
    interval: int
    blocks: int
    dead: int
    collapsed: int
    dimension: float
    dimension_open: bool
    entropy: float
    entropy_open: bool
    sum: float
    log_determinant: float


def _array(address, *shape):
    """The library's memory for the time of a callback."""
    count = int(np.prod(shape))
    return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(ctypes.c_double)), (count,)).reshape(shape)


def _put(what, value, place):
    """What a function returned, to its place."""
    value = np.asarray(value, np.float64)
    if value.shape != place.shape:
        raise ValueError(f"{what} returned shape {value.shape}, expected {place.shape}")
    place[...] = value


class _System:
    """Python functions as the callbacks of a system. What they raise is kept, and ends the run."""

    def __init__(self, size, step, tangent, jacobian, trajectories):
        self._size = size
        self._step, self._tangent, self._jacobian = step, tangent, jacobian
        self._many = trajectories > 1
        self._raised = None
        self._interrupted = False

    def table(self):
        """The library's plast_system."""
        table = {"step": _structs.STEP(self._entry(self._do_step))}
        if self._tangent is not None:
            table["tangent"] = _structs.TANGENT(self._entry(self._do_tangent))
        if self._jacobian is not None:
            table["jacobian"] = _structs.JACOBIAN(self._entry(self._do_jacobian))
        return _structs.System(size=self._size, **table)

    def _entry(self, answer):
        def call(_, *arguments):
            try:
                if self._interrupted:
                    raise KeyboardInterrupt
                answer(*arguments)
            except BaseException as exception:
                self._raised = exception
                return USER
            return 0

        return call

    @contextlib.contextmanager
    def running(self):
        """Ctrl-C would raise as soon as Python code is entered, before any `try`, and nothing may leave a callback: for
        the time of a run it is only noted, and raised within the next call."""
        mine = (threading.current_thread() is threading.main_thread()
                and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        if not mine:
            yield
            return
        self._interrupted = False
        signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            interrupted, self._interrupted = self._interrupted, False
        if interrupted:  # in the last step
            raise KeyboardInterrupt

    def _note(self, *_):
        self._interrupted = True

    def _call(self, function, trajectory, *arguments):
        return function(*arguments, trajectory) if self._many else function(*arguments)

    def _state(self, address):
        state = _array(address, self._size)
        state.flags.writeable = False
        return state

    def _do_step(self, trajectory, state):
        _put("step", self._call(self._step, trajectory, self._state(state).copy()), _array(state, self._size))

    def _do_tangent(self, trajectory, state, count, tangents, pushed):
        given = _array(tangents, count, self._size)
        given.flags.writeable = False
        _put("tangent", self._call(self._tangent, trajectory, self._state(state), given.T),
             _array(pushed, count, self._size).T)

    def _do_jacobian(self, trajectory, state, jacobian):
        _put("jacobian", self._call(self._jacobian, trajectory, self._state(state)),
             _array(jacobian, self._size, self._size))

    def take(self):
        """What a function raised, if anything."""
        raised, self._raised = self._raised, None
        return raised


def _options(exponents, transient=0, alignment=0, interval=None, time_step=1.0, log_base=None, blocks=20,
             trajectories=1, seed=0, sum_rule=False):
    return _structs.LyapunovOptions(
        log_base=0 if log_base is None else _names.integer("log_base", log_base, 1, 2**31 - 1),
        exponents=exponents, transient=_names.integer("transient", transient),
        alignment=_names.integer("alignment", alignment),
        interval=0 if interval is None else _names.integer("interval", interval, 1),
        time_step=_names.real("time_step", time_step), blocks=_names.integer("blocks", blocks, 2),
        trajectories=trajectories, seed=_names.integer("seed", seed, 0, 2**64 - 1),
        sum_rule=_names.flag("sum_rule", sum_rule))


class _Estimate(Object):
    """What has been measured; of which system is told by classes made from this one."""

    __slots__ = ("size", "count", "trajectories")
    _what = "estimate of Lyapunov exponents"

    def reset(self, seed=0):
        """Forgets all that was measured, and draws new first tangents."""
        handle = self._handle
        handle.call(lib.plast_lyapunov_reset, handle.pointer, _names.integer("seed", seed, 0, 2**64 - 1))

    def get(self, quantity):
        """An array: "exponents", "errors" (standard errors), "first_half", "second_half", each in the order of
        descending exponents, or "trajectories" (trajectories x exponents)."""
        number = _names.number("quantity", _names.LYAPUNOV, quantity)
        out = np.empty((self.trajectories if quantity == "trajectories" else 1, self.count))
        handle = self._handle
        handle.call(lib.plast_lyapunov_get, handle.pointer, number, byref(matrix("values", out)))
        return out if quantity == "trajectories" else out[0]

    @property
    def exponents(self):
        """Descending. -inf for directions that die; never NaN."""
        return self.get("exponents")

    @property
    def errors(self):
        """Standard errors of the exponents, from blocks; inf while there are no two blocks."""
        return self.get("errors")

    def history(self):
        """(times, finite-time exponents of the blocks, running estimates): when each block ended, and arrays with a row
        for each block."""
        handle = self._handle
        with handle.lock:
            blocks = max(self.summary.blocks, 1)
            times, finite, running = np.empty(blocks), np.empty((blocks, self.count)), np.empty((blocks, self.count))
            handle.call(lib.plast_lyapunov_history, handle.pointer, byref(matrix("times", times)),
                        byref(matrix("finite", finite)), byref(matrix("running", running)))
        return times, finite, running

    @property
    def summary(self):
        """A LyapunovSummary."""
        info, handle = _structs.LyapunovSummaryInfo(), self._handle
        handle.call(lib.plast_lyapunov_read, handle.pointer, byref(info))
        flags = info.flags
        return LyapunovSummary(
            info.steps, info.measured, info.time, info.factorisations, info.interval, info.blocks, info.dead,
            info.collapsed, info.dimension, bool(flags & _names.DIMENSION_OPEN), info.entropy,
            bool(flags & _names.ENTROPY_OPEN), info.sum, info.log_determinant if flags & _names.SUM_RULE else None)

    def __repr__(self):
        return f"<{type(self).__name__}, {self.count} of {self.size} exponents{', closed' if self.closed else ''}>"


class Lyapunov(_Estimate):
    """Lyapunov exponents of a map, or of a flow by the steps of an integrator.

        henon = plasticity.Lyapunov(2, step=lambda s: (1 - 1.4 * s[0]**2 + s[1], 0.3 * s[0]),
                                    jacobian=lambda s: [[-2.8 * s[0], 1], [0.3, 0]], transient=100)
        state = henon.run([0.1, 0.1], 10_000)
        print(henon.exponents, henon.errors, henon.summary.dimension)

    size: n, numbers of the state
    step: step(state) returns the next state
    tangent: tangent(state, V) returns D V for an n x k array V, D being the derivative of the step at the state
    jacobian: instead of it, jacobian(state) returns D, n x n
    exponents: how many, the largest ones; None: all
    transient: first steps, of the state alone; alignment: further steps in which the tangents align
    interval: steps between two factorisations; None: adapted to the growth that is found
    time_step: of one step; log_base: None (natural), 2 or 10
    blocks: for standard errors, from this many to twice as many
    trajectories: several at once; then states have a row for each, and the functions get its number as their last
        argument
    seed: of the first tangents
    sum_rule: also measure the mean of log |det D|

    What a function raises ends the run and is raised again; the step is then not taken.
    """

    __slots__ = ("_system",)

    def __init__(self, size, step, tangent=None, jacobian=None, *, exponents=None, transient=0, alignment=0,
                 interval=None, time_step=1.0, log_base=None, blocks=20, trajectories=1, seed=0, sum_rule=False,
                 context=None):
        self._claim = None
        self.size = _names.integer("size", size, 1)
        self.count = self.size if exponents is None else _names.integer("exponents", exponents, 1)
        self.trajectories = _names.integer("trajectories", trajectories, 1)
        for name, function in ("step", step), ("tangent", tangent), ("jacobian", jacobian):
            if not callable(function) and (function is not None or name == "step"):
                raise TypeError(f"{name} is {function!r}, expected a function")
        self._system = _System(self.size, step, tangent, jacobian, self.trajectories)
        table = self._system.table()
        options = _options(self.count, transient, alignment, interval, time_step, log_base, blocks,
                           self.trajectories, seed, sum_rule)
        context = context_of(context)
        pointer = context.create(lib.plast_lyapunov_create, context.pointer, byref(table), byref(options))
        self._claim = Handle(pointer, lib.plast_lyapunov_destroy, context, table)

    def run(self, state, steps):
        """Takes further steps from the state (n numbers, or a row for each trajectory) and returns the state at which
        they arrive, a new array. Given that one, the next run continues the estimate; any other state may be given.

        A NotFiniteError when state or tangents are not finite, a RangeError when a given interval is too long. On any
        failure `state_reached` of the exception is the state of the last step that succeeded.
        """
        states = np.array(state, np.float64, order="C")
        shape = (self.size,) if self.trajectories == 1 else (self.trajectories, self.size)
        if states.shape != shape:
            raise ValueError(f"state has shape {states.shape}, expected {shape}")
        handle = self._handle
        try:
            with handle.lock, self._system.running():
                handle.call(lib.plast_lyapunov_run, handle.pointer,
                            states.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), _names.integer("steps", steps, 0))
        except Error as failure:
            raised = self._system.take()
            if raised is None:
                failure.state_reached = states
                raise
            try:
                raised.state_reached = states
            except AttributeError:
                pass  # a class with slots
            try:
                raise raised from None
            finally:
                del raised
        return states


def _state_units(layer):
    """Numbers that the layer carries from step to step."""
    try:
        return len(layer.get_vector("initial"))
    except Error:
        return 0


class NetworkLyapunov(_Estimate):
    """Lyapunov exponents of a network with a state, driven by given inputs (docs/lyapunov.md): how fast the states of
    neighbouring trajectories, of all layers that have one together, part or meet.

        estimate = net.lyapunov(inputs, exponents=1, transient=100, alignment=100)
        print(estimate.exponents, estimate.errors)

    trajectories: sequences that go through the network together
    context: takes the messages; None: a new one, so that the estimate may be used in any thread

    All else is as in Lyapunov. The network may learn between runs: each goes by the weights of its moment.
    """

    __slots__ = ("network",)

    def __init__(self, network, *, exponents=None, transient=0, alignment=0, interval=None, time_step=1.0,
                 log_base=None, blocks=20, trajectories=1, seed=0, sum_rule=False, context=None):
        self._claim = None
        self.network = network
        self.size = sum(map(_state_units, network.layers))
        self.count = self.size if exponents is None else _names.integer("exponents", exponents, 1)
        self.trajectories = _names.integer("trajectories", trajectories, 1)
        options = _options(self.count, transient, alignment, interval, time_step, log_base, blocks,
                           self.trajectories, seed, sum_rule)
        below, context = network._handle, context_of(context)
        with below.lock:
            pointer = context.create(lib.plast_lyapunov_create_network, context.pointer, below.pointer, byref(options))
        self._claim = Handle(pointer, lib.plast_lyapunov_destroy, context, below)

    def run(self, inputs=None, *, steps=None, state=None):
        """Takes further steps, those of the inputs: steps x inputs for one trajectory, steps x trajectories x inputs,
        or None for `steps` steps with inputs of 0.

        state: a State that goes on from what it carries and afterwards carries where it arrived; reset it before each
            run to measure sequences that begin anew. None: the estimate's own, which goes on from run to run

        A NotFiniteError, which names the step, when the state diverges.
        """
        x = None
        if inputs is not None:
            x = rows_of_steps("inputs", inputs, len(inputs), self.trajectories, 3) if np.ndim(inputs) == 3 \
                else matrix("inputs", inputs)
        if x is None and steps is None:
            raise TypeError("inputs is None: steps says how many there are")
        taken = _names.integer("steps", steps, 0) if x is None else x.rows // self.trajectories
        if x is not None and (steps not in (None, taken) or x.rows != taken * self.trajectories):
            raise error(INVALID, f"inputs has {x.rows} rows, expected steps x trajectories = "
                                 f"{taken if steps is None else steps} x {self.trajectories}")
        if state is not None and not isinstance(state, State):
            raise TypeError(f"state is {state!r}, expected a State")
        handle = self._handle
        used = handle if state is None else state._handle
        first, second = sorted((handle, used), key=lambda each: id(each.lock))  # the same order in every thread
        with first.lock, second.lock:
            handle.call(lib.plast_lyapunov_run_network, handle.pointer, None if state is None else used.pointer,
                        None if x is None else byref(x), taken)
