# SPDX-License-Identifier: MIT
"""Status codes of the C library as exceptions."""

INVALID, NOMEM, STATE, VERSION, UNSUPPORTED, RANGE, UNKNOWN, STOPPED = range(-1, -9, -1)
NOT_FINITE, LAPACK, USER = -100, -101, -1000


class Error(Exception):
    """A call failed; the text says what was found and what was expected.

    status: the library's number, PLAST_E_... of base.h
    report: what was done before, when learning or evaluating failed (Report), else None
    """

    def __init__(self, message, status, report=None):
        super().__init__(message)
        self.status = status
        self.report = report

    def __reduce__(self):
        return type(self), (str(self), self.status, self.report)


class InvalidError(Error, ValueError):
    """An argument is wrong: shape, stride, number type, label."""


class OutOfMemoryError(Error, MemoryError):
    """The allocator has no memory, or a size overflows."""


class StateError(Error, RuntimeError):
    """The right call at the wrong time: no optimizer yet, layers added too late, object closed."""


class VersionError(Error, RuntimeError):
    """The library is older than this package."""


class UnsupportedError(Error, ValueError):
    """Well formed, but this combination has no meaning or no implementation."""


class RangeError(Error, ValueError):
    """A number is outside its range."""


class UnknownError(Error, LookupError):
    """No rule, optimizer, layer kind, parameter ... of that name."""


class NotFiniteError(Error, ArithmeticError):
    """An input, activity, loss, signal or update is NaN, infinite or would overflow. The sample changed nothing;
    `report.samples` says how many were learned before it."""


class LapackError(Error, ArithmeticError):
    """LAPACK failed to factorise a matrix."""


_CLASSES = {INVALID: InvalidError, NOMEM: OutOfMemoryError, STATE: StateError, VERSION: VersionError,
            UNSUPPORTED: UnsupportedError, RANGE: RangeError, UNKNOWN: UnknownError, NOT_FINITE: NotFiniteError,
            LAPACK: LapackError}


def error(status, message):
    """The exception for a status."""
    return _CLASSES.get(status, Error)(message, status)
