# SPDX-License-Identifier: MIT
"""Layers and synapse groups, borrowed from their network."""

import weakref
from ctypes import byref, c_double
from math import inf

import numpy as np

from . import _names, _structs
from ._arrays import array_of, matrix
from ._descriptions import Rule, attached, described
from ._errors import STATE, error
from ._library import lib


class Scheme:
    """What goes with a feedback scheme: its synapse groups refer to it, and `shown` refers weakly to their memory as
    long as an array shows it."""

    __slots__ = ("shown",)

    def __init__(self):
        self.shown = weakref.WeakSet()


class Synapses:
    """A synapse group: the weights between two populations, rows are postsynaptic. Borrowed from its network; a group
    of a feedback scheme goes when another scheme is set, and using it is a StateError from then on."""

    __slots__ = ("layer", "name", "_pointer", "_scheme")

    def __init__(self, layer, name):
        """The group of this name, None: the first."""
        network = layer.network
        handle = network._handle
        self.layer = layer
        self.name = name
        with handle.lock:
            self._pointer = handle.create(lib.plast_layer_synapses, layer._pointer,
                                          None if name is None else _names.text("name", name))
            self._scheme = None if name is None or name in _names.LASTING else network._scheme

    def _check(self):
        """The network's handle; its lock is held when the group must not go meanwhile."""
        handle = self.layer.network._handle
        if self._scheme is not None and self._scheme is not self.layer.network._scheme:
            raise error(STATE, "the synapse group went with the feedback scheme that it belonged to")
        return handle

    def _call(self, function, *arguments):
        with self.layer.network._handle.lock:
            self._check().call(function, self._pointer, *arguments)

    @property
    def weights(self):
        """The library's own memory as a read-only n_out x n_in array, without a copy: it follows learning. Rows of
        forward weights are contiguous, columns of feedback weights are."""
        view, handle = _structs.Matrix(), self.layer.network._handle
        with handle.lock:
            self._call(lib.plast_synapses_view, byref(view))
            return array_of(view, handle, None if self._scheme is None else self._scheme.shown)

    @property
    def shape(self):
        return self.weights.shape

    def get_weights(self, out=None):
        """A copy; `out` may be float32 or float64, of any positive strides."""
        return self._copy(lib.plast_synapses_get_weights, out)

    def set_weights(self, weights):
        """Copies in; refuses what is not finite in the network's type."""
        self._call(lib.plast_synapses_set_weights, byref(matrix("weights", weights)))

    def get_mask(self, out=None):
        """A copy of the mask in the shape of the weights: 1 where there is a synapse, else 0; all 1 where none was
        set. `out` may be float32 or float64."""
        return self._copy(lib.plast_synapses_get_mask, out)

    def set_mask(self, mask):
        """Which synapses exist: True or 1, False or 0 for each, n_out x n_in (bool, uint8, float32 or float64). Weights
        elsewhere are 0 from now on, whatever learns. None: all exist; those that were missing start from 0."""
        self._call(lib.plast_synapses_set_mask, None if mask is None else byref(matrix("mask", mask)))

    def get_sign(self, out=None):
        """A copy of the signs of the presynaptic units: 1 excitatory, -1 inhibitory, 0 either; all 0 where none were
        set. `out` may be float32 or float64, n_in numbers in a row or column."""
        if out is None:
            out = np.empty(self.shape[1], self.weights.dtype)
        self._call(lib.plast_synapses_get_sign, byref(matrix("out", out, row=True)))
        return out

    def set_sign(self, signs):
        """Dale's law: one number for each presynaptic unit, 1 for weights >= 0, -1 for weights <= 0, 0 for either. A
        weight of the wrong sign becomes 0 at once and whenever something learns. None: all 0."""
        self._call(lib.plast_synapses_set_sign, None if signs is None else byref(matrix("signs", signs, row=True)))

    def get_bounds(self):
        """The bounds of all weights, (-inf, inf) where none were set."""
        lower, upper = c_double(), c_double()
        self._call(lib.plast_synapses_get_bounds, byref(lower), byref(upper))
        return lower.value, upper.value

    def set_bounds(self, lower=None, upper=None):
        """Hard bounds of all weights, now and whatever learns; None: no bound."""
        self._call(lib.plast_synapses_set_bounds, -inf if lower is None else _names.real("lower", lower),
                   inf if upper is None else _names.real("upper", upper))

    def add_rule(self, rule, **parameters):
        """Attaches a copy of a Rule, or one made by its name and parameters, to this group alone:
        layer.synapses("recurrent").add_rule("oja", rate=1e-3). Returns its parameters, as rule() does."""
        rule = described(Rule, rule, parameters)
        self._call(lib.plast_synapses_add_rule, rule._handle.pointer)
        return self.rule(rule.name)

    def rule(self, name):
        """Parameters of a rule that is attached to this group, to be read and changed at any time between calls. What
        the rule keeps is seen by view()."""
        text = _names.text("rule", name)

        def read(parameter):
            value = c_double()
            self._call(lib.plast_synapses_get_rule, text, parameter, byref(value))
            return value.value

        def write(parameter, value):
            self._call(lib.plast_synapses_set_rule, text, parameter, value)

        def look(quantity):
            view = _structs.Matrix()
            self._call(lib.plast_synapses_view_rule, text, quantity, byref(view))
            return array_of(view, self.layer.network._handle)[0]

        with Rule(name) as one:
            table = one.parameters
        return attached("rule", name, table, read, write, look)

    def set_rule(self, name, **parameters):
        """Parameters of a rule that is attached to this group, at any time between calls: set_rule("oja", rate=0).
        Those before one that is refused are set."""
        rule = _names.text("rule", name)
        for parameter, value in parameters.items():
            self._call(lib.plast_synapses_set_rule, rule, _names.text("parameter", parameter),
                       _names.real(parameter, value))

    def _copy(self, function, out):
        if out is None:
            weights = self.weights
            out = np.empty(weights.shape, weights.dtype)
        self._call(function, byref(matrix("out", out)))
        return out

    @property
    def frozen(self):
        """Whether learning leaves the weights alone. Set it at any time between calls."""
        with self.layer.network._handle.lock:
            self._check()
            return bool(lib.plast_synapses_frozen(self._pointer))

    @frozen.setter
    def frozen(self, frozen):
        self._call(lib.plast_synapses_set_frozen, _names.flag("frozen", frozen))

    def __repr__(self):
        network = self.layer.network
        what = "" if self.name is None else f" {self.name!r}"
        gone = network.closed or self._scheme is not None and self._scheme is not network._scheme
        shape = "gone" if gone else " x ".join(map(str, self.shape))
        return f"<Synapses{what} of layer {self.layer.index}, {shape}>"


