# SPDX-License-Identifier: MIT
"""The line of progress and the figure."""

import io

import pytest
from conftest import run_python

import plasticity
from plasticity import _display


class Terminal(io.StringIO):
    def isatty(self):
        return True


def report(samples, correct=0, losses=None):
    return plasticity.Report(samples, samples, samples if losses is None else losses, correct, 0.5)


def test_a_line_on_a_terminal():
    file = Terminal()
    with plasticity.ProgressLine(200, "with Oja", file) as line:
        line(report(100, 50))
        line(report(200, 150))
    first, second = file.getvalue().split("\r")[1:]
    assert first.startswith("with Oja: 100/200, loss 0.5, 50.0 % right, ") and first.endswith("s left")
    assert second.startswith("with Oja: 200/200, loss 0.5, 75.0 % right, ") and second.endswith("\n")
    assert len(second.rstrip("\n")) >= len(first)


def test_a_line_in_a_file():
    file = io.StringIO()
    with plasticity.ProgressLine(200, file=file) as line:
        line(report(100, losses=0))
        line(report(150, losses=0))
    text = file.getvalue()
    assert text.startswith("150/200, ") and text.count("\n") == 1 and "loss" not in text
    with plasticity.ProgressLine(200, file=file):
        pass
    assert file.getvalue().count("\n") == 1


def test_learn_shows_progress(data, make, capsys):
    make().learn(*data, progress=True, progress_every=100)
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("200/200, loss ")


def test_accuracy_between_reports():
    run = [report(100, 50), report(200, 150), report(200, 150), report(300, 150, losses=200), report(400, 175)]
    assert _display._curve(run) == ([50, 150, 350], [0.5, 1, 0.125])
    assert _display._curve([(1, 0.5), (2, 0.75)]) == ([1, 2], [0.5, 0.75])


def test_a_figure(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "history.png"
    axes = plasticity.plot_history({"SGD": [report(100, 50), report(200, 150)], "test": [(0, 0.1), (200, 0.7)]}, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SGD", "test"]
    assert list(axes.lines[0].get_xdata()) == [50, 150] and list(axes.lines[0].get_ydata()) == [0.5, 1]
    assert plasticity.plot_history({"more": [(0, 0)]}, ax=axes) is axes and len(axes.lines) == 3


def test_matplotlib_is_loaded_only_for_figures():
    done = run_python("import sys, plasticity; sys.exit('matplotlib' in sys.modules)")
    assert done.returncode == 0, done.stderr
