"""Who holds a container, as far as it is known: "app.cache", "Pool.jobs", "read() app.py:7".

Nothing of the program's is run: no `__getattr__`, no property, no `__eq__`. Threads stand still.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from trayapp.probe.registry import plain

MOST_ENTRIES = 100_000
"""Of a dict that is searched for the name of what it holds."""
MOST_FRAMES = 200
_HAS_LOCALS = bool(sys.version_info >= (3, 13))
_IS_FUNCTION = 1
"""CO_OPTIMIZED: the variables of a module are its attributes."""
MOST_REFERRERS = 50
"""Of one container."""

_mro = type.__dict__["__mro__"].__get__
_namespace = type.__dict__["__dict__"].__get__
_qualified = type.__dict__["__qualname__"].__get__
_module_dict: Any = types.ModuleType.__dict__["__dict__"].__get__  # type: ignore[index]
_CODE = {
    id(types.GeneratorType): "gi_code",
    id(types.CoroutineType): "cr_code",
    id(types.AsyncGeneratorType): "ag_code",
}
"""By the ids of types: to look up a type itself may run code of its metaclass."""
_PLAIN = {id(list), id(dict), id(tuple), id(set)}


def find_owners(containers: Sequence[Any], own: Iterable[Any]) -> list[str | None]:
    """Return for each container who holds it, in words; None: not found.

    own: objects of the caller's that hold containers, which are no owners. Takes some hundredths
    of a second for each million objects.
    """
    if not containers:
        return []
    ignored = {id(containers), *map(id, own), *map(id, own_entries(own))}
    referrers = [
        each
        for each in gc.get_referrers(*containers)
        if id(each) not in ignored and not _is_call(each, containers)
    ]
    ignored.add(id(referrers))
    modules = {
        id(_module_dict(module)): name
        for name, module in list(sys.modules.items())
        if type(module) is types.ModuleType
    }
    holders = _holders_of_dicts(referrers, modules, ignored)
    local = _locals(containers)
    return [
        _owner(container, referrers, modules, holders) or local.get(id(container))
        for container in containers
    ]


def _is_call(one: Any, containers: Sequence[Any]) -> bool:
    """Return whether it is what `get_referrers` itself was called with."""
    return (
        type(one) is tuple
        and len(one) == len(containers)
        and all(each is container for each, container in zip(one, containers, strict=True))
    )


def own_entries(own: Iterable[Any]) -> Iterable[Any]:
    """Return the entries of short lists of the caller's, which hold containers as well."""
    for each in own:
        if type(each) is list and len(each) < MOST_REFERRERS:
            yield from each


def _holders_of_dicts(
    referrers: Sequence[Any], modules: dict[int, str], ignored: set[int]
) -> dict[int, Any]:
    """Return the objects whose attributes are kept in these dicts, by the ids of the dicts."""
    dicts = [each for each in referrers if type(each) is dict and id(each) not in modules]
    if not dicts:
        return {}
    ignored = {*ignored, id(dicts), id(referrers)}
    wanted = set(map(id, dicts))
    found: dict[int, Any] = {}
    for each in gc.get_referrers(*dicts[:MOST_REFERRERS]):
        if id(each) in ignored or id(type(each)) in _PLAIN:
            continue
        own = _attributes(each)
        if own is not None and id(own) in wanted:
            found[id(own)] = each
    return found


def _owner(
    container: Any, referrers: Sequence[Any], modules: dict[int, str], holders: dict[int, Any]
) -> str | None:
    """Return the most telling of its owners."""
    if id(container) in modules:
        return plain(f"module {modules[id(container)]}")
    vague = None
    for each in islice((one for one in referrers if _holds(one, container)), MOST_REFERRERS):
        if type(each) is dict:
            name = _key_of(each, container)
            if id(each) in modules:
                return plain(f"{modules[id(each)]}.{name or '?'}")
            holder = holders.get(id(each))
            if holder is not None:
                return plain(f"{_name(type(holder))}.{name or '?'}")
            vague = vague or plain(f"dict[{name!r}]" if name else "dict")
        elif any(base is type for base in _mro(type(each))):
            return plain(f"class {_name(each)}")
        elif id(type(each)) in _CODE:
            code = getattr(each, _CODE[id(type(each))])
            vague = plain(f"{code.co_qualname}()")
        elif type(each) is types.CellType:
            vague = vague or "closure"
        elif id(type(each)) in _PLAIN:
            vague = vague or plain(f"{_name(type(each))} [{type(each).__len__(each)}]")
        else:
            attribute = _attribute_of(each, container)
            if attribute is not None:
                return plain(f"{_name(type(each))}.{attribute}")
            vague = vague or plain(_name(type(each)))
    return vague


def _holds(one: Any, container: Any) -> bool:
    return any(each is container for each in gc.get_referents(one))


def _key_of(found: dict[Any, Any], container: Any) -> str | None:
    """Return the key of a container in a dict, if that is plain text."""
    for key, value in islice(dict.items(found), MOST_ENTRIES):
        if value is container:
            return key if type(key) is str else None
    return None


def _attribute_of(one: Any, container: Any) -> str | None:
    own = _attributes(one)
    if own is not None:
        name = _key_of(own, container)
        if name is not None:
            return name
    for base in _mro(type(one)):
        for name, descriptor in _namespace(base).items():
            if type(descriptor) is types.MemberDescriptorType and type(name) is str:
                try:
                    if descriptor.__get__(one) is container:
                        return name
                except (AttributeError, TypeError):  # not set, or of another layout
                    continue
    return None


def _attributes(one: Any) -> dict[Any, Any] | None:
    """Return the dict of an object's attributes, by Python's own way to it."""
    for base in _mro(type(one)):
        descriptor = _namespace(base).get("__dict__")
        if type(descriptor) is types.GetSetDescriptorType:
            try:
                found = descriptor.__get__(one)
            except (AttributeError, TypeError):
                return None
            return found if type(found) is dict else None
        if descriptor is not None:  # something of the program's
            return None
    return None


def _locals(containers: Sequence[Any]) -> dict[int, str]:
    """Return which functions that run have containers in their variables. Python 3.13 and later.

    Before that, whoever looks at the variables of a function that runs keeps them alive.
    """
    found: dict[int, str] = {}
    if not _HAS_LOCALS:
        return found
    wanted = {id(each) for each in containers}
    for top in sys._current_frames().values():
        frame: types.FrameType | None = top
        for _ in range(MOST_FRAMES):
            if frame is None:
                break
            code = frame.f_code
            if code.co_flags & _IS_FUNCTION and not code.co_filename.startswith(_HERE):
                for name, value in frame.f_locals.items():
                    if id(value) in wanted:
                        place = f"{code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
                        found.setdefault(
                            id(value), plain(f"{name} in {code.co_qualname}() {place}")
                        )
            frame = frame.f_back
    return found


def _name(kind: type) -> str:
    name = _qualified(kind)
    module = _namespace(kind).get("__module__")
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


_HERE = __file__.rpartition("/")[0] + "/"
