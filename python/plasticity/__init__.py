# SPDX-License-Identifier: MIT
"""plasticity: biologically plausible learning, one sample at a time.

    import plasticity

    net = plasticity.Network(inputs=784, seed=1)
    net.add("dense", units=100, activation="softplus")
    net.add("dense", units=10, activation="softmax")
    net.add_rule("hidden", "oja", rate=3e-3)
    net.set_optimizer("sgd", rate=1e-2)
    report = net.learn(images, labels)
    print(report.accuracy, net.evaluate(test_images, test_labels).accuracy)

This package calls the C library libplasticity; it computes nothing itself. NumPy arrays go in and out without a copy.
Rules, optimizers, feedback and temporal schemes describe their parameters: help(plasticity.Rule("oja")).
plasticity.measures has measures of weights, activities and signals.
"""

from . import measures
from ._descriptions import Feedback, Optimizer, Parameter, Rule, Temporal
from ._display import ProgressLine, plot_history
from ._errors import (Error, InvalidError, LapackError, NotFiniteError, OutOfMemoryError, RangeError, StateError,
                      UnknownError, UnsupportedError, VersionError)
from ._flossing import Flossing, FlossingReport
from ._layers import Layer, Synapses
from ._library import PATH as library_path
from ._library import VERSION as __version__
from ._lyapunov import Lyapunov, LyapunovSummary, NetworkLyapunov
from ._names import ACTIVATIONS, ALIGNMENTS, ANGLES, CPU_LEVELS, FORMS, INITIALISERS, LOSSES, QUANTITIES
from ._network import Network
from ._objects import Context
from ._state import Report, State, Stop

__all__ = [
    "ACTIVATIONS", "ALIGNMENTS", "ANGLES", "CPU_LEVELS", "Context", "Error", "FORMS", "Feedback", "Flossing",
    "FlossingReport", "INITIALISERS", "InvalidError", "LOSSES", "LapackError", "Layer", "Lyapunov", "LyapunovSummary",
    "Network", "NetworkLyapunov", "NotFiniteError", "Optimizer", "OutOfMemoryError",
    "Parameter", "ProgressLine", "QUANTITIES", "RangeError", "Report", "Rule", "State", "StateError", "Stop",
    "Synapses", "Temporal", "UnknownError", "UnsupportedError", "VersionError", "library_path", "measures",
    "plot_history",
]
