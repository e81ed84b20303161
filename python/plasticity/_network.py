# SPDX-License-Identifier: MIT
"""Networks, their layers and synapse groups."""

import ctypes
import numbers
import threading
from ctypes import byref

import numpy as np

from . import _names, _structs
from ._arrays import array_of, dtype_of, float_type, matrix
from ._descriptions import Optimizer, Rule, attached
from ._display import ProgressLine
from ._errors import INVALID, RANGE, Error, error
from ._library import lib
from ._objects import Handle, Object, context_of
from ._state import Progress, State, Stop, report_of


class Synapses:
    """A synapse group: the weights between two populations, rows are postsynaptic. Borrowed from its network."""

    __slots__ = ("layer", "_pointer")

    def __init__(self, layer, pointer):
        self.layer = layer
        self._pointer = pointer

    def _call(self, function, *arguments):
        self.layer.network._handle.call(function, self._pointer, *arguments)

    @property
    def weights(self):
        """The library's own memory as a read-only n_out x n_in array, without a copy: it follows learning."""
        view = _structs.Matrix()
        self._call(lib.plast_synapses_view, byref(view))
        return array_of(view, self.layer.network._handle)

    @property
    def shape(self):
        return self.weights.shape

    def get_weights(self, out=None):
        """A copy; `out` may be float32 or float64, of any positive strides."""
        if out is None:
            weights = self.weights
            out = np.empty(weights.shape, weights.dtype)
        self._call(lib.plast_synapses_get_weights, byref(matrix("out", out)))
        return out

    def set_weights(self, weights):
        """Copies in; refuses what is not finite in the network's type."""
        self._call(lib.plast_synapses_set_weights, byref(matrix("weights", weights)))

    @property
    def frozen(self):
        """Whether learning leaves the weights alone. Set it at any time between calls."""
        network, layer = self.layer.network, self.layer.index
        return network._frozen.get((layer, self._pointer), network._frozen.get(layer, False))

    @frozen.setter
    def frozen(self, frozen):
        self._call(lib.plast_synapses_set_frozen, _names.flag("frozen", frozen))
        self.layer.network._frozen[self.layer.index, self._pointer] = bool(frozen)

    def __repr__(self):
        return f"<Synapses of layer {self.layer.index}, {' x '.join(map(str, self.shape))}>"


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
        """A synapse group by name; None: the first. "dense" has one, "input"."""
        pointer = self.network._handle.create(lib.plast_layer_synapses, self._pointer,
                                              None if name is None else _names.text("name", name))
        return Synapses(self, pointer)

    @property
    def weights(self):
        """Short for synapses().weights."""
        return self.synapses().weights

    def get_bias(self, out=None):
        """A copy of the biases; `out` may be float32 or float64. A StateError for a layer without."""
        if out is None:
            out = np.empty(self.units, self.network.dtype)
        self._call(lib.plast_layer_get_bias, byref(matrix("out", out, row=True)))
        return out

    def set_bias(self, bias):
        """Copies in; refuses what is not finite in the network's type."""
        self._call(lib.plast_layer_set_bias, byref(matrix("bias", bias, row=True)))

    @property
    def frozen(self):
        """Whether everything in the layer that adapts stands still: weights, biases, moments. Setting it sets all of
        the layer's synapse groups too. Errors pass on through a frozen layer."""
        return self.network._frozen.get(self.index, False)

    @frozen.setter
    def frozen(self, frozen):
        self._call(lib.plast_layer_set_frozen, _names.flag("frozen", frozen))
        flags = self.network._frozen
        for key in [key for key in flags if isinstance(key, tuple) and key[0] == self.index]:
            del flags[key]
        flags[self.index] = bool(frozen)

    def __repr__(self):
        return f"<Layer {self.index}{'' if self.network.closed else f', {self.units} units'}>"


def _data(inputs, targets, loss_mask, order, batch):
    """(plast_data, all that must live as long). One sample may be a vector, with its label a number and its target
    a vector."""
    one = isinstance(inputs, np.ndarray) and inputs.ndim == 1
    if isinstance(targets, numbers.Integral):
        targets = np.array([targets], np.int64)
    row = one and isinstance(targets, np.ndarray) and targets.dtype.kind == "f"
    views = {"inputs": matrix("inputs", inputs, row=True)}
    if targets is not None:
        views["targets"] = matrix("targets", targets, row=row)
    if loss_mask is not None:
        views["loss_mask"] = matrix("loss_mask", loss_mask)
    if order is not None:
        views["order"] = matrix("order", order)
    data = _structs.Data(batch=batch, **{name: ctypes.pointer(view) for name, view in views.items()})
    return data, (views, targets)


