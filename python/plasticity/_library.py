# SPDX-License-Identifier: MIT
"""Finds and loads libplasticity, checks its version, and declares its functions.

Order: the file that the environment variable PLASTICITY_LIBRARY names, and no other, if it is set; a library beside
this package; the system's loader; the library folders of this Python and of /usr/local.
"""

import ctypes
import ctypes.util
import os
import sys
import sysconfig
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from pathlib import Path

from . import _structs as s

SOVERSION = "0.1"  # while the major version is 0, only libraries of the same minor version fit
SONAME = f"libplasticity.so.{SOVERSION}"

_POINTER_TO_HANDLE = POINTER(c_void_p)
_MATRIX, _DOUBLE = [POINTER(s.Matrix)], [POINTER(c_double)]

# Functions that return a status: name -> arguments.
_CALLS = {
    "plast_context_create": [POINTER(s.ContextOptions), _POINTER_TO_HANDLE],
    "plast_network_create": [c_void_p, POINTER(s.NetworkOptions), _POINTER_TO_HANDLE],
    "plast_network_add": [c_void_p, c_char_p, POINTER(s.LayerOptions), _POINTER_TO_HANDLE],
    "plast_network_add_rule": [c_void_p, c_int32, c_void_p],
    "plast_network_set_rule": [c_void_p, c_int32, c_char_p, c_char_p, c_double],
    "plast_network_get_rule": [c_void_p, c_int32, c_char_p, c_char_p, POINTER(c_double)],
    "plast_network_view_rule": [c_void_p, c_int32, c_char_p, c_char_p, *_MATRIX],
    "plast_network_set_optimizer": [c_void_p, c_void_p],
    "plast_network_set_optimizer_parameter": [c_void_p, c_char_p, c_double],
    "plast_network_get_optimizer_parameter": [c_void_p, c_char_p, POINTER(c_double)],
    "plast_network_set_feedback": [c_void_p, c_int32, c_void_p],
    "plast_network_set_feedback_parameter": [c_void_p, c_int32, c_char_p, c_double],
    "plast_network_get_feedback_parameter": [c_void_p, c_int32, c_char_p, POINTER(c_double)],
    "plast_network_set_temporal": [c_void_p, c_void_p],
    "plast_network_set_temporal_parameter": [c_void_p, c_char_p, c_double],
    "plast_network_get_temporal_parameter": [c_void_p, c_char_p, POINTER(c_double)],
    "plast_network_prepare": [c_void_p, c_int64],
    "plast_network_prepare_steps": [c_void_p, c_int64, c_int64],
    "plast_network_reset": [c_void_p, c_uint64],
    "plast_network_layer": [c_void_p, c_int64, _POINTER_TO_HANDLE],
    "plast_network_learn": [c_void_p, c_void_p, POINTER(s.Data), POINTER(s.LearnOptions), POINTER(s.ReportInfo)],
    "plast_network_mirror": [c_void_p, c_void_p, POINTER(s.MirrorOptions)],
    "plast_network_run": [c_void_p, c_void_p, POINTER(s.Matrix), POINTER(s.Matrix)],
    "plast_network_run_data": [c_void_p, c_void_p, POINTER(s.Data), POINTER(s.Matrix)],
    "plast_network_step": [c_void_p, c_void_p, POINTER(s.Matrix), POINTER(s.Matrix)],
    "plast_network_evaluate": [c_void_p, c_void_p, POINTER(s.Data), POINTER(s.ReportInfo)],
    "plast_layer_get_bias": [c_void_p, POINTER(s.Matrix)],
    "plast_layer_set_bias": [c_void_p, POINTER(s.Matrix)],
    "plast_layer_get_vector": [c_void_p, c_char_p, POINTER(s.Matrix)],
    "plast_layer_set_vector": [c_void_p, c_char_p, POINTER(s.Matrix)],
    "plast_layer_get_types": [c_void_p, POINTER(s.Matrix)],
    "plast_layer_set_types": [c_void_p, POINTER(s.Matrix)],
    "plast_layer_set_frozen": [c_void_p, c_int32],
    "plast_layer_synapses": [c_void_p, c_char_p, _POINTER_TO_HANDLE],
    "plast_synapses_add_rule": [c_void_p, c_void_p],
    "plast_synapses_set_rule": [c_void_p, c_char_p, c_char_p, c_double],
    "plast_synapses_get_rule": [c_void_p, c_char_p, c_char_p, POINTER(c_double)],
    "plast_synapses_view_rule": [c_void_p, c_char_p, c_char_p, *_MATRIX],
    "plast_synapses_view": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_get_weights": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_set_weights": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_get_mask": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_set_mask": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_get_sign": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_set_sign": [c_void_p, POINTER(s.Matrix)],
    "plast_synapses_get_bounds": [c_void_p, *2 * _DOUBLE],
    "plast_synapses_set_bounds": [c_void_p, c_double, c_double],
    "plast_synapses_set_frozen": [c_void_p, c_int32],
    "plast_state_create": [c_void_p, c_void_p, POINTER(s.StateOptions), _POINTER_TO_HANDLE],
    "plast_state_view": [c_void_p, c_int64, c_int32, POINTER(s.Matrix)],
    "plast_state_reset": [c_void_p],
    "plast_state_copy": [c_void_p, c_void_p],
    "plast_state_get": [c_void_p, c_int64, POINTER(s.Matrix)],
    "plast_state_set": [c_void_p, c_int64, POINTER(s.Matrix)],
    "plast_measure_orthonormality": [c_void_p, *_MATRIX, *_DOUBLE],
    "plast_measure_activity_orthonormality": [c_void_p, *3 * _MATRIX, *2 * _DOUBLE],
    "plast_measure_participation_ratio": [c_void_p, *_MATRIX, *_DOUBLE],
    "plast_measure_components": [c_void_p, *_MATRIX, c_double, POINTER(c_int64)],
    "plast_measure_norms": [c_void_p, *_MATRIX, *3 * _DOUBLE],
    "plast_measure_angle": [c_void_p, *2 * _MATRIX, c_int32, *_DOUBLE],
    "plast_measure_norm_ratio": [c_void_p, *2 * _MATRIX, *_DOUBLE],
    "plast_measure_spectral_radius": [c_void_p, *_MATRIX, *_DOUBLE],
    "plast_measure_singular_values": [c_void_p, *_MATRIX, *3 * _DOUBLE],
    "plast_measure_singular_spectrum": [c_void_p, *2 * _MATRIX],
    "plast_measure_jacobian": [c_void_p, c_void_p, POINTER(s.Matrix), c_int64, c_int64, *2 * _MATRIX],
    "plast_measure_alignment": [c_void_p, c_void_p, POINTER(s.Data), POINTER(s.Matrix)],
    "plast_flossing_create": [c_void_p, POINTER(s.FlossingOptions), c_void_p, _POINTER_TO_HANDLE],
    "plast_flossing_update": [c_void_p, c_void_p, *_MATRIX, POINTER(s.FlossingReportInfo)],
    "plast_flossing_exponents": [c_void_p, *_MATRIX],
    "plast_flossing_reset": [c_void_p, c_uint64],
    "plast_lyapunov_create": [c_void_p, POINTER(s.System), POINTER(s.LyapunovOptions), _POINTER_TO_HANDLE],
    "plast_lyapunov_create_network": [c_void_p, c_void_p, POINTER(s.LyapunovOptions), _POINTER_TO_HANDLE],
    "plast_lyapunov_run": [c_void_p, *_DOUBLE, c_int64],
    "plast_lyapunov_run_network": [c_void_p, c_void_p, *_MATRIX, c_int64],
    "plast_lyapunov_reset": [c_void_p, c_uint64],
    "plast_lyapunov_read": [c_void_p, POINTER(s.LyapunovSummaryInfo)],
    "plast_lyapunov_get": [c_void_p, c_int32, *_MATRIX],
    "plast_lyapunov_history": [c_void_p, *3 * _MATRIX],
}

