# SPDX-License-Identifier: MIT
"""NumPy arrays as views of the C library, and the other way round. Nothing is ever copied here."""

import numpy as np

from . import _names
from ._errors import INVALID, error
from ._structs import Matrix

_NUMBERS = {np.dtype(name): value for name, value in _names.DTYPES.items()}
_NUMBERS[np.dtype(bool)] = _names.DTYPES["uint8"]  # one byte, 0 or 1: good as a mask
_DTYPES = {value: np.dtype(name) for name, value in _names.DTYPES.items()}


def float_type(dtype):
    """Number of a network's type."""
    names = [name for name in _names.DTYPES if name.startswith("float")]
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name not in names:
        raise error(INVALID, f"dtype is {name}, expected {' or '.join(names)}")
    return _names.DTYPES[name]


def dtype_of(number):
    return _DTYPES[number]


def _check(name, array, most=2, least=1):
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(array).__name__}, expected a NumPy array")
    if not least <= array.ndim <= most:
        expected = least if least == most else f"{least} to {most}"
        raise error(INVALID, f"{name} has {array.ndim} dimensions, expected {expected}")
    if array.dtype not in _NUMBERS:
        raise error(INVALID, f"{name} has dtype {array.dtype}, "
                             f"expected one of {', '.join(_names.DTYPES)}; convert it with .astype()")
    if not array.flags.aligned or any(stride % array.itemsize for stride in array.strides):
        raise error(INVALID, f"{name} is not aligned to its {array.itemsize}-byte numbers; copy it with .copy()")


def matrix(name, array, row=False, most=2):
    """A view of a NumPy array; a vector is a column, or a row. The array must outlive the view. Shape, sign of the
    strides and number type are left to the library, whose messages say what it expected. `most`: dimensions that the
    caller takes, of which here are at most 2."""
    _check(name, array, most)
    steps = [stride // array.itemsize for stride in array.strides]
    if array.ndim == 2:
        rows, cols = array.shape
        row_stride, col_stride = steps
    elif row:
        rows, cols, row_stride, col_stride = 1, array.shape[0], 1, steps[0]
    else:
        rows, cols, row_stride, col_stride = array.shape[0], 1, steps[0], 1
    return Matrix(array.ctypes.data, rows, cols, row_stride, col_stride, _NUMBERS[array.dtype],
                  0 if array.flags.writeable else _names.READ_ONLY)


def _step_stride(name, array):
    """From row to row of steps x sequences laid out as steps * sequences rows."""
    steps, sequences = array.shape[:2]
    apart, within = (stride // array.itemsize for stride in array.strides[:2])
    if steps > 1 and sequences > 1 and apart != sequences * within:
        raise error(INVALID, f"{name} is {steps} steps x {sequences} sequences, but the steps do not follow each other "
                             "in memory; copy it with numpy.ascontiguousarray()")
    return within if sequences > 1 else apart


def rows_of_steps(name, array, steps, sequences, least=2):
    """A view of sequences, steps x sequences x columns, or without columns one number for each step: row
    t * sequences + i is step t of sequence i."""
    _check(name, array, 3, least)
    if array.shape[:2] != (steps, sequences):
        raise error(INVALID, f"{name} has {array.shape[0]} steps of {array.shape[1]} sequences, expected {steps} of "
                             f"{sequences}")
    cols, col_stride = (array.shape[2], array.strides[2] // array.itemsize) if array.ndim == 3 else (1, 1)
    return Matrix(array.ctypes.data, array.shape[0] * array.shape[1], cols, _step_stride(name, array), col_stride,
                  _NUMBERS[array.dtype], 0 if array.flags.writeable else _names.READ_ONLY)


class _Memory:
    """The library's memory for NumPy, which keeps this object, and so the owner, as the array's base."""

    def __init__(self, view, owner):
        dtype = _DTYPES[view.dtype]
        self.owner = owner
        self.__array_interface__ = {
            "version": 3, "shape": (view.rows, view.cols), "typestr": dtype.str, "data": (view.data, True),
            "strides": (view.row_stride * dtype.itemsize, view.col_stride * dtype.itemsize)}


def array_of(view, owner, shown=None):
    """A read-only array on the library's memory; it keeps `owner` alive. While it or a part of it lives, something is
    in the set `shown` of weak references."""
    memory = _Memory(view, owner)
    if shown is not None:
        shown.add(memory)
    return np.asarray(memory)
