"""The menu on the bus (com.canonical.dbusmenu): sent when somebody looks, then item by item.

A host keeps a copy of the menu. `MenuObject` knows what that copy holds, because everything it ever
tells comes from one published layout; what differs from it is sent when the menu is about to be
shown, and from then on at each change until it closes. Nothing is sent while nobody looks.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jeepney import Message

from trayapp.tray.hosts.dbus_object import Body, BusFaultError, Interface, Method, Property, Variant
from trayapp.tray.pystray_safe import Menu, MenuItem
from trayapp.tray.text import plain_line

MENU_PATH = "/MenuBar"
_ROOT = 0
_LABEL_LIMIT = 200
# Hosts that say "about to show" but neither "opened" nor "closed": for how long we believe them.
_GLANCE_SECONDS = 120.0
_OPENING_SECONDS = 20.0

Properties = dict[str, Variant]

_DEFAULTS: Properties = {
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
    """Those that differ from _DEFAULTS."""
    children: tuple[int, ...] = ()
    item: Any = None
    """The pystray MenuItem; None for the root and for separators."""


Layout = dict[int, Node]
"""Every entry by id; the root is 0."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What turns one layout into another."""

    updated: list[tuple[int, Properties]] = field(default_factory=list)
    """Properties that are new or have a new value, by id."""
    removed: list[tuple[int, list[str]]] = field(default_factory=list)
    """Names of properties that are back at their default, by id."""
    parents: list[int] = field(default_factory=list)
    """Entries that have other children, or the same in another order."""