# All others: name -> (result, arguments).
_FUNCTIONS = {
    "plast_version": (c_char_p, []),
    "plast_status_string": (c_char_p, [c_int32]),
    "plast_context_error": (c_char_p, [c_void_p]),
    "plast_context_cpu_level": (c_uint32, [c_void_p]),
    "plast_context_destroy": (None, [c_void_p]),
    "plast_network_destroy": (None, [c_void_p]),
    "plast_network_layers": (c_int64, [c_void_p]),
    "plast_network_feedback": (c_char_p, [c_void_p]),
    "plast_network_temporal": (c_char_p, [c_void_p]),
    "plast_layer_frozen": (c_int32, [c_void_p]),
    "plast_layer_kind_name": (c_char_p, [c_int32]),
    "plast_layer_units": (c_int64, [c_void_p]),
    "plast_synapses_frozen": (c_int32, [c_void_p]),
    "plast_state_destroy": (None, [c_void_p]),
    "plast_flossing_destroy": (None, [c_void_p]),
    "plast_lyapunov_destroy": (None, [c_void_p]),
    "plast_state_sequences": (c_int64, [c_void_p]),
}

# Kinds of descriptions (see _descriptions.py): all have the same functions.
for _kind in "rule", "optimizer", "feedback", "temporal":
    _CALLS.update({
        f"plast_{_kind}_create": [c_void_p, c_char_p, _POINTER_TO_HANDLE],
        f"plast_{_kind}_set": [c_void_p, c_char_p, c_double],
        f"plast_{_kind}_get": [c_void_p, c_char_p, POINTER(c_double)],
        f"plast_{_kind}_parameter": [c_void_p, c_int32, POINTER(s.ParameterInfo)],
    })
    _FUNCTIONS[f"plast_{_kind}_destroy"] = None, [c_void_p]
    _FUNCTIONS[f"plast_{_kind}_name"] = c_char_p, [c_int32]

