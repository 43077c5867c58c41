"""The decorator that makes a dataclass of a class."""

from __future__ import annotations

from typing import Any

from trayapp.dataclass.methods import shared_base, shared_methods
from trayapp.dataclass.plan import MISSING, Field, Plan, take_annotations

_CLASS_VARIABLES = ("ClassVar", "typing.ClassVar")


def dataclass(
    *,
    slots: bool,
    frozen: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    order: bool = False,
    repr: bool = True,  # noqa: A002 -- named as in the standard library
) -> Any:
    """Turn a class into a dataclass with slots, as the standard library's decorator does.

    Raises: ValueError for a default that instances would share and could change, TypeError for a
    class that is to have no slots.
    """
    if not slots:
        raise TypeError("a dataclass without slots is not supported")

    def make(cls: type) -> type:
        return _make(cls, kw_only, (frozen, eq, order, repr))

    return make


def _make(cls: type, kw_only: bool, parameters: tuple[bool, bool, bool, bool]) -> type:
    """Return the class anew, with slots and the methods that its parameters ask for."""
    body = dict(vars(cls))
    kinds = take_annotations(body).items()
    own = tuple([name for name, kind in kinds if not str(kind).startswith(_CLASS_VARIABLES)])
    plan = Plan(own, frozen=parameters[0])
    given = {name: body.pop(name) for name in own if name in body}
    if given:
        _declare(plan, given)
    inherited = [vars(base)["__record__"] for base in cls.__mro__ if "__record__" in vars(base)]
    if inherited:
        own = _extend(plan, inherited[::-1], kw_only)
        # Not by a base: what is compiled for the inherited class must not be inherited.
        body = {**shared_methods(*parameters), **body}
        bases = cls.__bases__
    else:
        plan.positional = () if kw_only else own
        bases = (shared_base(*parameters), *(base for base in cls.__bases__ if base is not object))
    for name in ("__dict__", "__weakref__"):
        body.pop(name, None)
    body |= {"__slots__": own, "__record__": plan, "__qualname__": cls.__qualname__}
    plan.owner = type(cls)(cls.__name__, bases, body)
    return plan.owner  # type: ignore[no-any-return]


def _declare(plan: Plan, given: dict[str, Any]) -> None:
    """Note the defaults of fields, and what `field` says about them."""
    defaults: dict[str, Any] = {}
    particular: dict[str, Field] = {}
    for name, default in given.items():
        if isinstance(default, Field):
            default.name = name
            if default.is_particular:
                particular[name] = default
            if default.default is not MISSING or default.default_factory is not MISSING:
                defaults[name] = default.default
        elif default.__class__.__hash__ is None:
            raise ValueError(f"mutable default {default!r} of field {name}: use a default_factory")
        else:
            defaults[name] = default
    plan.defaults = defaults
    if particular:
        plan.particular = particular


def _extend(plan: Plan, inherited: list[Plan], kw_only: bool) -> tuple[str, ...]:
    """Put inherited fields, the most basic first, before a class's own; return its new names."""
    positional: dict[str, bool] = {}
    defaults: dict[str, Any] = {}
    particular: dict[str, Field] = {}
    for each in inherited:
        for name in each.names:
            positional[name] = name in each.positional
        defaults |= each.defaults
        particular |= each.particular
    new = tuple(name for name in plan.names if name not in positional)
    for name in plan.names:
        positional[name] = not kw_only
        defaults.pop(name, None)
        particular.pop(name, None)
    plan.names = tuple(positional)
    plan.positional = tuple(name for name in positional if positional[name])
    plan.defaults = {**defaults, **plan.defaults}
    plan.particular = {**particular, **plan.particular}
    return new
