# SPDX-License-Identifier: MIT
"""Finding, loading and refusing libraries."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig

import pytest
from conftest import LIBRARY, SOURCE, run_python

from plasticity import _library

SHOW = "import plasticity; print(plasticity.library_path, plasticity.__version__)"
VERSION = (SOURCE / "VERSION").read_text().strip()


def fails(done, *words):
    last = done.stderr[done.stderr.rindex("ImportError"):]
    assert done.returncode == 1 and all(word in last for word in words), done.stderr


def test_versions_are_one():
    assert VERSION.startswith(_library.SOVERSION + ".")
    assert _library.SONAME in subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True).stdout


def test_the_environment_names_the_library(tmp_path):
    done = run_python(SHOW)
    assert done.stdout.split() == [os.environ["PLASTICITY_LIBRARY"], VERSION], done.stderr
    fails(run_python(SHOW, PLASTICITY_LIBRARY=tmp_path / "nowhere.so", LD_LIBRARY_PATH=LIBRARY.parent),
          "PLASTICITY_LIBRARY", "nowhere.so")


def test_the_systems_loader_finds_it(tmp_path):
    done = run_python(SHOW, PLASTICITY_LIBRARY=None, LD_LIBRARY_PATH=LIBRARY.parent, folder=tmp_path)
    assert done.stdout.split() == [_library.SONAME, VERSION], done.stderr


def test_a_library_beside_the_package(tmp_path):
    package = tmp_path / "plasticity"
    shutil.copytree(SOURCE / "python/plasticity", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LIBRARY, package / _library.SONAME)
    done = run_python(SHOW, isolated=True, PYTHONPATH=tmp_path, PLASTICITY_LIBRARY=None)
    assert done.stdout.split() == [str(package / _library.SONAME), VERSION], done.stderr


@pytest.mark.parametrize("folder", ["lib", f"lib/{sysconfig.get_config_var('MULTIARCH')}"])
def test_a_library_in_this_pythons_prefix(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    copy = shutil.copy(LIBRARY, tmp_path / folder / _library.SONAME)
    done = run_python("import os, sys, plasticity._library\n"
                      f"sys.prefix = {str(tmp_path)!r}; del os.environ['PLASTICITY_LIBRARY']\n"
                      "print(*plasticity._library._candidates())")
    assert str(copy) in done.stdout.split(), done.stderr


@pytest.mark.parametrize("source, words", [
    ('const char *plast_version(void) { return "0.2.0"; }', ["is version 0.2.0, this package needs 0.1.x"]),
    ('const char *plast_version(void) { return "0.1.0"; }', ["is older than this package: it has no plast_"]),
    ('int other;', ["is not libplasticity"]),
])
def test_other_libraries_are_refused(tmp_path, source, words):
    (tmp_path / "other.c").write_text(source)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, "-shared", "-fPIC", "-o", tmp_path / "other.so", tmp_path / "other.c"], check=True)
    fails(run_python(SHOW, PLASTICITY_LIBRARY=tmp_path / "other.so"), *words, str(tmp_path / "other.so"))


def test_no_library_at_all(tmp_path):
    """With all ways closed; where one is installed for the whole system, that is found."""
    done = run_python(SHOW, PLASTICITY_LIBRARY=None, LD_LIBRARY_PATH=None, folder=tmp_path)
    if done.returncode:
        fails(done, "cannot load libplasticity", "PLASTICITY_LIBRARY", _library.SONAME)


def test_nothing_but_numpy_is_needed():
    """Importing brings in no module beyond NumPy's and the standard library's."""
    code = ("import sys, numpy; before = set(sys.modules); import plasticity\n"
            "print(*(name.split('.')[0] for name in set(sys.modules) - before))")
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - {"plasticity", "numpy"} <= set(sys.stdlib_module_names) | {
        name for name in done.stdout.split() if name.startswith("_sysconfigdata")}