SIGNATURES = {**{name: (c_int32, arguments) for name, arguments in _CALLS.items()}, **_FUNCTIONS}


def _candidates():
    """Files, and names that the system's loader looks up."""
    given = os.environ.get("PLASTICITY_LIBRARY")
    if given:
        yield given
        return
    folders = [Path(sys.prefix, "lib"), Path("/usr/local/lib")]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if multiarch:
        folders += [folder / multiarch for folder in folders]
    package = Path(__file__).resolve().parent
    if (package / SONAME).exists():
        yield str(package / SONAME)
    yield SONAME
    yield from (str(folder / SONAME) for folder in folders if (folder / SONAME).exists())
    found = ctypes.util.find_library("plasticity")
    if found:
        yield found


def _version(library, path):
    try:
        library.plast_version.restype = c_char_p
        return library.plast_version().decode()
    except AttributeError:
        raise OSError(f"{path} is not libplasticity: it has no plast_version") from None


def _open(path):
    library = ctypes.CDLL(path)
    version = _version(library, path)
    if not version.startswith(SOVERSION + "."):
        raise OSError(f"{path} is version {version}, this package needs {SOVERSION}.x")
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name, None)
        if function is None:
            raise OSError(f"{path}, version {version}, is older than this package: it has no {name}")
        function.restype, function.argtypes = result, arguments
    return library, version


def _load():
    failures = []
    for path in _candidates():
        try:
            return _open(path)
        except OSError as failure:
            failures.append(str(failure))
    raise ImportError("cannot load libplasticity; install it, or let the environment variable PLASTICITY_LIBRARY name "
                      "the file. Tried:\n  " + "\n  ".join(failures))


lib, VERSION = _load()
PATH = lib._name
