# SPDX-License-Identifier: MIT
"""Names of the C library's enumerators. A test compares every number with the C compiler's."""

import operator

from ._errors import INVALID, RANGE, UNKNOWN, error

ACTIVATIONS = {"linear": 0, "softplus": 1, "relu": 2, "tanh": 3, "sigmoid": 4, "softmax": 5, "leaky_relu": 6,
               "elu": 7, "scaled_tanh": 8, "rectified_tanh": 9, "hard_sigmoid": 10}
LOSSES = {"default": 0, "cross_entropy": 1, "logistic": 2, "squared": 3}
INITIALISERS = {"xavier_uniform": 0, "xavier_normal": 1, "he_uniform": 2, "he_normal": 3, "orthogonal": 4,
                "gaussian": 5, "uniform": 6, "constant": 7, "zero": 8, "lecun_uniform": 9,
                "lecun_normal": 10, "truncated_normal": 11, "sparse": 12, "fan_in_uniform": 13, "diluted": 14,
                "low_rank": 15, "dale_balanced": 16}
FORMS = {"voltage": 0, "inside": 1, "rate": 2, "current": 3}
QUANTITIES = {"activity": 1, "potential": 2, "signal": 3, "recurrent_signal": 4}
ANGLES = {"flattened": 0, "rows": 1, "means": 2}
ALIGNMENTS = {"weights": 0, "samples": 1, "flattened": 2, "means": 3, "weight_ratio": 4, "signal_ratio": 5}
FLOSSING = {"exact": 0, "local": 1, "truncated": 2}
LYAPUNOV = {"exponents": 0, "errors": 1, "first_half": 2, "second_half": 3, "trajectories": 4}
CPU_LEVELS = {"baseline": 1, "avx2": 2, "avx512": 4}
DTYPES = {"float32": 1, "float64": 2, "uint8": 3, "int32": 4, "int64": 5}
LAYERS = {"hidden": -1, "all": -2}

# Synapse groups that stay when the feedback scheme goes; a test finds all names in the headers.
LASTING = {"input", "recurrent"}

READ_ONLY = 1
DIMENSION_OPEN, ENTROPY_OPEN, COLLAPSED, SUM_RULE = 1, 2, 4, 8  # flags of a summary of Lyapunov exponents
REQUIRED, OPEN_MINIMUM, OPEN_MAXIMUM, WHOLE, SHAPES = 1, 2, 4, 8, 16  # flags of a parameter


def number(what, names, name):
    """The number of a name."""
    if not isinstance(name, str):
        raise TypeError(f"{what} is {name!r}, expected one of the names {', '.join(names)}")
    if name not in names:
        raise error(UNKNOWN, f'no {what} is named "{name}", there are: {", ".join(names)}')
    return names[name]


def integer(what, value, minimum=-2**63, maximum=2**63 - 1):
    """A whole number that its C type can hold: ctypes would cut off the rest without a word."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is {value!r}, expected a whole number") from None
    if not minimum <= whole <= maximum:
        raise error(RANGE, f"{what} is {whole}, expected {minimum} to {maximum}")
    return whole


def real(what, value):
    """A number; text is none, though float() would read it."""
    try:
        return value.__float__()
    except (AttributeError, TypeError):
        raise TypeError(f"{what} is {value!r}, expected a number") from None


def text(what, value):
    """A name as the library takes it."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is {value!r}, expected text")
    return value.encode()


def flag(what, value):
    if value not in (False, True):
        raise error(INVALID, f"{what} is {value!r}, expected True or False")
    return int(value)
