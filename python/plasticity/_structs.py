# SPDX-License-Identifier: MIT
"""The public structs of the C headers. A test compares every offset with the C compiler's."""

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_uint32, c_uint64, c_void_p, py_object


class Matrix(ctypes.Structure):
    """plast_matrix: frozen, so it has no size in front."""

    _fields_ = [("data", c_void_p), ("rows", c_int64), ("cols", c_int64), ("row_stride", c_int64),
                ("col_stride", c_int64), ("dtype", c_int32), ("flags", c_int32)]


class Growing(ctypes.Structure):
    """A struct that begins with its size, by which the library knows how many fields the caller has; a zero in any
    other field means the default."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class ParameterInfo(Growing):
    _fields_ = [("struct_size", c_uint32), ("flags", c_int32), ("name", c_char_p), ("unit", c_char_p),
                ("help", c_char_p), ("default_value", c_double), ("minimum", c_double), ("maximum", c_double)]


class ContextOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("cpu_mask", c_uint32), ("allocator", c_void_p)]


class NetworkOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("dtype", c_int32), ("inputs", c_int64), ("seed", c_uint64),
                ("loss", c_int32), ("reserved0", c_int32)]


class LayerOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("activation", c_int32), ("units", c_int64),
                ("activation_param", c_double), ("gain", c_double), ("init", c_int32), ("no_bias", c_int32),
                ("init_param", c_double), ("form", c_int32), ("recurrent_init", c_int32), ("recurrent_gain", c_double),
                ("recurrent_param", c_double), ("alpha", c_double), ("noise", c_double), ("no_self", c_int32),
                ("learn_initial", c_int32)]


class StateOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("batch", c_int64), ("steps", c_int64),
                ("seed", c_uint64)]


class Data(Growing):
    _fields_ = [("struct_size", c_uint32), ("carry", c_int32), ("inputs", POINTER(Matrix)),
                ("targets", POINTER(Matrix)), ("loss_mask", POINTER(Matrix)), ("order", POINTER(Matrix)),
                ("batch", c_int64), ("steps", c_int64)]


class ReportInfo(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("samples", c_int64), ("updates", c_int64),
                ("losses", c_int64), ("correct", c_int64), ("loss", c_double)]


class MirrorOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("updates", c_int64), ("batch", c_int64)]


PROGRESS = ctypes.CFUNCTYPE(c_int32, py_object, POINTER(ReportInfo))


class LearnOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("progress", PROGRESS), ("user", py_object),
                ("progress_every", c_int64), ("update_every", c_int64)]


# A system's callbacks; arrays come as addresses.
STEP = ctypes.CFUNCTYPE(c_int32, c_void_p, c_int64, c_void_p)
TANGENT = ctypes.CFUNCTYPE(c_int32, c_void_p, c_int64, c_void_p, c_int64, c_void_p, c_void_p)
JACOBIAN = ctypes.CFUNCTYPE(c_int32, c_void_p, c_int64, c_void_p, c_void_p)


class System(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("size", c_int64), ("user", c_void_p),
                ("step", STEP), ("tangent", TANGENT), ("jacobian", JACOBIAN)]


class FlossingOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("gradient", c_int32), ("exponents", c_int64), ("steps", c_int64),
                ("skip", c_int64), ("target", c_double), ("seed", c_uint64), ("sequences", c_int64)]


class FlossingReportInfo(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("updates", c_int64), ("loss", c_double),
                ("norm", c_double)]


class LyapunovOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("log_base", c_int32), ("exponents", c_int64), ("transient", c_int64),
                ("alignment", c_int64), ("interval", c_int64), ("time_step", c_double), ("blocks", c_int64),
                ("trajectories", c_int64), ("seed", c_uint64), ("sum_rule", c_int32), ("reserved0", c_int32)]


class LyapunovSummaryInfo(Growing):
    _fields_ = [("struct_size", c_uint32), ("flags", c_int32), ("steps", c_int64), ("measured", c_int64),
                ("factorisations", c_int64), ("interval", c_int64), ("blocks", c_int64), ("dead", c_int64),
                ("collapsed", c_int64), ("time", c_double), ("dimension", c_double), ("entropy", c_double),
                ("sum", c_double), ("log_determinant", c_double)]
