# SPDX-License-Identifier: MIT
"""Networks: what they are made of."""

import gc
from ctypes import byref

from . import _names, _structs
from ._arrays import array_of, dtype_of, float_type
from ._descriptions import Feedback, Optimizer, Rule, Temporal, attached, described
from ._errors import INVALID, RANGE, STATE, error
from ._layers import Layer, Scheme
from ._learning import Learning
from ._library import lib
from ._lyapunov import NetworkLyapunov
from ._objects import Handle, context_of


def _one_number(what, value):
    """An option of which 0 means the default in C, and None does here."""
    if value is None:
        return 0
    number = _names.real(what, value)
    if number == 0:
        raise error(RANGE, f"{what} is 0, expected another number, or None for the default")
    return number


def _check_same(what, now, then):
    """What parameters belong to must be in force still."""
    if now != then:
        raise error(STATE, f'{what} is "{now}" now, these were parameters of "{then}"')


class Network(Learning):
    """A stack of layers that learns.

    inputs: columns of the input
    seed: of the network's own random numbers
    dtype: "float32" or "float64": what the whole network computes in
    loss: "cross_entropy", "logistic" or "squared"; "default": by the output's activation (softmax, sigmoid, others)
    context: None: a new one

    Arrays are NumPy arrays and are never copied: samples are rows, strides may be any positive ones, inputs float32 or
    float64. Calls of several threads on the same network wait for each other.
    """

    __slots__ = ("inputs", "dtype", "_optimizer", "_scheme")
    _what = "network"

    def __init__(self, inputs, *, seed=0, dtype="float32", loss="default", context=None):
        self._claim = None
        number = float_type(dtype)
        options = _structs.NetworkOptions(inputs=_names.integer("inputs", inputs), dtype=number,
                                          seed=_names.integer("seed", seed, 0, 2**64 - 1),
                                          loss=_names.number("loss", _names.LOSSES, loss))
        self.inputs = options.inputs
        self.dtype = dtype_of(number)
        self._optimizer = None
        self._scheme = Scheme()
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
            init_param=None, bias=True, form="voltage", alpha=None, recurrent_init="xavier_uniform",
            recurrent_gain=None, recurrent_param=None, self_synapses=True, noise=0.0, learn_initial=False):
        """Adds a layer on top, its weights drawn at once, and returns it.

        kind: "dense": y = f(W x + b); "recurrent": a state that goes from step to step of a sequence, which may not be
            the last layer (docs/recurrent.md)
        activation: a name in ACTIVATIONS; activation_param is the one number of "softplus" (beta, 10 by default),
            "leaky_relu" (slope below 0, 0.01) or "elu" (alpha, 1); None: the default
        init: a name in INITIALISERS; gain multiplies the weights; init_param is the one number of "sparse" (inputs of
            each unit, 15), "diluted" (share of synapses that exist, 0.1), "low_rank" (rank, 1) or "dale_balanced"
            (excitatory share, 0.8); None: the default

        Of layers with a state alone:
        form: a name in FORMS; alpha: dt / tau in (0, 1], None: 1, no leak
        recurrent_init, recurrent_gain, recurrent_param: of the weights from the step before; None: the default
        self_synapses: False: no unit has a synapse onto itself
        noise: standard deviation of what is added to the state at every step
        learn_initial: whether the state before the first step learns as a bias does
        """
        gain = _names.real("gain", gain)
        if gain == 0:  # which is the default in C
            raise error(RANGE, 'gain is 0, expected another number (init="zero" makes weights of 0)')
        options = _structs.LayerOptions(
            units=_names.integer("units", units),
            activation=_names.number("activation", _names.ACTIVATIONS, activation),
            activation_param=_one_number("activation_param", activation_param),
            init=_names.number("initialiser", _names.INITIALISERS, init),
            init_param=_one_number("init_param", init_param), gain=gain, no_bias=1 - _names.flag("bias", bias),
            form=_names.number("form", _names.FORMS, form), alpha=_one_number("alpha", alpha),
            recurrent_init=_names.number("initialiser", _names.INITIALISERS, recurrent_init),
            recurrent_gain=_one_number("recurrent_gain", recurrent_gain),
            recurrent_param=_one_number("recurrent_param", recurrent_param), noise=_names.real("noise", noise),
            no_self=1 - _names.flag("self_synapses", self_synapses),
            learn_initial=_names.flag("learn_initial", learn_initial))
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

    def add_rule(self, layers, rule, **parameters):
        """Attaches a copy of a Rule, or one made by its name and parameters, to "hidden" (all but the last), "all", or
        one layer: net.add_rule("hidden", "oja", rate=1e-3). Returns the attached rule's parameters, as rule() does."""
        rule = described(Rule, rule, parameters)
        self._call(lib.plast_network_add_rule, self._layers(layers), rule._handle.pointer)
        return self.rule(layers, rule.name)

    def rule(self, layers, name):
        """Parameters of an attached rule, to be read and changed at any time between calls:
        net.rule("hidden", "oja").rate = 1e-3. Reading takes the first of the layers. What the rule keeps is seen by
        view(): net.rule(0, "bcm").view("threshold")."""
        number, text = self._layers(layers), _names.text("rule", name)

        def read(parameter):
            handle = self._handle
            return handle.read(lib.plast_network_get_rule, handle.pointer, max(number, 0), text, parameter)

        def write(parameter, value):
            self._call(lib.plast_network_set_rule, number, text, parameter, value)

        def look(quantity):
            handle, view = self._handle, _structs.Matrix()
            handle.call(lib.plast_network_view_rule, handle.pointer, max(number, 0), text, quantity, byref(view))
            return array_of(view, handle)[0]

        with Rule(name) as one:
            table = one.parameters
        return attached("rule", name, table, read, write, look)

    def set_optimizer(self, optimizer, **parameters):
        """Takes a copy of an Optimizer, or one made by its name and parameters: net.set_optimizer("sgd", rate=1e-2).
        Moments start at 0. Returns its parameters, as the property optimizer does."""
        optimizer = described(Optimizer, optimizer, parameters)
        self._call(lib.plast_network_set_optimizer, optimizer._handle.pointer)
        self._optimizer = optimizer.name, optimizer.parameters
        return self.optimizer

    @property
    def optimizer(self):
        """Parameters of the network's optimizer, to be read and changed at any time between calls:
        net.optimizer.rate *= 0.9. None before set_optimizer."""
        if self._optimizer is None:
            return None
        name, table = self._optimizer

        def read(parameter):
            handle = self._handle
            with handle.lock:
                _check_same("optimizer", self._optimizer[0], name)
                return handle.read(lib.plast_network_get_optimizer_parameter, handle.pointer, parameter)

        def write(parameter, value):
            with self._handle.lock:
                _check_same("optimizer", self._optimizer[0], name)
                self._call(lib.plast_network_set_optimizer_parameter, parameter, value)

        return attached("optimizer", name, table, read, write)

    def set_feedback(self, feedback, layers="hidden", **parameters):
        """Chooses how the error comes down. Takes a copy of a Feedback, or one made by its name and parameters:
        net.set_feedback("fa"), net.set_feedback("kolen_pollack", decay=1e-3). Returns the scheme's parameters, as
        feedback_parameters() does.

        layers: "hidden", or one of them, when the scheme is in force already

        Matrices of the scheme before are gone, those of the new one are drawn; all else stays, so a scheme may be
        changed in the middle of learning. A StateError while an array shows matrices that would go.
        """
        feedback = described(Feedback, feedback, parameters)
        number, pointer = self._layers(layers), feedback._handle.pointer
        with self._handle.lock:
            if self._scheme.shown:
                gc.collect()
            if self._scheme.shown:
                raise error(STATE, f'an array shows matrices of feedback "{self.feedback}", which would go: delete the '
                                   'array first, and use get_weights() for copies that stay')
            self._call(lib.plast_network_set_feedback, number, pointer)
            self._scheme = Scheme()
        return self.feedback_parameters(layers)

    @property
    def feedback(self):
        """Name of the feedback scheme in force, "backprop" until another is set."""
        handle = self._handle
        with handle.lock:
            return lib.plast_network_feedback(handle.pointer).decode()

    def feedback_parameters(self, layers="hidden"):
        """Parameters of the feedback scheme in force, in all hidden layers or in one, to be read and changed at any
        time between calls: net.feedback_parameters().decay = 1e-4. Reading takes the first of the layers. Those that
        shape the matrices (gain, units) are read only; another value takes another set_feedback."""
        number, scheme = self._layers(layers), self.feedback

        def read(parameter):
            handle = self._handle
            with handle.lock:
                _check_same("feedback", self.feedback, scheme)
                return handle.read(lib.plast_network_get_feedback_parameter, handle.pointer, max(number, 0), parameter)

        def write(parameter, value):
            with self._handle.lock:
                _check_same("feedback", self.feedback, scheme)
                self._call(lib.plast_network_set_feedback_parameter, number, parameter, value)

        with Feedback(scheme) as one:
            table = one.parameters
        return attached("feedback", scheme, table, read, write)

    def set_temporal(self, /, temporal, **parameters):
        """Chooses how credit goes back in time in layers with a state, by name and parameters or as a Temporal:
        net.set_temporal("eprop"), net.set_temporal("bptt", truncation=10). Returns the scheme's parameters, as
        temporal_parameters() does. All that learns stays; eligibility traces of streams start anew."""
        temporal = described(Temporal, temporal, parameters)
        self._call(lib.plast_network_set_temporal, temporal._handle.pointer)
        return self.temporal_parameters()

    @property
    def temporal(self):
        """Name of the temporal scheme in force, "bptt" until another is set."""
        handle = self._handle
        with handle.lock:
            return lib.plast_network_temporal(handle.pointer).decode()

    def temporal_parameters(self):
        """Parameters of the temporal scheme in force, to be read and changed at any time between calls:
        net.temporal_parameters().truncation = 20."""
        scheme = self.temporal

        def read(parameter):
            handle = self._handle
            with handle.lock:
                _check_same("temporal", self.temporal, scheme)
                return handle.read(lib.plast_network_get_temporal_parameter, handle.pointer, parameter)

        def write(parameter, value):
            with self._handle.lock:
                _check_same("temporal", self.temporal, scheme)
                self._call(lib.plast_network_set_temporal_parameter, parameter, value)

        with Temporal(scheme) as one:
            table = one.parameters
        return attached("temporal", scheme, table, read, write)

    def lyapunov(self, inputs=None, *, steps=None, state=None, **options):
        """A NetworkLyapunov of this network that has run through the inputs: steps x inputs, steps x trajectories x
        inputs, or None for `steps` steps without. Options are those of NetworkLyapunov; its run() goes on."""
        if getattr(inputs, "ndim", 0) == 3:
            options.setdefault("trajectories", inputs.shape[1])
        estimate = NetworkLyapunov(self, **options)
        estimate.run(inputs, steps=steps, state=state)
        return estimate

    def prepare(self, batch=1, steps=1):
        """Checks the whole network and allocates all that learning needs with updates of so many samples, or of so many
        sequences over so many steps each; learn does it by itself."""
        self._call(lib.plast_network_prepare_steps, _names.integer("batch", batch), _names.integer("steps", steps))

    def reset(self, seed):
        """Draws all weights anew; biases, moments and update counts become 0. Rules, optimizer and rates stay."""
        self._call(lib.plast_network_reset, _names.integer("seed", seed, 0, 2**64 - 1))

    def __repr__(self):
        if self.closed:
            return "<Network, closed>"
        sizes = "-".join(str(size) for size in (self.inputs, *(layer.units for layer in self.layers)))
        return f"<Network {sizes}, {self.dtype}>"
