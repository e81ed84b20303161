# SPDX-License-Identifier: MIT
"""Measures of weights, activities and signals; docs/measures.md has formulas and sources.

    plasticity.measures.orthonormality(net.layers[0].weights)
    plasticity.measures.participation_ratio(state.view("activity", 0))

Matrices are float32 or float64 arrays of any positive strides, which are not copied; samples are rows, and a vector is
one row. All is computed in double and nothing is ever NaN: what cannot be measured raises, such as NotFiniteError for
an entry or a result that is not finite.
"""

import ctypes
from ctypes import byref
from typing import NamedTuple

import numpy as np

from . import _names
from ._arrays import matrix
from ._library import lib
from ._objects import Context

__all__ = ["ActivityOrthonormality", "Norms", "SingularValues", "activity_orthonormality", "angle", "components",
           "norm_ratio", "norms", "orthonormality", "participation_ratio", "singular_spectrum", "singular_values",
           "spectral_radius"]


class ActivityOrthonormality(NamedTuple):
    """mean: over the samples; sum: over the samples"""

    mean: float
    sum: float


class Norms(NamedTuple):
    """mean_entry: mean of all entries; mean_norm, sd_norm: mean and standard deviation of the rows' norms"""

    mean_entry: float
    mean_norm: float
    sd_norm: float


class SingularValues(NamedTuple):
    """largest, smallest of them; condition: their quotient, inf when the smallest is 0"""

    largest: float
    smallest: float
    condition: float


def _measure(function, matrices, *options, results=1, kind=ctypes.c_double):
    """The results of a function, as a list. A context of its own lets every thread measure."""
    views = [byref(matrix(name, array, row=True)) for name, array in matrices.items()]
    places = [kind() for _ in range(results)]
    with Context() as context:
        handle = context._handle
        handle.call(function, handle.pointer, *views, *options, *map(byref, places))
    return [place.value for place in places]


def orthonormality(weights):
    """|W W^T - I| / sqrt(n_out), or |W^T W - I| / sqrt(n_in) where n_out > n_in (Frobenius norms): how far the rows, or
    columns, of W (n_out x n_in) are from orthonormal. 0: orthonormal; 1: a zero matrix."""
    return _measure(lib.plast_measure_orthonormality, {"weights": weights})[0]


def activity_orthonormality(weights, potentials, activities):
    """|z - W W^T y|^2 of each sample, as ActivityOrthonormality: the same as the activity of a layer sees it
    (Shervani-Tabar & Rosenbaum 2023, eqs. 11 and 12; their published code takes the sum).

    weights: W, n_out x n_in; potentials z and activities y: samples x n_out
    """
    return ActivityOrthonormality(*_measure(
        lib.plast_measure_activity_orthonormality,
        {"weights": weights, "potentials": potentials, "activities": activities}, results=2))


def participation_ratio(samples):
    """(tr C)^2 / tr(C^2) of the centred covariance C of the columns: 1 (all variance along one direction) to
    min(columns, rows - 1); 0 without variance."""
    return _measure(lib.plast_measure_participation_ratio, {"samples": samples})[0]


def components(samples, fraction=0.9):
    """How many principal components of the centred covariance hold this fraction of the variance, 0 < fraction <= 1; 1
    gives the numerical rank. 0 without variance."""
    fraction = ctypes.c_double(_names.real("fraction", fraction))
    return _measure(lib.plast_measure_components, {"samples": samples}, fraction, kind=ctypes.c_int64)[0]


def norms(samples):
    """Mean of all entries, and mean and standard deviation of the rows' Euclidean norms, as Norms."""
    return Norms(*_measure(lib.plast_measure_norms, {"samples": samples}, results=3))


def angle(a, b, kind="flattened"):
    """Angle in degrees, 0 to 180, of two matrices of one shape. A RangeError where there is none, such as of zeros.

    kind: "flattened": of both as one long vector each, such as feedback and transposed weights: angle(B, W.T)
        "rows": mean of the angles of row and row, such as signals; rows of zeros are left out
        "means": of the mean rows
    """
    return _measure(lib.plast_measure_angle, {"a": a, "b": b}, _names.number("kind of angle", _names.ANGLES, kind))[0]


def norm_ratio(a, b):
    """Frobenius norm of a / that of b; the shapes may differ. A RangeError when b is all zero."""
    return _measure(lib.plast_measure_norm_ratio, {"a": a, "b": b})[0]


def spectral_radius(square):
    """Largest absolute eigenvalue of a square matrix, symmetric or not."""
    return _measure(lib.plast_measure_spectral_radius, {"square": square})[0]


def singular_values(matrix):
    """Largest and smallest of the min(rows, columns) singular values, and their quotient, as SingularValues."""
    return SingularValues(*_measure(lib.plast_measure_singular_values, {"matrix": matrix}, results=3))


def singular_spectrum(matrix):
    """All min(rows, columns) singular values, descending, as an array of float64."""
    values = np.empty(min(matrix.shape) if getattr(matrix, "ndim", 0) == 2 else 1)
    _measure(lib.plast_measure_singular_spectrum, {"matrix": matrix, "values": values}, results=0)
    return values
