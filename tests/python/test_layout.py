# SPDX-License-Identifier: MIT
"""Structs, enumerators and functions of the package are those of the C headers: the C compiler tells."""

import ctypes
import re
import subprocess

import pytest
from conftest import SOURCE, compile_c

from plasticity import _errors, _library, _names, _structs

STRUCTS = {
    "plast_matrix": _structs.Matrix, "plast_parameter": _structs.ParameterInfo,
    "plast_context_options": _structs.ContextOptions, "plast_network_options": _structs.NetworkOptions,
    "plast_layer_options": _structs.LayerOptions, "plast_state_options": _structs.StateOptions,
    "plast_data": _structs.Data, "plast_report": _structs.ReportInfo, "plast_learn_options": _structs.LearnOptions,
    "plast_mirror_options": _structs.MirrorOptions, "plast_system": _structs.System,
    "plast_flossing_options": _structs.FlossingOptions, "plast_flossing_report": _structs.FlossingReportInfo,
    "plast_lyapunov_options": _structs.LyapunovOptions, "plast_lyapunov_summary": _structs.LyapunovSummaryInfo,
}

NUMBERS = {
    **{f"PLAST_{name.upper()}": n for name, n in _names.ACTIVATIONS.items()},
    **{f"PLAST_LOSS_{name.upper()}": n for name, n in _names.LOSSES.items()},
    **{f"PLAST_INIT_{name.upper()}": n for name, n in _names.INITIALISERS.items()},
    **{f"PLAST_FORM_{name.upper()}": n for name, n in _names.FORMS.items()},
    **{f"PLAST_{name.upper()}": n for name, n in _names.QUANTITIES.items()},
    **{f"PLAST_ANGLE_{name.upper()}": n for name, n in _names.ANGLES.items()},
    **{f"PLAST_ALIGNED_{name.upper()}": n for name, n in _names.ALIGNMENTS.items()},
    **{f"PLAST_FLOSSING_{name.upper()}": n for name, n in _names.FLOSSING.items()},
    **{f"PLAST_LYAPUNOV_{name.upper()}": n for name, n in _names.LYAPUNOV.items()},
    "PLAST_LYAPUNOV_DIMENSION_OPEN": _names.DIMENSION_OPEN, "PLAST_LYAPUNOV_ENTROPY_OPEN": _names.ENTROPY_OPEN,
    "PLAST_LYAPUNOV_COLLAPSED": _names.COLLAPSED, "PLAST_LYAPUNOV_SUM_RULE": _names.SUM_RULE,
    "PLAST_ALIGNED": len(_names.ALIGNMENTS),
    **{f"PLAST_CPU_{name.upper()}": n for name, n in _names.CPU_LEVELS.items()},
    **{f"PLAST_{name.upper()}_LAYERS": n for name, n in _names.LAYERS.items()},
    "PLAST_F32": _names.DTYPES["float32"], "PLAST_F64": _names.DTYPES["float64"], "PLAST_U8": _names.DTYPES["uint8"],
    "PLAST_I32": _names.DTYPES["int32"], "PLAST_I64": _names.DTYPES["int64"], "PLAST_READ_ONLY": _names.READ_ONLY,
    "PLAST_PARAMETER_REQUIRED": _names.REQUIRED, "PLAST_PARAMETER_OPEN_MINIMUM": _names.OPEN_MINIMUM,
    "PLAST_PARAMETER_OPEN_MAXIMUM": _names.OPEN_MAXIMUM, "PLAST_PARAMETER_WHOLE": _names.WHOLE,
    "PLAST_PARAMETER_SHAPES": _names.SHAPES,
    **{f"PLAST_E_{name}": getattr(_errors, name) for name in
       "INVALID NOMEM STATE VERSION UNSUPPORTED RANGE UNKNOWN STOPPED NOT_FINITE LAPACK USER".split()},
}

PROGRAM = """#include <plasticity/plasticity.h>
#include <stdio.h>
int main(void) {
    %s
    return 0;
}
"""


