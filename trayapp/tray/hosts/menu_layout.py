"""The menu as layouts: what hosts keep a copy of, and what turns one copy into another."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Sequence

from trayapp.dataclass import dataclass, field, replace
from trayapp.tray.hosts.dbus_object import Variant
from trayapp.tray.menus import Menu, MenuItem
from trayapp.tray.text import plain_line

ROOT = 0
_LABEL_LIMIT = 200

Properties = dict[str, Variant]

DEFAULTS: Properties = {
    "type": ("s", "standard"),
    "label": ("s", ""),
    "enabled": ("b", True),
    "visible": ("b", True),
    "icon-name": ("s", ""),
    "icon-data": ("ay", b""),
    "toggle-type": ("s", ""),
    "toggle-state": ("i", -1),
    "children-display": ("s", ""),
    "accessible-desc": ("s", ""),
}
"""What a property is that an entry does not name."""


@dataclass(frozen=True, slots=True)
class Node:
    """One entry of the menu as a host sees it."""

    properties: Properties
    """Those that differ from DEFAULTS."""
    children: tuple[int, ...] = ()
    item: MenuItem | None = None
    """None for the root and for separators."""


Layout = dict[int, Node]
"""Every entry by id; the root is 0."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between two layouts."""

    updated: list[tuple[int, Properties]] = field(default_factory=list)
    """Properties that are new or have a new value, by id."""
    removed: list[tuple[int, list[str]]] = field(default_factory=list)
    """Names of properties that are back at their default, by id."""
    parents: list[int] = field(default_factory=list)
    """Entries that have other children, or the same in another order."""


def diff(old: Layout, new: Layout) -> Changes:
    """Return the changes of entries that are in both layouts."""
    changes = Changes()
    for number, node in new.items():
        before = old.get(number)
        if before is None:
            continue  # Its parent has other children, and the host will ask for them.
        updated = {
            name: value
            for name, value in node.properties.items()
            if before.properties.get(name) != value
        }
        removed = [name for name in before.properties if name not in node.properties]
        if updated:
            changes.updated.append((number, updated))
        if removed:
            changes.removed.append((number, removed))
        if before.children != node.children:
            changes.parents.append(number)
    return changes


class LayoutBuilder:
    """Turns menus into layouts, in which an entry keeps its id as long as it is there.

    Entries are identified by their `key` where they have one, else by their place;
    separators by their place among each other.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def build(self, menu: Menu | None) -> Layout:
        """Lay out a menu; None is an empty one."""
        layout: Layout = {}
        ids: dict[str, int] = {}
        children = self._add(() if menu is None else menu, "", layout, ids)
        layout[ROOT] = Node({"children-display": ("s", "submenu")}, children)
        # Ids of entries that are gone are never used again, so they need not be remembered.
        self._ids = ids
        return layout

    def forget(self, numbers: Container[int]) -> None:
        """Give these entries new ids, so that a host takes them for others."""
        self._ids = {key: number for key, number in self._ids.items() if number not in numbers}

    def _add(
        self, items: Iterable[MenuItem], parent: str, layout: Layout, ids: dict[str, int]
    ) -> tuple[int, ...]:
        numbers = []
        separators = itertools.count()
        for place, item in enumerate(items):
            submenu = item.submenu
            own = f"-{next(separators)}" if item is Menu.SEPARATOR else place
            # An entry that becomes a submenu is another entry to a host.
            known = f"{parent}/{own}" if item.key is None else item.key
            key = f"{'menu' if submenu else 'item'}:{known}"
            while key in ids:  # Hosts go astray if an id is there twice.
                key += "'"
            ids[key] = number = self._ids.get(key) or next(self._numbers)
            numbers.append(number)
            if item is Menu.SEPARATOR:
                layout[number] = Node({"type": ("s", "separator")})
            else:
                children = self._add(submenu or (), key, layout, ids)
                layout[number] = Node(_properties(item), children, item)
        return tuple(numbers)


def _properties(item: MenuItem) -> Properties:
    label = plain_line(item.text, _LABEL_LIMIT).replace("_", "__")
    found: Properties = {"label": ("s", label)}
    if not item.enabled:
        found["enabled"] = ("b", False)
    if item.checked is not None:
        found["toggle-type"] = ("s", "radio" if item.radio else "checkmark")
        found["toggle-state"] = ("i", int(item.checked))
    if item.submenu:
        found["children-display"] = ("s", "submenu")
    if item.picture:
        found["icon-data"] = ("ay", item.picture)
    if item.spoken:
        found["accessible-desc"] = ("s", plain_line(item.spoken, _LABEL_LIMIT))
    return found


def misplaced(old: Sequence[int], new: Sequence[int]) -> Sequence[int]:
    """Return the entries that GNOME's extension would misplace; none for most changes.

    At the top level it moves no entry that it has. It inserts new ones by their place in the new
    menu, before it removes what is gone.
    """
    shown = list(old)
    for place, number in enumerate(new):
        if number not in old:
            shown.insert(place, number)
    if [number for number in shown if number in new] == list(new):
        return ()
    start = _common(old, new)
    return new[start : len(new) - _common(old[start:][::-1], new[start:][::-1])]


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the number of equal entries with which both begin."""
    equal = (a == b for a, b in zip(one, other, strict=False))
    return sum(itertools.takewhile(bool, equal))


def with_children(layout: Layout, numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        yield number
        yield from with_children(layout, layout[number].children)


def in_place(old: Layout, new: Layout) -> Layout:
    """Return the entries of `old` as they are in `new`, where they are in it."""
    return {
        number: Node(new[number].properties, node.children, new[number].item)
        if number in new
        else node
        for number, node in old.items()
    }


def without_marks(layout: Layout, numbers: Iterable[int]) -> Layout:
    """Return the layout without the marks of some entries."""
    unknown = {
        number: replace(
            layout[number],
            properties={
                name: value
                for name, value in layout[number].properties.items()
                if name != "toggle-state"
            },
        )
        for number in numbers
        if number in layout
    }
    return layout | unknown


def chosen_properties(node: Node, names: frozenset[str]) -> Properties:
    if not names:
        return node.properties
    return {name: value for name, value in node.properties.items() if name in names}


def with_parents(layout: Layout, numbers: Iterable[int]) -> Iterator[int]:
    parents = {child: number for number, node in layout.items() for child in node.children}
    for number in numbers:
        at: int | None = number
        while at is not None:
            yield at
            at = parents.get(at)
