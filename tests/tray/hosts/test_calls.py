"""What each host calls, in its order and with its arguments, and what it must hear.

Taken from their sources, and seen on the bus of Plasma, waybar and GNOME Shell.

KDE Plasma and LXQt: libdbusmenu-qt's DBusMenuImporter. XFCE and waybar: libdbusmenu-gtk over
libdbusmenu-glib. MATE: sn-dbus-menu.c. GNOME: the AppIndicator extension's dbusMenu.js.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tray.hosts.test_dbusmenu import Host, item
from trayapp.tray.hosts.dbus_object import BusFaultError
from trayapp.tray.menus import Menu

MATE_NAMES = [
    *("accessible-desc", "children-display", "disposition", "enabled", "icon-data", "icon-name"),
    *("label", "shortcut", "toggle-type", "toggle-state", "type", "visible"),
]
ClickedBy = Callable[[Host, int], object]


@pytest.fixture
def host() -> Host:
    made = Host(
        item("figures", enabled=False),
        Menu.SEPARATOR,
        item("login", checked=lambda _: False),
        item("alerts", action=Menu(item("on"), item("off"))),
    )
    made.menu.publish()  # as when the icon registers
    made.signals.clear()
    return made


def properties(layout: Any) -> dict[str, Any]:
    return dict(layout[1])


def signals(host: Host, name: str) -> list[Any]:
    return [body for signal, body in host.signals if signal == name]


def test_plasma_and_lxqt_take_one_level_at_a_time(host: Host) -> None:
    host.call("AboutToShow", 0)
    _, (root, _, children) = host.call("GetLayout", 0, 1, [])
    assert root == 0
    assert [properties(child)["label"] for _, child in children if "label" in child[1]] == [
        ("s", "figures"),
        ("s", "login"),
        ("s", "alerts"),
    ]
    assert all(grandchildren == [] for _, (_, _, grandchildren) in children)
    alerts = host.ids()["alerts"]
    # False, but its menu is still empty there, so that it asks all the same.
    assert host.call("AboutToShow", alerts) == (False,)
    _, (_, _, below) = host.call("GetLayout", alerts, 1, [])
    assert [child[1]["label"] for _, child in below] == [("s", "on"), ("s", "off")]
    for event in ("opened", "closed"):
        assert host.call("Event", alerts, event, ("s", ""), 0) == ()
    assert host.menu.watched  # a submenu has closed, not the menu


def test_plasma_is_made_to_ask_for_submenus_before_they_open(host: Host) -> None:
    """It placed one that was still empty beyond the edge of the screen, and then filled it."""
    revision, (_, _, children) = host.call("GetLayout", 0, 1, [])
    alerts = host.ids()["alerts"]
    assert alerts in [number for _, (number, _, _) in children]
    assert host.signals == [("LayoutUpdated", (revision, alerts))]
    host.signals.clear()
    _, (_, _, below) = host.call("GetLayout", alerts, 1, [])
    assert len(below) == 2
    host.call("GetLayout", 0, -1, [])  # others take everything at once
    assert host.signals == []


def test_plasma_hears_of_every_menu_that_has_other_entries(host: Host) -> None:
    """It asks anew for the named menu alone, at one level."""
    host.call("AboutToShow", 0)
    host.signals.clear()
    alerts = host.ids()["alerts"]
    host.items = (
        *host.items[:3],
        item("alerts", action=Menu(item("on"), item("15 min"), item("off"))),
        item("quit"),
    )
    host.call("AboutToShow", 0)
    assert {parent for _, parent in signals(host, "LayoutUpdated")} == {0, alerts}


@pytest.mark.parametrize(
    "click",
    [
        lambda host, number: host.call("Event", number, "clicked", ("s", ""), 0),
        lambda host, number: host.call("EventGroup", [(number, "clicked", ("i", 0), 0)]),
    ],
    ids=["Event", "EventGroup"],
)
def test_a_mark_that_the_host_turned_over_is_told_again(host: Host, click: ClickedBy) -> None:
    """Qt's and MATE's menus turn a check mark over when it is clicked, whatever comes of it."""
    host.call("AboutToShow", 0)
    host.signals.clear()
    login = host.ids()["login"]
    click(host, login)
    assert host.clicked == ["login"]
    host.menu.publish()
    assert signals(host, "ItemsPropertiesUpdated") == [([(login, {"toggle-state": ("i", 0)})], [])]
    host.signals.clear()
    host.menu.publish()
    assert host.signals == []


def test_libdbusmenu_asks_for_all_then_for_properties_by_name(host: Host) -> None:
    revision, (_, found, children) = host.call("GetLayout", 0, -1, ["type", "children-display"])
    assert revision >= 1
    assert found == {"children-display": ("s", "submenu")}
    numbers = [child[0] for _, child in children]
    ((first, known), *_) = host.call("GetGroupProperties", numbers, [])[0]
    assert first == numbers[0]
    assert known["label"] == ("s", "figures")
    assert known["enabled"] == ("b", False)
    assert host.call("AboutToShowGroup", [0, *numbers]) == ([], [])
    events = [(numbers[0], "opened", ("i", 0), 0), (numbers[0], "hovered", ("i", 0), 0)]
    assert host.call("EventGroup", events) == ([],)


def test_an_empty_list_of_entries_means_all(host: Host) -> None:
    host.call("AboutToShow", 0)
    (everything,) = host.call("GetGroupProperties", [], [])
    assert {number for number, _ in everything} >= {0, *host.ids().values()}


def test_mate_opens_first_then_says_it_is_about_to_show(host: Host) -> None:
    host.call("GetLayout", 0, -1, MATE_NAMES)
    host.items = (item("figures", "43 %"), *host.items[1:])
    assert host.call("Event", 0, "opened", ("i", 0), 17) == ()
    assert signals(host, "ItemsPropertiesUpdated")
    assert host.call("AboutToShow", 0) == (False,)
    assert host.call("Event", 0, "closed", ("i", 0), 0) == ()
    assert not host.menu.watched


def test_gnome_reads_types_first_and_all_properties_of_each_later(host: Host) -> None:
    host.call("AboutToShow", 0)
    _, (_, _, children) = host.call("GetLayout", 0, -1, ["type", "children-display"])
    by_label = host.ids()
    kinds = {child[0]: dict(child[1]) for _, child in children}
    assert kinds[by_label["figures"]] == {}
    assert kinds[by_label["alerts"]] == {"children-display": ("s", "submenu")}
    assert {"type": ("s", "separator")} in kinds.values()
    assert dict(host.call("GetGroupProperties", [by_label["login"]], [])[0])[by_label["login"]] == {
        "label": ("s", "login"),
        "toggle-type": ("s", "checkmark"),
        "toggle-state": ("i", 0),
    }


class GnomeMenu:
    """The top level as the extension shows it (46, Debian 12), which moves no entry that it has."""

    def __init__(self, host: Host) -> None:
        self.shown: list[int] = []
        self._host = host
        self.read()

    def open(self) -> None:
        """Open the menu, and close it again."""
        self._host.signals.clear()
        self._host.call("Event", 0, "opened", ("i", 0), 0)
        if signals(self._host, "LayoutUpdated"):
            self.read()
        self._host.call("AboutToShow", 0)
        self._host.call("Event", 0, "closed", ("i", 0), 0)

    def read(self) -> None:
        """Take the menu as it is now."""
        _, (_, _, children) = self._host.call("GetLayout", 0, -1, ["type", "children-display"])
        told = [number for _, (number, _, _) in children]
        for place, number in enumerate(told):
            if number not in self.shown:
                self.shown.insert(place, number)
        self.shown = [number for number in self.shown if number in told]


@given(st.lists(st.lists(st.sampled_from("abcdefg-"), max_size=9), min_size=2, max_size=6))
def test_entries_are_where_they_belong_in_gnomes_menu(menus: list[list[str]]) -> None:
    """Entries that come, go and change places at once, seen with the first rows after the start."""
    host = Host()
    host.menu.publish()
    gnome = GnomeMenu(host)
    for menu in menus:
        keys = [key for n, key in enumerate(menu) if key == "-" or key not in menu[:n]]
        host.items = tuple(Menu.SEPARATOR if key == "-" else item(key) for key in keys)
        gnome.open()
        assert gnome.shown == [number for _, (number, _, _) in host.layout()[2]]
        assert list(host.ids()) == [key for key in keys if key != "-"]


def test_few_entries_become_others_when_rows_change_places(host: Host) -> None:
    rows = [item(name) for name in ("first", "second")]
    host.items = (host.items[0], *rows, *host.items[1:])
    host.call("AboutToShow", 0)
    before = host.ids()
    host.items = (host.items[0], *reversed(rows), *host.items[3:])
    host.call("AboutToShow", 0)
    kept = {name for name, number in host.ids().items() if before[name] == number}
    assert kept == {"figures", "login", "alerts"}
    assert list(host.ids())[1:3] == ["second", "first"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enabled", ("b", True)),
        ("visible", ("b", True)),
        ("type", ("s", "standard")),
        ("toggle-state", ("i", -1)),
        ("icon-name", ("s", "")),
    ],
)
def test_a_property_that_is_not_set_has_its_default(
    host: Host, name: str, value: tuple[str, object]
) -> None:
    host.call("AboutToShow", 0)
    assert host.call("GetProperty", host.ids()["alerts"], name) == (value,)
    with pytest.raises(BusFaultError):
        host.call("GetProperty", 77, name)


def test_the_menu_s_own_properties(host: Host) -> None:
    assert host.menu.interface.read_all() == {
        "Version": ("u", 3),
        "TextDirection": ("s", "ltr"),
        "Status": ("s", "normal"),
        "IconThemePath": ("as", []),
    }


def test_a_screen_reader_hears_words_instead_of_bars(host: Host) -> None:
    spoken = item("web", "web ▁▂▃ 120 MiB ↗")
    spoken.spoken = "web: 120 MiB, growing"
    host.items = (spoken,)
    host.call("AboutToShow", 0)
    assert host.call("GetProperty", host.ids()["web ▁▂▃ 120 MiB ↗"], "accessible-desc") == (
        ("s", "web: 120 MiB, growing"),
    )


def test_whoever_is_about_to_look_gives_notice_before_the_menu_is_told(host: Host) -> None:
    """That is when figures are read anew."""
    host.call("AboutToShow", 0)
    host.call("AboutToShowGroup", [0])
    host.call("Event", 0, "opened", ("i", 0), 0)
    assert host.looks == 3
    host.call("GetLayout", 0, -1, [])
    host.call("Event", 0, "closed", ("i", 0), 0)
    assert host.looks == 3
