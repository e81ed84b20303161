# SPDX-License-Identifier: MIT
"""The programs that README.md, docs/python.md and docs/recurrent.md show run as they stand, and so does the example."""

import re
from pathlib import Path
from subprocess import run

import pytest
from conftest import SOURCE, compile_c, run_python

EXAMPLE = SOURCE / "examples/oja_depth.py"


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_programs_in_the_documents(page, tmp_path):
    programs = re.findall(r"^```python\n(.*?)^```$", (SOURCE / page).read_text(), re.DOTALL | re.MULTILINE)
    assert any("accuracy" in program for program in programs)
    for program in programs:
        if "plot_history" in program:
            pytest.importorskip("matplotlib")
        done = run_python(program, folder=tmp_path)
        assert done.returncode == 0 and not done.stderr, done.stderr
        if ".accuracy)" in program:
            assert 0.85 < float(done.stdout.split()[-1]) <= 1


def test_program_about_sequences(tmp_path):
    program, = re.findall(r"^```c\n(.*?)^```$", (SOURCE / "docs/recurrent.md").read_text(), re.DOTALL | re.MULTILINE)
    source = tmp_path / "sequences.c"
    source.write_text(program)
    done = run([compile_c(tmp_path / "sequences", source)], capture_output=True, text=True, check=True)
    right, of, stream, fork = re.match(r"(\d+) of (\d+) right\n.*: (0\.\d+), the fork says (0\.\d+)$",
                                       done.stdout).groups()
    assert int(right) > 0.95 * int(of) and stream == fork


def test_every_public_name_is_in_the_page():
    import plasticity
    page = (SOURCE / "docs/python.md").read_text()
    assert [name for name in plasticity.__all__ if name not in page] == []
    assert all(getattr(plasticity, name).__doc__ for name in plasticity.__all__ if name[1:2].islower()
               and name != "library_path")


def test_example():
    assert len(EXAMPLE.read_text().splitlines()) < 40
    if not Path("/usr/share/datasets/fashion-mnist").exists():
        pytest.skip("dataset-fashion-mnist is not installed")
    done = run_python(EXAMPLE.read_text(), 600)  # samples
    assert done.returncode == 0, done.stderr
    accuracies = [float(number) for number in re.findall(r"accuracy (0\.\d+)", done.stdout)]
    assert len(accuracies) == 2, done.stdout
