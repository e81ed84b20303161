# SPDX-License-Identifier: MIT
"""`pip install .` from a clone, with nothing to download from."""

import importlib.util
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import LIBRARY, SOURCE, run_python

TOOLS = "pip", "setuptools", "wheel"
pytestmark = pytest.mark.skipif(not all(map(importlib.util.find_spec, TOOLS)), reason=f"needs {', '.join(TOOLS)}")

PARTS = ["pyproject.toml", "setup.cfg", "VERSION", "LICENSE", "docs", "python"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What pip needs of the source tree, and a `build` of Meson's that it must leave alone."""
    folder = tmp_path_factory.mktemp("clone")
    for part in PARTS:
        copy = shutil.copytree if (SOURCE / part).is_dir() else shutil.copy
        copy(SOURCE / part, folder / part)
    (folder / "build/lib").mkdir(parents=True)
    (folder / "build/lib/libplasticity.so").write_text("Meson's")
    return folder


def pip(*arguments):
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", *arguments],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_install(clone, tmp_path):
    pip("install", "--no-build-isolation", "--no-index", "--no-deps", "--target", tmp_path / "site", clone)
    code = "import plasticity; print(plasticity.__file__); plasticity.Network(3).add('dense', 2)"
    done = run_python(code, isolated=True, PYTHONPATH=tmp_path / "site", PLASTICITY_LIBRARY=None,
                      LD_LIBRARY_PATH=LIBRARY.parent, folder=tmp_path)
    assert done.stdout.startswith(str(tmp_path / "site")), done.stderr
    assert [path.name for path in (clone / "build/lib").iterdir()] == ["libplasticity.so"]


def test_wheel_is_pure_and_complete(clone, tmp_path):
    pip("wheel", "--no-build-isolation", "--no-index", "--no-deps", "--wheel-dir", tmp_path, clone)
    [wheel] = tmp_path.iterdir()
    version = (SOURCE / "VERSION").read_text().strip()
    assert wheel.name == f"plasticity-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = archive.read(f"plasticity-{version}.dist-info/METADATA").decode()
    assert inside == {f"plasticity/{path.name}" for path in (SOURCE / "python/plasticity").glob("*.py")}
    assert "Requires-Dist: numpy" in metadata and "License: MIT" in metadata