class Layer:
    """A layer, borrowed from its network."""

    __slots__ = ("network", "index", "_pointer")

    def __init__(self, network, index):
        self.network = network
        self.index = index
        handle = network._handle
        self._pointer = handle.create(lib.plast_network_layer, handle.pointer, index)

    def _call(self, function, *arguments):
        self.network._handle.call(function, self._pointer, *arguments)

    @property
    def units(self):
        self.network._handle
        return lib.plast_layer_units(self._pointer)

    def synapses(self, name=None):
        """A synapse group by name; None: the first. "dense" has one, "input"; "recurrent" another, "recurrent". The
        matrices of a feedback scheme belong to the layer in which they end, as "feedback" in most schemes
        (docs/feedback.md)."""
        return Synapses(self, name)

    @property
    def weights(self):
        """Short for synapses().weights."""
        return self.synapses().weights

    def get_bias(self, out=None):
        """A copy of the biases; `out` may be float32 or float64. A StateError for a layer without."""
        if out is None:
            out = np.empty(self._length("bias"), self.network.dtype)
        self._call(lib.plast_layer_get_bias, byref(matrix("out", out, row=True)))
        return out

    def set_bias(self, bias):
        """Copies in; refuses what is not finite in the network's type."""
        self._call(lib.plast_layer_set_bias, byref(matrix("bias", bias, row=True)))

    def _length(self, vector):
        """Of a vector of the layer: a bias has a number for each row of the weights; a unit may have several rows."""
        return self.units if vector == "initial" else self.synapses().shape[0]

    def get_vector(self, name, out=None):
        """A copy of what the layer keeps for its units beside weights: "bias" or, of a layer with a state, "initial",
        the state before the first step of every sequence. `out` may be float32 or float64."""
        if out is None:
            out = np.empty(self._length(name), self.network.dtype)
        self._call(lib.plast_layer_get_vector, _names.text("name", name), byref(matrix("out", out, row=True)))
        return out

    def set_vector(self, name, vector):
        """Copies in; refuses what is not finite in the network's type."""
        self._call(lib.plast_layer_set_vector, _names.text("name", name), byref(matrix("vector", vector, row=True)))

    def get_types(self, out=None):
        """A copy of the cell types of a "recurrent" layer's units; `out` may be uint8, int32 or int64."""
        if out is None:
            out = np.empty(self.units, np.int32)
        self._call(lib.plast_layer_get_types, byref(matrix("out", out, row=True)))
        return out

    def set_types(self, types):
        """The cell types over which "mdgl" and "modprop" average recurrent weights: whole numbers from 0 on, one for each
        unit of a "recurrent" layer; None: one type for all."""
        self._call(lib.plast_layer_set_types, None if types is None else byref(matrix("types", types, row=True)))

    @property
    def frozen(self):
        """Whether everything in the layer that adapts stands still: weights, biases, moments. Setting it sets all of
        the layer's synapse groups too. Errors pass on through a frozen layer."""
        handle = self.network._handle
        with handle.lock:
            return bool(lib.plast_layer_frozen(self._pointer))

    @frozen.setter
    def frozen(self, frozen):
        self._call(lib.plast_layer_set_frozen, _names.flag("frozen", frozen))

    def __repr__(self):
        return f"<Layer {self.index}{'' if self.network.closed else f', {self.units} units'}>"