class Network(Object):
    """A stack of layers that learns.

    inputs: columns of the input
    seed: of the network's own random numbers
    dtype: "float32" or "float64": what the whole network computes in
    loss: "cross_entropy", "logistic" or "squared"; "default": by the output's activation (softmax, sigmoid, others)
    context: None: a new one

    Arrays are NumPy arrays and are never copied: samples are rows, strides may be any positive ones, inputs float32 or
    float64. Calls of several threads on the same network wait for each other.
    """

    __slots__ = ("inputs", "dtype", "_frozen", "_optimizer")
    _what = "network"

    def __init__(self, inputs, *, seed=0, dtype="float32", loss="default", context=None):
        self._claim = None
        number = float_type(dtype)
        options = _structs.NetworkOptions(inputs=_names.integer("inputs", inputs), dtype=number,
                                          seed=_names.integer("seed", seed, 0, 2**64 - 1),
                                          loss=_names.number("loss", _names.LOSSES, loss))
        self.inputs = options.inputs
        self.dtype = dtype_of(number)
        self._frozen = {}  # layer index, or (layer index, pointer of a synapse group) -> what was set last
        self._optimizer = None
        context = context_of(context)
        pointer = context.create(lib.plast_network_create, context.pointer, byref(options))
        self._claim = Handle(pointer, lib.plast_network_destroy, context)

    def _call(self, function, *arguments):
        handle = self._handle
        handle.call(function, handle.pointer, *arguments)

    def _index(self, layer):
        """Index of a layer given as one; -1 is the last."""
        if isinstance(layer, Layer):
            if layer.network is not self:
                raise error(INVALID, "the layer belongs to another network")
            return layer.index
        count = self._count()
        index = _names.integer("layer", layer)
        if not -count <= index < count:
            raise error(RANGE, f"layer {index} of a network with {count} layers")
        return index % count

    def _layers(self, layers):
        """The library's number for "hidden", "all", an index or a Layer."""
        return _names.number("choice of layers", _names.LAYERS, layers) if isinstance(layers, str) \
            else self._index(layers)

    def add(self, kind, units, activation="linear", *, activation_param=None, init="xavier_uniform", gain=1.0,
            bias=True):
        """Adds a layer on top, its weights drawn at once, and returns it.

        kind: "dense": y = f(W x + b)
        activation: a name in ACTIVATIONS; activation_param is softplus's beta, None: its default, 10
        init: a name in INITIALISERS; gain multiplies the weights
        """
        gain = _names.real("gain", gain)
        param = None if activation_param is None else _names.real("activation_param", activation_param)
        if gain == 0:  # which is the default in C
            raise error(RANGE, 'gain is 0, expected another number (init="zero" makes weights of 0)')
        if param == 0:
            raise error(RANGE, "activation_param is 0, expected another number, or None for the default")
        options = _structs.LayerOptions(
            units=_names.integer("units", units),
            activation=_names.number("activation", _names.ACTIVATIONS, activation),
            activation_param=param or 0,
            init=_names.number("initialiser", _names.INITIALISERS, init),
            gain=gain, no_bias=1 - _names.flag("bias", bias))
        self._call(lib.plast_network_add, _names.text("kind", kind), byref(options), None)
        return Layer(self, self._count() - 1)

    def _count(self):
        return lib.plast_network_layers(self._handle.pointer)

    @property
    def layers(self):
        """All layers, from the one next to the input on."""
        return tuple(Layer(self, index) for index in range(self._count()))

    @property
    def outputs(self):
        """Units of the last layer."""
        return Layer(self, self._count() - 1).units if self._count() else 0

    def add_rule(self, layers, rule):
        """Attaches a copy of a Rule to "hidden" (all but the last), "all", or one layer. Returns the attached rule's
        parameters, as rule() does."""
        if not isinstance(rule, Rule):
            raise TypeError(f"rule is {rule!r}, expected a Rule")
        self._call(lib.plast_network_add_rule, self._layers(layers), rule._handle.pointer)
        return self.rule(layers, rule.name)

    def rule(self, layers, name):
        """Parameters of an attached rule, to be read and changed at any time between calls:
        net.rule("hidden", "oja").rate = 1e-3. Reading takes the first of the layers."""
        number, text = self._layers(layers), _names.text("rule", name)

        def read(parameter):
            handle = self._handle
            return handle.read(lib.plast_network_get_rule, handle.pointer, max(number, 0), text, parameter)

        with Rule(name) as described:
            table = described.parameters
        return attached("rule", name, table, read, lambda parameter, value: self._call(
            lib.plast_network_set_rule, number, text, parameter, value))

    def set_optimizer(self, optimizer):
        """Takes a copy of an Optimizer; moments start at 0. Returns its parameters, as the property optimizer does."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer is {optimizer!r}, expected an Optimizer")
        self._call(lib.plast_network_set_optimizer, optimizer._handle.pointer)
        self._optimizer = optimizer.name, optimizer.parameters
        return self.optimizer

    @property
    def optimizer(self):
        """Parameters of the network's optimizer, to be read and changed at any time between calls:
        net.optimizer.rate *= 0.9. None before set_optimizer."""
        if self._optimizer is None:
            return None

        def read(parameter):
            handle = self._handle
            return handle.read(lib.plast_network_get_optimizer_parameter, handle.pointer, parameter)

        return attached("optimizer", *self._optimizer, read, lambda parameter, value: self._call(
            lib.plast_network_set_optimizer_parameter, parameter, value))

    def prepare(self, batch=1):
        """Checks the whole network and allocates all that learning with this batch needs; learn does it by itself."""
        self._call(lib.plast_network_prepare, _names.integer("batch", batch))

    def reset(self, seed):
        """Draws all weights anew; biases, moments and update counts become 0. Rules, optimizer and rates stay."""
        self._call(lib.plast_network_reset, _names.integer("seed", seed, 0, 2**64 - 1))

    def learn(self, inputs, targets=None, *, batch=1, loss_mask=None, order=None, state=None, progress=None,
              progress_every=1000):
        """Learns the samples one after another, or minibatch by minibatch, and returns a Report.

        inputs: n x inputs, or one sample as a vector
        targets: n labels (uint8, int32, int64; -1: no loss), or n x outputs (float); None: no loss, rules only
        batch: samples per update; 1: online
        loss_mask: n weights >= 0 of the samples' losses
        order: the rows to visit, in this order (int32, int64)
        state: of this network; None: the network's own
        progress: called with the Report so far, every progress_every samples; an exception in it ends the call and is
            raised again (Stop: only ends the call). True: a line of text

        A sample (or minibatch) with anything in it that is not finite changes nothing and ends the call with
        NotFiniteError, whose report says how many samples were learned before.
        """
        data, keep = _data(inputs, targets, loss_mask, order, _names.integer("batch", batch, 1))
        every = _names.integer("progress_every", progress_every, 1)
        if progress is True:
            with ProgressLine((data.order or data.inputs).contents.rows) as line:
                report = self._learn(data, state, line, every)
        else:
            report = self._learn(data, state, progress, every)
        del keep
        return report

    def _learn(self, data, state, progress, every):
        # Without a function too, so that Ctrl-C ends a long call: signals are handled when Python runs.
        watch = progress is not None or threading.current_thread() is threading.main_thread()
        callback = Progress(progress) if watch else None
        options = byref(callback.options(every)) if watch else None
        try:
            with self._handle.lock:
                return self._tell(lib.plast_network_learn, state, byref(data), options)
        except Error as failure:
            raised = callback.take() if watch else None
            if raised is None:
                raise
            if isinstance(raised, Stop):
                return failure.report._replace(stopped=True)
            try:
                raise raised from None
            finally:
                del raised

    def _call_with(self, state, function, *arguments):
        """A call that uses a State, or the network's own for None; the messages go to the context of the one used."""
        handle = self._handle
        if state is None:
            handle.call(function, handle.pointer, None, *arguments)
        elif isinstance(state, State):
            used = state._handle
            used.call(function, handle.pointer, used.pointer, *arguments)
        else:
            raise TypeError(f"state is {state!r}, expected a State")

    def _tell(self, function, state, *arguments):
        """Calls a function that ends with a report; a failure carries it, too."""
        info = _structs.ReportInfo()
        try:
            self._call_with(state, function, *arguments, byref(info))
        except Error as failure:
            failure.report = report_of(info)
            raise
        return report_of(info)

    def run(self, inputs, out=None, *, state=None):
        """The network's answers, n x outputs; a vector for one sample given as a vector.

        out: float32 or float64, of any positive strides; None: a new array of the network's type
        """
        x = matrix("inputs", inputs, row=True)
        if out is None:
            out = np.empty((max(x.rows, 1), max(self.outputs, 1)) if inputs.ndim == 2 else max(self.outputs, 1),
                           self.dtype)
        y = matrix("out", out, row=inputs.ndim == 1)
        self._call_with(state, lib.plast_network_run, byref(x), byref(y))
        return out

    def evaluate(self, inputs, targets, *, loss_mask=None, order=None, state=None):
        """Loss and correct answers over the data, as a Report; nothing is learned. Arguments as in learn."""
        data, keep = _data(inputs, targets, loss_mask, order, 0)
        report = self._tell(lib.plast_network_evaluate, state, byref(data))
        del keep
        return report

    def __repr__(self):
        if self.closed:
            return "<Network, closed>"
        sizes = "-".join(str(size) for size in (self.inputs, *(layer.units for layer in self.layers)))
        return f"<Network {sizes}, {self.dtype}>"
