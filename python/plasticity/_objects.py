# SPDX-License-Identifier: MIT
"""What all objects of the library share: a handle, a context for its messages, an end.

A C object is destroyed when nothing can reach it any more: neither a Python object that was not closed, nor an object
made from it, nor an array that shows its memory. So closing in any order is safe.
"""

import ctypes
import threading
import weakref

from . import _structs
from ._errors import STATE, error
from ._library import lib
from ._names import CPU_LEVELS, number


def _destroy(function, pointer, _parents):
    """The parents are arguments so that they live until this has run, even when the garbage collector finds all of
    them at once."""
    function(pointer)


class Handle:
    """Owns a C object and keeps those that must outlive it: first of all its context. It stays alive while one of its
    own calls runs, whatever other threads close meanwhile."""

    __slots__ = ("pointer", "_parents", "__weakref__")

    def __init__(self, pointer, destroy, *parents):
        self.pointer = pointer
        self._parents = parents
        weakref.finalize(self, _destroy, destroy, pointer, parents).atexit = False

    @property
    def context(self):
        return self._parents[0]

    @property
    def lock(self):
        return self.context.lock

    def call(self, function, *arguments):
        """Calls a function that returns a status, and raises what it reports."""
        context = self.context
        with context.lock:
            status = function(*arguments)
            if status != 0:
                raise context.error(status)

    def create(self, function, *arguments):
        """Calls a function whose last argument is the place for a new or borrowed pointer."""
        made = ctypes.c_void_p()
        self.call(function, *arguments, ctypes.byref(made))
        return made.value

    def read(self, function, *arguments):
        """Calls a function whose last argument is the place for a double."""
        value = ctypes.c_double()
        self.call(function, *arguments, ctypes.byref(value))
        return value.value


class ContextHandle(Handle):
    """Its lock makes calls of several threads wait for each other, as the library demands."""

    __slots__ = ("_lock",)

    def __init__(self, options):
        made = ctypes.c_void_p()
        status = lib.plast_context_create(ctypes.byref(options), ctypes.byref(made))
        if status != 0:
            raise error(status, lib.plast_status_string(status).decode())
        super().__init__(made.value, lib.plast_context_destroy)
        self._lock = threading.RLock()

    @property
    def context(self):
        return self

    @property
    def lock(self):
        return self._lock

    def error(self, status):
        """The exception for the call that has just failed. The lock is held."""
        message = lib.plast_context_error(self.pointer) or lib.plast_status_string(status)
        return error(status, message.decode(errors="replace"))


class Object:
    """A C object that can be closed, by close() or at the end of a `with` block. Using it afterwards is a StateError;
    arrays that show its memory stay good."""

    __slots__ = ("_claim",)
    _what = "object"

    @property
    def _handle(self):
        if self._claim is None:
            raise error(STATE, f"the {self._what} is closed")
        return self._claim

    def close(self):
        """Gives the object up; a second time is allowed."""
        self._claim = None

    @property
    def closed(self):
        return self._claim is None

    def __enter__(self):
        self._handle
        return self

    def __exit__(self, *_):
        self.close()


class Context(Object):
    """CPU level and last error. Every object makes a context of its own unless it is given one, so it is needed only
    to choose the CPU level:

    cpu: a name or several of "baseline", "avx2", "avx512": the levels that may be used, the best that the CPU has is
        taken; None: all
    """

    __slots__ = ()
    _what = "context"

    def __init__(self, cpu=None):
        self._claim = None
        names = () if cpu is None else (cpu,) if isinstance(cpu, str) else cpu
        mask = sum({number("CPU level", CPU_LEVELS, name) for name in names})
        self._claim = ContextHandle(_structs.ContextOptions(cpu_mask=mask))

    @property
    def cpu_level(self):
        """Name of the level in use."""
        level = lib.plast_context_cpu_level(self._handle.pointer)
        return next((name for name, value in CPU_LEVELS.items() if value == level), str(level))

    def __repr__(self):
        return "<Context, closed>" if self.closed else f"<Context, {self.cpu_level}>"


def context_of(context):
    """Handle of the given context, or of a new one."""
    return (Context() if context is None else context)._handle
