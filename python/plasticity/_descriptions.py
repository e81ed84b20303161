# SPDX-License-Identifier: MIT
"""Rules, optimizers, feedback and temporal schemes, and what else the library makes by name: they describe their own
parameters.

For each name a class is made, with a property for each parameter and the library's help as documentation.
"""

import ctypes
from typing import NamedTuple, Optional

from . import _names
from ._errors import RangeError
from ._library import lib
from ._objects import Handle, Object, context_of
from ._structs import ParameterInfo


class Parameter(NamedTuple):
    """How a parameter describes itself."""

    name: str
    help: str
    unit: str
    default: Optional[float]  # None: required
    minimum: float
    maximum: float
    open_minimum: bool  # the minimum itself is excluded
    open_maximum: bool
    whole: bool = False  # a whole number
    shapes: bool = False  # read when the description is attached, and not changed afterwards

    @property
    def range(self):
        """As text, such as "[0, inf)"."""
        return (f"{'(' if self.open_minimum else '['}{self.minimum:g}, "
                f"{self.maximum:g}{')' if self.open_maximum else ']'}")

    def __str__(self):
        unit = "" if self.unit == "1" else f" {self.unit}"
        default = "required" if self.default is None else f"default {self.default:g}"
        kind = f"{', whole' if self.whole else ''}{', fixed once attached' if self.shapes else ''}"
        return f"{self.name}{unit}  {self.range}{kind}, {default}: {self.help}"


def _parameter(info):
    infinite = {float("inf"): True, float("-inf"): True}
    return Parameter(info.name.decode(), info.help.decode(), info.unit.decode(),
                     None if info.flags & _names.REQUIRED else info.default_value, info.minimum, info.maximum,
                     bool(info.flags & _names.OPEN_MINIMUM) or infinite.get(info.minimum, False),
                     bool(info.flags & _names.OPEN_MAXIMUM) or infinite.get(info.maximum, False),
                     bool(info.flags & _names.WHOLE), bool(info.flags & _names.SHAPES))


class Parameters:
    """Parameters by attribute or by item: rule.rate, rule["rate"]. Setting checks name and range."""

    __slots__ = ()
    name = ""
    parameters = {}  # of the class that is made for each name: name -> Parameter

    def _get(self, name):
        raise NotImplementedError

    def _set(self, name, value):
        raise NotImplementedError

    def __getitem__(self, name):
        return self._get(name)

    def __setitem__(self, name, value):
        self._set(name, value)

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            self._set(name, value)  # the library says which parameters there are

    def __iter__(self):
        return iter(self.parameters)

    def __contains__(self, name):
        return name in self.parameters

    def keys(self):
        return self.parameters.keys()


def _property(parameter):
    return property(lambda self: self._get(parameter.name), lambda self, value: self._set(parameter.name, value),
                    doc=str(parameter))


_classes = {}  # (base, name) -> class


def _specialise(base, what, name, table):
    """The class of this name: `base` with the parameters as properties."""
    made = _classes.get((base, name))
    if made is None:
        lines = [f'{what} "{name}"', "", *(f"    {parameter}" for parameter in table.values())]
        members = {p.name: _property(p) for p in table.values() if not hasattr(base, p.name)}
        members.update(__slots__=(), __doc__="\n".join(lines), name=name, parameters=table, __module__=base.__module__)
        made = _classes[base, name] = type(base.__name__, (base,), members)
    return made


