# SPDX-License-Identifier: MIT
"""The few calls of the library that the benchmark needs, through ctypes."""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_uint32, c_uint64, c_void_p

ACTIVATIONS = {"softplus": 1, "relu": 2, "softmax": 5}
DTYPES = {"float32": 1, "int32": 4}
HIDDEN_LAYERS = -1


class Matrix(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("rows", c_int64), ("cols", c_int64), ("row_stride", c_int64),
                ("col_stride", c_int64), ("dtype", c_int32), ("flags", c_int32)]

    @classmethod
    def of(cls, array):
        """A view of a C-contiguous NumPy array; a vector is a column. The array must outlive the view."""
        cols = array.shape[1] if array.ndim == 2 else 1
        return cls(array.ctypes.data, array.shape[0], cols, cols, 1, DTYPES[str(array.dtype)], 0)


class Growing(ctypes.Structure):
    """Structs that begin with their own size; a zero means the default."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class NetworkOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("dtype", c_int32), ("inputs", c_int64), ("seed", c_uint64),
                ("loss", c_int32), ("reserved0", c_int32)]


class LayerOptions(Growing):
    _fields_ = [("struct_size", c_uint32), ("activation", c_int32), ("units", c_int64),
                ("activation_param", c_double), ("gain", c_double), ("init", c_int32), ("no_bias", c_int32)]


class Data(Growing):
    _fields_ = [("struct_size", c_uint32), ("reserved0", c_int32), ("inputs", POINTER(Matrix)),
                ("targets", POINTER(Matrix)), ("loss_mask", POINTER(Matrix)), ("order", POINTER(Matrix)),
                ("batch", c_int64)]


SIGNATURES = {
    "plast_context_create": [c_void_p, POINTER(c_void_p)],
    "plast_network_create": [c_void_p, POINTER(NetworkOptions), POINTER(c_void_p)],
    "plast_network_add": [c_void_p, c_char_p, POINTER(LayerOptions), c_void_p],
    "plast_rule_create": [c_void_p, c_char_p, POINTER(c_void_p)],
    "plast_rule_set": [c_void_p, c_char_p, c_double],
    "plast_network_add_rule": [c_void_p, c_int32, c_void_p],
    "plast_optimizer_create": [c_void_p, c_char_p, POINTER(c_void_p)],
    "plast_optimizer_set": [c_void_p, c_char_p, c_double],
    "plast_network_set_optimizer": [c_void_p, c_void_p],
    "plast_network_prepare": [c_void_p, c_int64],
    "plast_network_learn": [c_void_p, c_void_p, POINTER(Data), c_void_p, c_void_p],
}
DESTROYERS = ["plast_context_destroy", "plast_network_destroy", "plast_rule_destroy", "plast_optimizer_destroy"]


def load(path):
    library = ctypes.CDLL(path)
    for name, arguments in SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, c_int32
    for name in DESTROYERS:
        function = getattr(library, name)
        function.argtypes, function.restype = [c_void_p], None
    library.plast_context_error.argtypes, library.plast_context_error.restype = [c_void_p], c_char_p
    return library


class Network:
    """The library's side of a task (see compare.Task)."""

    def __init__(self, library, task):
        self.library, self.task = library, task
        self.context, self.network = c_void_p(), c_void_p()
        self.check(library.plast_context_create(None, byref(self.context)))
        options = NetworkOptions(inputs=task.sizes[0], seed=1)
        self.check(library.plast_network_create(self.context, byref(options), byref(self.network)))
        for units in task.sizes[1:-1]:
            self.add_layer(units, task.activation, task.beta if task.activation == "softplus" else 0)
        self.add_layer(task.sizes[-1], "softmax", 0)
        if task.oja:
            self.attach("rule", b"oja", task.oja_rate, library.plast_network_add_rule, HIDDEN_LAYERS)
        self.attach("optimizer", b"sgd", task.rate, library.plast_network_set_optimizer)
        self.check(library.plast_network_prepare(self.network, task.batch))

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.library.plast_context_error(self.context).decode())

    def add_layer(self, units, activation, param):
        options = LayerOptions(units=units, activation=ACTIVATIONS[activation], activation_param=param,
                               no_bias=not self.task.bias)
        self.check(self.library.plast_network_add(self.network, b"dense", byref(options), None))

    def attach(self, kind, name, rate, use, *where):
        """Makes a rule or an optimizer with its rate and hands it to the network, which copies it."""
        handle = c_void_p()
        self.check(getattr(self.library, f"plast_{kind}_create")(self.context, name, byref(handle)))
        self.check(getattr(self.library, f"plast_{kind}_set")(handle, b"rate", rate))
        self.check(use(self.network, *where, handle))
        getattr(self.library, f"plast_{kind}_destroy")(handle)

    def learn(self, inputs, labels, order):
        """Online: the samples in this order; `order` None: all of them as one minibatch."""
        x, t = Matrix.of(inputs), Matrix.of(labels)
        data = Data(inputs=ctypes.pointer(x), targets=ctypes.pointer(t), batch=self.task.batch)
        if order is not None:
            data.order = ctypes.pointer(Matrix.of(order))
        self.check(self.library.plast_network_learn(self.network, None, byref(data), None, None))

    def destroy(self):
        self.library.plast_network_destroy(self.network)
        self.library.plast_context_destroy(self.context)