def diff(old: Layout, new: Layout) -> Changes:
    """Tell what has changed for the entries that are in both layouts."""
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
    """Turns pystray menus into layouts, in which an entry keeps its id as long as it is there.

    Entries are told apart by their attribute `key` where they have one, else by their place;
    separators by their place among each other.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def build(self, menu: Any) -> Layout:
        """Lay out a pystray Menu, or None for an empty one."""
        layout: Layout = {}
        ids: dict[str, int] = {}
        children = self._add(() if menu is None else menu, "", layout, ids)
        layout[_ROOT] = Node({"children-display": ("s", "submenu")}, children)
        # Ids of entries that are gone are never used again, so they need not be remembered.
        self._ids = ids
        return layout

    def forget(self, numbers: Container[int]) -> None:
        """Let these entries be others to a host, though their keys are the same."""
        self._ids = {key: number for key, number in self._ids.items() if number not in numbers}

    def _add(
        self, items: Iterable[Any], parent: str, layout: Layout, ids: dict[str, int]
    ) -> tuple[int, ...]:
        numbers = []
        separators = itertools.count()
        for place, item in enumerate(items):
            submenu = item.submenu
            own = f"-{next(separators)}" if item is Menu.SEPARATOR else place
            # An entry that becomes a submenu is another entry to a host.
            key = f"{'menu' if submenu else 'item'}:{getattr(item, 'key', f'{parent}/{own}')}"
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
    label = plain_line(str(item.text), _LABEL_LIMIT).replace("_", "__")
    found: Properties = {"label": ("s", label)}
    if not item.enabled:
        found["enabled"] = ("b", False)
    if item.checked is not None:
        found["toggle-type"] = ("s", "radio" if item.radio else "checkmark")
        found["toggle-state"] = ("i", int(item.checked))
    if item.submenu:
        found["children-display"] = ("s", "submenu")
    if picture := getattr(item, "picture", b""):
        found["icon-data"] = ("ay", picture)
    if spoken := getattr(item, "spoken", ""):
        found["accessible-desc"] = ("s", plain_line(spoken, _LABEL_LIMIT))
    return found


class MenuObject:
    """The menu at its path on the bus. Every method is for the tray's thread."""

    def __init__(
        self,
        get_menu: Callable[[], Any],
        send: Callable[[Message], object],
        on_click: Callable[[Any], None],
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve a menu.

        get_menu: the pystray Menu of now.
        send: puts a signal on the bus.
        on_click: gets the MenuItem; must return at once.
        on_look: called when the menu is about to show; the host waits for it.
        """
        self._get_menu = get_menu
        self._send = send
        self._on_click = on_click
        self._on_look = on_look
        self._builder = LayoutBuilder()
        self._layout = self._builder.build(None)
        self._revision = 1
        self._told_entries: tuple[int, ...] = ()
        """Those of the top level, when a host asked for them last."""
        self._watched_until_seconds = 0.0
        self._looked_seconds = -math.inf
        self._open_submenus: set[int] = set()
        self._toggled: set[int] = set()
        """Entries of which some hosts have changed the mark by themselves."""
        self.interface = Interface(
            MENU_PATH,
            "com.canonical.dbusmenu",
            {
                "GetLayout": Method(("i", "i", "as"), ("u", "(ia{sv}av)"), self._get_layout),
                "GetGroupProperties": Method(("ai", "as"), ("a(ia{sv})",), self._get_group),
                "GetProperty": Method(("i", "s"), ("v",), self._get_property),
                "Event": Method(("i", "s", "v", "u"), (), self._event),
                "EventGroup": Method(("a(isvu)",), ("ai",), self._event_group),
                "AboutToShow": Method(("i",), ("b",), self._about_to_show),
                "AboutToShowGroup": Method(("ai",), ("ai", "ai"), self._about_to_show_group),
            },
            {
                "Version": Property("u", lambda: 3),
                "TextDirection": Property("s", lambda: "ltr"),
                "Status": Property("s", lambda: "normal"),
                "IconThemePath": Property("as", list),
            },
            {
                "ItemsPropertiesUpdated": ("a(ia{sv})", "a(ias)"),
                "LayoutUpdated": ("u", "i"),
            },
        )

    @property
    def watched(self) -> bool:
        """Whether somebody has the menu open, as far as hosts tell."""
        return time.monotonic() < self._watched_until_seconds

    @property
    def just_opened(self) -> bool:
        """Whether it, or a submenu, has opened a moment ago, so that somebody aims at an entry.

        A submenu counts for as long as it is open.
        """
        is_new = time.monotonic() < self._looked_seconds + _OPENING_SECONDS
        return self.watched and (is_new or bool(self._open_submenus))

    def forget_watchers(self) -> None:
        """Take the menu for closed: the host has gone."""
        self._watched_until_seconds = 0.0
        self._open_submenus.clear()

    def publish(self, *, keep_entries: bool = False) -> set[int]:
        """Bring the hosts' copies up to date.

        keep_entries: change texts and marks only; entries stay where they are.

        Returns: the entries below which, at any depth, entries came, went or moved.
        """
        old, menu = self._layout, self._get_menu()
        new = self._builder.build(menu)
        if keep_entries:
            new = _in_place(old, new)
        elif moved := _moved(self._told_entries, new[_ROOT].children):
            self._builder.forget(set(_with_children(new, moved)))
            new = self._builder.build(menu)
        changes = diff(_without_marks(old, self._toggled), new)
        self._toggled.clear()
        self._layout = new
        if changes.updated or changes.removed:
            self._send(
                self.interface.signal("ItemsPropertiesUpdated", changes.updated, changes.removed)
            )
        self._revision += bool(changes.parents)
        for parent in changes.parents:
            # One for each: Plasma and LXQt ask anew for that menu only, not for those below it.
            self._send(self.interface.signal("LayoutUpdated", self._revision, parent))
        return {*_with_parents(old, changes.parents)}

    def _node(self, number: int) -> Node:
        try:
            return self._layout[number]
        except KeyError:
            raise BusFaultError("InvalidArgs", f"no menu entry {number}") from None

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> Body:
        if parent == _ROOT:
            self._told_entries = self._layout[_ROOT].children
        if depth == 1:
            for child in self._node(parent).children:
                if self._layout[child].children:
                    # Plasma would ask when it opens, and place it by the size of an empty menu.
                    self._send(self.interface.signal("LayoutUpdated", self._revision, child))
        return self._revision, self._subtree(parent, depth, frozenset(names))

    def _subtree(self, number: int, depth: int, names: frozenset[str]) -> tuple[Any, ...]:
        node = self._node(number)
        children = [] if depth == 0 else node.children
        return (
            number,
            _chosen(node, names),
            [("(ia{sv}av)", self._subtree(child, depth - 1, names)) for child in children],
        )

    def _get_group(self, numbers: list[int], names: list[str]) -> Body:
        wanted = frozenset(names)
        known = (number for number in numbers or self._layout if number in self._layout)
        return ([(number, _chosen(self._layout[number], wanted)) for number in known],)

    def _get_property(self, number: int, name: str) -> Body:
        found = self._node(number).properties.get(name) or _DEFAULTS.get(name)
        if found is None:
            raise BusFaultError("InvalidArgs", f"menu entry {number} has no property {name}")
        return (found,)

    def _event(self, number: int, event: str, _data: Variant, _timestamp: int) -> Body:
        node = self._node(number)
        if event == "clicked":
            self.forget_watchers()  # a click closes the menu
            # Plasma, LXQt and MATE turn a mark over when it is clicked, whatever comes of it.
            self._toggled.add(number)
            if node.item is not None and node.item.submenu is None and node.item.enabled:
                self._on_click(node.item)
        elif event == "opened":
            self._look([number])
            self._watched_until_seconds = math.inf
            if number != _ROOT:
                self._open_submenus.add(number)
        elif event == "closed" and number == _ROOT:
            self.forget_watchers()
        elif event == "closed":
            self._open_submenus.discard(number)
        return ()

    def _event_group(self, events: list[tuple[int, str, Variant, int]]) -> Body:
        unknown = []
        for number, event, data, timestamp in events:
            if number in self._layout:
                self._event(number, event, data, timestamp)
            else:
                unknown.append(number)
        if events and len(unknown) == len(events):
            raise BusFaultError("InvalidArgs", "no such menu entries")
        return (unknown,)

    def _about_to_show(self, number: int) -> Body:
        self._node(number)
        return (number in self._look([number]),)

    def _about_to_show_group(self, numbers: list[int]) -> Body:
        known = [number for number in numbers if number in self._layout]
        changed = self._look(known)
        return (
            [number for number in known if number in changed],
            [number for number in numbers if number not in known],
        )

    def _look(self, numbers: Sequence[int]) -> set[int]:
        """Somebody is about to look at these, submenus or the whole menu."""
        self._on_look()
        now_seconds = time.monotonic()
        # GNOME's extension closes a submenu that is open when entries come or go anywhere.
        keep_entries = self.watched and _ROOT not in numbers
        if not keep_entries:
            self._open_submenus.clear()
        self._looked_seconds = now_seconds
        self._watched_until_seconds = max(
            self._watched_until_seconds, now_seconds + _GLANCE_SECONDS
        )
        return self.publish(keep_entries=keep_entries)


def _moved(old: Sequence[int], new: Sequence[int]) -> Sequence[int]:
    """The entries that would not be where they belong in GNOME's extension; empty for most changes.

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
    """With how many equal entries both begin."""
    equal = (a == b for a, b in zip(one, other, strict=False))
    return sum(itertools.takewhile(bool, equal))


def _with_children(layout: Layout, numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        yield number
        yield from _with_children(layout, layout[number].children)


def _in_place(old: Layout, new: Layout) -> Layout:
    """The entries of `old` with what `new` says of them; what it does not know stays as it was."""
    return {
        number: Node(new[number].properties, node.children, new[number].item)
        if number in new
        else node
        for number, node in old.items()
    }


def _without_marks(layout: Layout, numbers: Iterable[int]) -> Layout:
    """The layout as if nothing were known of the marks of some entries."""
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


def _chosen(node: Node, names: frozenset[str]) -> Properties:
    if not names:
        return node.properties
    return {name: value for name, value in node.properties.items() if name in names}


def _with_parents(layout: Layout, numbers: Iterable[int]) -> Iterator[int]:
    parents = {child: number for number, node in layout.items() for child in node.children}
    for number in numbers:
        at: int | None = number
        while at is not None:
            yield at
            at = parents.get(at)
