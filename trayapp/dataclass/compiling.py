"""Methods compiled for the fields of one dataclass: as fast as if they had been written out."""

from __future__ import annotations

from typing import Any

from trayapp.dataclass.plan import MISSING, Plan

_OPERATORS = {"__eq__": "==", "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_SCOPE: dict[str, Any] = {"__name__": __name__}


def compile_method(plan: Plan, method: str) -> Any:
    """Return a class's own `__init__`, `__hash__` or comparison, or a named tuple's `__new__`."""
    if method == "__init__":
        made = _initializer(plan)
    elif method == "__new__":
        made = _constructor(plan)
    elif method == "__hash__":
        made = _function("__hash__", "self", [f"return hash({_tuple('self', plan)})"])
    else:
        compared = f"{_tuple('self', plan)} {_OPERATORS[method]} {_tuple('other', plan)}"
        other = "if other.__class__ is not self.__class__: return NotImplemented"
        made = _function(method, "self, other", [other, f"return {compared}"])
    made.__qualname__ = f"{plan.owner.__qualname__}.{method}"
    return made


def _tuple(of: str, plan: Plan) -> str:
    return "(" + "".join(f"{of}.{name}," for name in plan.compared()) + ")"


def _function(name: str, arguments: str, body: list[str], **known: Any) -> Any:
    """Return a function of lines that know some things by name."""
    lines = "".join(f"\n  {line}" for line in body)
    text = f"def make({', '.join(known)}):\n def {name}({arguments}):{lines}\n return {name}"
    found: dict[str, Any] = {}
    exec(text, _SCOPE, found)  # noqa: S102 -- of names in our own source
    return found["make"](**known)


def _initializer(plan: Plan) -> Any:
    """Return a class's own `__init__`.

    A frozen instance is for a moment of a class with the same slots that is not frozen: that takes
    half the time of getting round the lock for each field.
    """
    named = [name for name in plan.names if name not in plan.positional]
    known: dict[str, Any] = {"_MISSING": MISSING, "_set": object.__setattr__}
    values = {name: name for name in plan.names}
    for at, name in enumerate(plan.names):
        if make := plan.factory(name):
            known[f"_make{at}"] = make
            values[name] = f"_make{at}() if {name} is _MISSING else {name}"
    body = [f"self.{name} = {value}" for name, value in values.items()]
    if plan.frozen and body:
        known |= {"_owner": plan.owner, "_open": _without_lock(plan)}
        unlocked = ["_set(self, '__class__', _open)", *body, "self.__class__ = _owner"]
        # A class that inherits without being a dataclass may have other slots.
        locked = [f"_set(self, {name!r}, {value})" for name, value in values.items()]
        body = ["if self.__class__ is _owner:", *(f" {line}" for line in unlocked)]
        body += ["else:", *(f" {line}" for line in locked)]
    if hasattr(plan.owner, "__post_init__"):
        body.append("self.__post_init__()")
    arguments = ", ".join(["self", *plan.positional, *(["*"] if named else []), *named])
    made = _function("__init__", arguments, body or ["pass"], **known)
    defaults = plan.defaults
    made.__defaults__ = tuple(defaults[name] for name in plan.positional if name in defaults)
    made.__kwdefaults__ = {name: defaults[name] for name in named if name in defaults}
    return made


def _constructor(plan: Plan) -> Any:
    """Return a named tuple's own `__new__`."""
    values = "".join(f"{name}, " for name in plan.names)
    body = [f"return _make(_cls, ({values}))"]
    made = _function("__new__", f"_cls, {values}", body, _make=tuple.__new__)
    made.__defaults__ = tuple(plan.defaults.values())
    return made


def _without_lock(plan: Plan) -> type:
    """Return a class whose instances may become some of this one, and that is not frozen."""
    body = {
        "__slots__": vars(plan.owner)["__slots__"],
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    owner: type = plan.owner
    return type(owner)(owner.__name__, owner.__bases__, body)