class Description(Parameters, Object):
    """A thing that the library makes by name. A subclass sets _what, the word in the C functions' names:
    plast_<what>_create, _destroy, _set, _get, _name and _parameter; all else is here."""

    __slots__ = ()

    def __new__(cls, /, name, context=None, **parameters):
        handle = cls._create(name, context_of(context))
        self = object.__new__(_specialise(cls, cls._what, name, cls._table(handle)))
        self._claim = handle
        return self

    def __init__(self, /, name, context=None, **parameters):  # "eprop" has a parameter "self"
        for parameter, value in parameters.items():
            self._set(parameter, value)

    @classmethod
    def _function(cls, verb):
        return getattr(lib, f"plast_{cls._what}_{verb}")

    @classmethod
    def _create(cls, name, context):
        text = _names.text(f"name of the {cls._what}", name)
        return Handle(context.create(cls._function("create"), context.pointer, text), cls._function("destroy"), context)

    @classmethod
    def _table(cls, handle):
        table = {}
        while True:
            info = ParameterInfo()
            try:
                handle.call(cls._function("parameter"), handle.pointer, len(table), ctypes.byref(info))
            except RangeError:  # past the last one
                return table
            parameter = _parameter(info)
            table[parameter.name] = parameter

    @classmethod
    def names(cls):
        """All that the library has."""
        names = []
        while (name := cls._function("name")(len(names))) is not None:
            names.append(name.decode())
        return names

    def _get(self, name):
        handle = self._handle
        return handle.read(self._function("get"), handle.pointer, _names.text("parameter", name))

    def _set(self, name, value):
        handle = self._handle
        handle.call(self._function("set"), handle.pointer, _names.text("parameter", name), _names.real(name, value))

    def __repr__(self):
        if self.closed:
            return f"<{type(self).__name__} {self.name!r}, closed>"
        values = []
        for name in self.parameters:
            try:
                values.append(f", {name}={self._get(name):g}")
            except RuntimeError:  # required and not set yet
                values.append(f", {name}=?")
        return f"{type(self).__name__}({self.name!r}{''.join(values)})"


class Rule(Description):
    """A local plasticity rule, by name: Rule("oja", rate=3e-3). Rule.names() lists them, and help(Rule("oja")) tells
    what its parameters are.

    It is a description: Network.add_rule takes a copy, so it can be used again, changed or closed.
    """

    __slots__ = ()
    _what = "rule"


class Optimizer(Description):
    """How the error-driven gradient becomes a step, by name: Optimizer("sgd", rate=1e-2). Optimizer.names() lists them,
    and help(Optimizer("adam")) tells what its parameters are.

    It is a description: Network.set_optimizer takes a copy, so it can be used again, changed or closed.
    """

    __slots__ = ()
    _what = "optimizer"


class Feedback(Description):
    """How the error comes down from layer to layer, by name: Feedback("kolen_pollack", decay=1e-3). Feedback.names()
    lists the schemes, and help(Feedback("weight_mirror")) tells what its parameters are.

    It is a description: Network.set_feedback takes a copy, so it can be used again, changed or closed.
    """

    __slots__ = ()
    _what = "feedback"


class Temporal(Description):
    """How credit goes back in time in layers with a state, by name: Temporal("bptt", truncation=10). Temporal.names()
    lists the schemes, and help(Temporal("eprop")) tells what its parameters are.

    It is a description: Network.set_temporal takes a copy, so it can be used again, changed or closed.
    """

    __slots__ = ()
    _what = "temporal"


def described(kind, given, parameters):
    """A description of this kind, given as one or by its name and parameters."""
    if isinstance(given, str):
        return kind(given, **parameters)
    if not isinstance(given, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{kind._what} is {given!r}, expected {article} {kind.__name__} or its name")
    if parameters:
        raise TypeError(f"parameters are {', '.join(parameters)}, expected none beside {given!r}: set them in it")
    return given


class Attached(Parameters):
    """Parameters of what a network has: they can be read and changed between calls and by a progress callback."""

    __slots__ = ("_read", "_write")

    def __repr__(self):
        try:
            values = [f"{name}={self._get(name):g}" for name in self.parameters]
        except RuntimeError:  # the network is closed, or has another scheme
            values = ["gone"]
        return f"<attached {self.name!r}: {', '.join(values)}>"

    def _get(self, name):
        return self._read(_names.text("parameter", name))

    def _set(self, name, value):
        self._write(_names.text("parameter", name), _names.real(name, value))


class AttachedRule(Attached):
    """An attached rule may keep something for each unit besides."""

    __slots__ = ("_look",)

    def view(self, quantity):
        """What the rule keeps for each unit of the layer from update to update, such as the "threshold" of "bcm": the
        library's own memory as a read-only vector, without a copy, which follows learning. Of several layers, the
        first."""
        return self._look(_names.text("quantity", quantity))


def attached(kind, name, table, read, write, look=None):
    """Parameters of an attached description of this kind, read and written by functions; of a rule, one that looks at
    what it keeps, too."""
    made = object.__new__(_specialise(Attached if look is None else AttachedRule, f"attached {kind}", name, table))
    made._read, made._write = read, write
    if look is not None:
        made._look = look
    return made