def test_c_compiler_agrees(tmp_path):
    expected, lines = {}, []
    for name, struct in STRUCTS.items():
        expected[name] = (ctypes.sizeof(struct), 0)
        lines.append(f'printf("{name} %zu 0\\n", sizeof({name}));')
        for field, _ in struct._fields_:
            place = getattr(struct, field)
            expected[f"{name}.{field}"] = (place.size, place.offset)
            lines.append(f'printf("{name}.{field} %zu %zu\\n", sizeof((({name} *)0)->{field}), '
                         f'offsetof({name}, {field}));')
    for name, number in NUMBERS.items():
        expected[name] = (number, 0)
        lines.append(f'printf("{name} %d 0\\n", (int){name});')
    source = tmp_path / "layout.c"
    source.write_text(PROGRAM % "\n    ".join(lines))
    printed = subprocess.run([compile_c(tmp_path / "layout", source)], capture_output=True, text=True, check=True)
    found = {name: (int(a), int(b)) for name, a, b in map(str.split, printed.stdout.splitlines())}
    assert found == expected


def headers():
    text = "".join(path.read_text() for path in sorted((SOURCE / "include/plasticity").glob("*.h")))
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


# What Python has no use for: it fills structs itself, and a network's own state may be replaced under a view.
NOT_NEEDED = {"PLAST_OK", "PLAST_DTYPE_DEFAULT", "PLAST_F16", "PLAST_BF16", "plast_matrix_init", "plast_network_state",
              "plast_struct_init"}


def test_no_enumerator_is_missing():
    assert set(re.findall(r"\b(PLAST_\w+) = -?\d+", headers())) - NOT_NEEDED == set(NUMBERS)


def test_no_function_is_missing():
    """A new public function gets a line in _library.py, or stands in NOT_NEEDED."""
    assert set(prototypes()) - NOT_NEEDED == set(_library.SIGNATURES)


C_TYPES = {"int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64, "uint32_t": ctypes.c_uint32,
           "uint64_t": ctypes.c_uint64, "double": ctypes.c_double, "plast_status": ctypes.c_int32,
           "char *": ctypes.c_char_p, "void": None}


def c_type(text, name=r"\w+"):
    """The ctypes type of a declaration, its last word being a name."""
    text = re.sub(r"\bconst\b", "", text)
    base, stars = re.fullmatch(rf"\s*(\w+)\s*(\**)\s*{name}\s*", text).groups()
    if base in STRUCTS and stars == "*":
        return ctypes.POINTER(STRUCTS[base])
    if base in ("double", "int64_t") and stars == "*":
        return ctypes.POINTER(C_TYPES[base])
    if base == "char" and stars == "*":
        return ctypes.c_char_p
    if base.startswith("plast_") and base != "plast_status" and stars:
        return {"*": ctypes.c_void_p, "**": ctypes.POINTER(ctypes.c_void_p)}[stars]
    assert not stars, text
    return C_TYPES[base]


def prototypes():
    found = {}
    for declaration in re.findall(r"^PLAST_API\b([^;]*);", headers(), re.MULTILINE):
        result, name, arguments = re.fullmatch(r"(.*?)\b(plast_\w+)\((.*)\)\s*",
                                               declaration.replace("PLAST_NODISCARD", ""), re.DOTALL).groups()
        found[name] = result, [] if arguments.strip() == "void" else arguments.split(",")
    return found


def test_functions_are_declared_as_in_the_headers():
    public = prototypes()
    for name, (result, arguments) in _library.SIGNATURES.items():
        c_result, c_arguments = public[name]
        assert c_type(c_result + " x") == result, name
        assert [c_type(argument) for argument in c_arguments] == arguments, name


def test_a_struct_of_another_size():
    """Sizes as the ABI promises: smaller than ever is refused, larger is accepted while the rest is 0."""
    from plasticity import Context, VersionError

    class Larger(ctypes.Structure):
        _fields_ = [*_structs.NetworkOptions._fields_, ("future", ctypes.c_int64)]

    create = ctypes.CDLL(_library.PATH).plast_network_create
    handle, made = Context()._handle, ctypes.c_void_p()

    def attempt(options):
        handle.call(create, ctypes.c_void_p(handle.pointer), ctypes.byref(options), ctypes.byref(made))

    with pytest.raises(VersionError, match="struct_size"):
        attempt(Larger(struct_size=8, inputs=3))
    with pytest.raises(VersionError, match="newer than library"):
        attempt(Larger(struct_size=ctypes.sizeof(Larger), inputs=3, future=1))
    attempt(Larger(struct_size=ctypes.sizeof(Larger), inputs=3))
    _library.lib.plast_network_destroy(made)
