"""The menu on the bus (com.canonical.dbusmenu): sent when it is opened, then item by item.

A host keeps a copy of the menu. `MenuObject` knows what that copy holds, because everything it ever
tells comes from one published layout; what differs from it is sent when the menu is about to be
shown, and from then on at each change until it closes. Nothing is sent while nobody looks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from trayapp.tray.hosts.dbus_object import Body, BusFaultError, Interface, Method, Property, Variant
from trayapp.tray.hosts.menu_layout import (
    DEFAULTS,
    ROOT,
    LayoutBuilder,
    Node,
    chosen_properties,
    diff,
    in_place,
    misplaced,
    with_children,
    with_parents,
    without_marks,
)
from trayapp.tray.hosts.packing import Sendable

MENU_PATH = "/MenuBar"
# Hosts that say "about to show" but neither "opened" nor "closed": for how long we believe them.
_GLANCE_SECONDS = 120.0
_OPENING_SECONDS = 20.0


class MenuObject:
    """The menu at its path on the bus. Every method is for the tray's thread."""

    def __init__(
        self,
        get_menu: Callable[[], Any],
        send: Callable[[Sendable], object],
        on_click: Callable[[Any], None],
        on_menu_opening: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve a menu.

        get_menu: the pystray Menu of now.
        send: puts a signal on the bus.
        on_click: gets the MenuItem; must return at once.
        on_menu_opening: called when the menu is about to show; the host waits for it.
        """
        self._get_menu = get_menu
        self._send = send
        self._on_click = on_click
        self._notify_opening = on_menu_opening
        self._builder = LayoutBuilder()
        self._layout = self._builder.build(None)
        self._revision = 1
        self._told_entries: tuple[int, ...] = ()
        """Those of the top level, when a host asked for them last."""
        self._watched_until_seconds = 0.0
        self._opened_seconds = -math.inf
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
            {"ItemsPropertiesUpdated": ("a(ia{sv})", "a(ias)"), "LayoutUpdated": ("u", "i")},
        )

    @property
    def watched(self) -> bool:
        """Whether somebody has the menu open, as far as hosts report."""
        return time.monotonic() < self._watched_until_seconds

    @property
    def just_opened(self) -> bool:
        """Whether it, or a submenu, has opened a moment ago, so that somebody aims at an entry.

        A submenu counts for as long as it is open.
        """
        is_new = time.monotonic() < self._opened_seconds + _OPENING_SECONDS
        return self.watched and (is_new or bool(self._open_submenus))

    def forget_watchers(self) -> None:
        """Assume that the menu is closed: the host has gone."""
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
            new = in_place(old, new)
        elif moved := misplaced(self._told_entries, new[ROOT].children):
            self._builder.forget(set(with_children(new, moved)))
            new = self._builder.build(menu)
        changes = diff(without_marks(old, self._toggled), new)
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
        return {*with_parents(old, changes.parents)}

    def _node(self, number: int) -> Node:
        try:
            return self._layout[number]
        except KeyError:
            raise BusFaultError("InvalidArgs", f"no menu entry {number}") from None

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> Body:
        if parent == ROOT:
            self._told_entries = self._layout[ROOT].children
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
            chosen_properties(node, names),
            [("(ia{sv}av)", self._subtree(child, depth - 1, names)) for child in children],
        )

    def _get_group(self, numbers: list[int], names: list[str]) -> Body:
        wanted = frozenset(names)
        known = (number for number in numbers or self._layout if number in self._layout)
        return ([(number, chosen_properties(self._layout[number], wanted)) for number in known],)

    def _get_property(self, number: int, name: str) -> Body:
        found = self._node(number).properties.get(name) or DEFAULTS.get(name)
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
            self._on_opening([number])
            self._watched_until_seconds = math.inf
            if number != ROOT:
                self._open_submenus.add(number)
        elif event == "closed" and number == ROOT:
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
        return (number in self._on_opening([number]),)

    def _about_to_show_group(self, numbers: list[int]) -> Body:
        known = [number for number in numbers if number in self._layout]
        changed = self._on_opening(known)
        return (
            [number for number in known if number in changed],
            [number for number in numbers if number not in known],
        )

    def _on_opening(self, numbers: Sequence[int]) -> set[int]:
        """Prepare submenus, or the whole menu, for somebody who is about to open them."""
        self._notify_opening()
        now_seconds = time.monotonic()
        # GNOME's extension closes a submenu that is open when entries come or go anywhere.
        keep_entries = self.watched and ROOT not in numbers
        if not keep_entries:
            self._open_submenus.clear()
        self._opened_seconds = now_seconds
        self._watched_until_seconds = max(
            self._watched_until_seconds, now_seconds + _GLANCE_SECONDS
        )
        return self.publish(keep_entries=keep_entries)
