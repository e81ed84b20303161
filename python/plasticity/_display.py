# SPDX-License-Identifier: MIT
"""A line of progress, and a figure of several runs."""

import sys
import time


class ProgressLine:
    """A line of text that follows a call of learn: net.learn(x, y, progress=True), or, with a text of your own,

        with plasticity.ProgressLine(len(x), "with Oja") as line:
            net.learn(x, y, progress=line)

    On a terminal the line is written over again; elsewhere only its last form is written, at the end.
    """

    def __init__(self, total, label="", file=None):
        self.total = total
        self.label = f"{label}: " if label else ""
        self.file = sys.stderr if file is None else file
        self.start = time.monotonic()
        self.text = ""

    def __call__(self, report):
        seconds = time.monotonic() - self.start
        left = seconds * (self.total / report.samples - 1) if report.samples else 0
        shown = [f"{report.samples}/{self.total}"]
        if report.losses:
            shown += [f"loss {report.loss:.3g}", f"{100 * report.accuracy:.1f} % right"]
        shown.append(f"{left:.0f} s left" if report.samples < self.total else f"{seconds:.1f} s")
        text = self.label + ", ".join(shown)
        if self.file.isatty():
            self.file.write("\r" + text.ljust(len(self.text)))
            self.file.flush()
        self.text = text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.text:
            self.file.write("\n" if self.file.isatty() else self.text + "\n")


def _curve(run):
    """(samples, accuracies) of a run: of Reports, the accuracy between each and the one before it."""
    points, samples, losses, correct = [], 0, 0, 0
    for point in run:
        if hasattr(point, "samples"):
            if point.losses > losses:
                points.append(((samples + point.samples) / 2, (point.correct - correct) / (point.losses - losses)))
            samples, losses, correct = point.samples, point.losses, point.correct
        else:
            points.append(point)
    return [x for x, _ in points], [y for _, y in points]


def plot_history(runs, path=None, *, ax=None):
    """Draws accuracy against samples for several runs, with matplotlib, and returns the axes.

    runs: label -> run; a run is a list of Reports, as net.learn(..., progress=history.append) fills it, or of pairs
        (samples, accuracy)
    path: where the figure is saved, if given
    ax: axes to draw on; None: a new figure
    """
    if ax is None:
        from matplotlib.figure import Figure  # no display is needed

        ax = Figure(figsize=(6, 4), layout="constrained").add_subplot()
    for label, run in runs.items():
        ax.plot(*_curve(run), label=label)
    ax.set(xlabel="samples learned", ylabel="accuracy")
    ax.set_ylim(0, 1)
    ax.grid(alpha=0.3)
    ax.legend()
    if path is not None:
        ax.figure.savefig(path)
    return ax
