"""The menu on the bus: what a host's copy holds, and what it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from jeepney import HeaderFields, Message

from trayapp.tray.hosts.dbus_object import BusFaultError
from trayapp.tray.hosts.dbusmenu import MenuObject
from trayapp.tray.hosts.menu_layout import LayoutBuilder, diff
from trayapp.tray.menus import Menu, MenuItem


def item(key: str, text: str = "", **options: Any) -> Any:
    made = MenuItem(text or key, options.pop("action", None), **options)
    made.key = key
    return made


class Host:
    """A menu, and the signals a host would see."""

    def __init__(self, *items: Any) -> None:
        self.items = items
        self.signals: list[tuple[str, Any]] = []
        self.clicked: list[str] = []
        self.looks = 0
        self.menu = MenuObject(
            lambda: Menu(*self.items),
            self._hear,
            lambda item: self.clicked.append(item.key),
            self._note_look,
        )

    def _note_look(self) -> None:
        self.looks += 1

    def _hear(self, message: Message) -> None:
        message.serialise(serial=1)
        self.signals.append((message.header.fields[HeaderFields.member], message.body))

    def call(self, method: str, *arguments: Any) -> Any:
        return self.menu.interface.methods[method].run(*arguments)

    def layout(self) -> Any:
        return self.call("GetLayout", 0, -1, [])[1]

    def ids(self) -> dict[str, int]:
        return {
            properties["label"][1]: number
            for _, (number, properties, _) in self.layout()[2]
            if "label" in properties
        }


@pytest.fixture
def host() -> Host:
    made = Host(item("a"), item("b"), item("c"))
    made.call("AboutToShow", 0)
    made.signals.clear()
    return made


def test_nothing_has_changed_in_the_same_menu() -> None:
    builder = LayoutBuilder()
    first, second = (builder.build(Menu(item("a"), Menu.SEPARATOR, item("b"))) for _ in range(2))
    assert first == second or not diff(first, second).updated
    assert diff(first, second) == diff(first, first)


def test_an_entry_keeps_its_id_wherever_it_moves() -> None:
    builder = LayoutBuilder()
    first = builder.build(Menu(item("a"), item("b")))
    second = builder.build(Menu(item("new"), item("b", "B!"), item("a")))
    a, b = first[0].children
    assert second[0].children[1:] == (b, a)
    assert second[0].children[0] not in first
    changes = diff(first, second)
    assert changes.updated == [(b, {"label": ("s", "B!")})]
    assert changes.parents == [0]


def test_what_is_back_at_its_default_is_removed() -> None:
    builder = LayoutBuilder()
    first = builder.build(Menu(item("a", enabled=False)))
    second = builder.build(Menu(item("a")))
    assert diff(first, second).removed == [(1, ["enabled"])]
    assert diff(second, first).updated == [(1, {"enabled": ("b", False)})]


def test_ids_of_many_short_lived_entries_are_not_hoarded() -> None:
    builder = LayoutBuilder()
    for number in range(1000):
        builder.build(Menu(item(f"track:{number}")))
    assert len(vars(builder)["_ids"]) == 1


def test_an_entry_that_becomes_a_submenu_is_another_entry() -> None:
    builder = LayoutBuilder()
    first = builder.build(Menu(item("a")))
    second = builder.build(Menu(item("a", action=Menu(item("b")))))
    assert first[0].children != second[0].children


def test_a_row_more_moves_no_separator() -> None:
    builder = LayoutBuilder()
    tail = (Menu.SEPARATOR, item("b"), Menu.SEPARATOR, item("c"))
    first = builder.build(Menu(item("a"), *tail))
    second = builder.build(Menu(item("a"), item("new"), *tail))
    assert (second[0].children[0], *second[0].children[2:]) == first[0].children


def test_equal_keys_get_ids_of_their_own() -> None:
    layout = LayoutBuilder().build(Menu(item("a"), item("a")))
    assert len(set(layout[0].children)) == 2


def test_labels_are_plain_bounded_and_without_mnemonics() -> None:
    layout = LayoutBuilder().build(Menu(item("a", "my_app\n\0\udc80" + "x" * 500)))
    kind, label = layout[1].properties["label"]
    assert kind == "s"
    assert label.startswith("my__app   xxx")
    assert len(label) <= 201


def test_a_picture_is_told_and_changed_in_place(host: Host) -> None:
    """As an incident gets worse while somebody looks at the menu."""
    marked = item("b")
    host.items = (item("a"), marked, item("c"))
    for picture in (b"warning", b"critical"):
        marked.picture = picture
        host.menu.publish()
        ((name, (updated, removed)),) = host.signals
        assert name == "ItemsPropertiesUpdated"
        assert updated == [(host.ids()["b"], {"icon-data": ("ay", picture)})]
        assert removed == []
        host.signals.clear()
    marked.picture = b""
    host.menu.publish()
    assert host.signals == [("ItemsPropertiesUpdated", ([], [(host.ids()["b"], ["icon-data"])]))]


def test_kinds_of_entries() -> None:
    layout = LayoutBuilder().build(
        Menu(
            item("check", checked=lambda _: True),
            item("radio", checked=lambda _: False, radio=True),
            Menu.SEPARATOR,
            item("sub", action=Menu(item("child"))),
        )
    )
    check, radio, separator, sub = (layout[number] for number in layout[0].children)
    assert check.properties["toggle-type"] == ("s", "checkmark")
    assert check.properties["toggle-state"] == ("i", 1)
    assert radio.properties["toggle-type"] == ("s", "radio")
    assert radio.properties["toggle-state"] == ("i", 0)
    assert separator.properties == {"type": ("s", "separator")}
    assert sub.properties["children-display"] == ("s", "submenu")
    assert [layout[child].properties["label"] for child in sub.children] == [("s", "child")]


def test_nothing_is_sent_before_somebody_looks(host: Host) -> None:
    host.items = (item("a", "1 MiB"), item("b"))
    assert host.signals == []
    assert list(host.ids()) == ["a", "b", "c"]


def test_figures_are_sent_before_the_menu_shows_and_need_no_new_layout(host: Host) -> None:
    host.items = (item("a", "1 MiB"), item("b"), item("c"))
    assert host.call("AboutToShow", 0) == (False,)
    assert host.signals == [("ItemsPropertiesUpdated", ([(1, {"label": ("s", "1 MiB")})], []))]
    host.signals.clear()
    assert host.call("AboutToShow", 0) == (False,)
    assert host.signals == []


def test_a_new_entry_needs_a_new_layout(host: Host) -> None:
    host.items = (*host.items, item("d"))
    revision = host.call("GetLayout", 0, 0, [])[0]
    assert host.call("AboutToShowGroup", [0, 99]) == ([0], [99])
    assert host.signals == [("LayoutUpdated", (revision + 1, 0))]
    assert host.call("GetLayout", 0, 0, [])[0] == revision + 1


def test_a_change_in_a_submenu_is_told_of_it_and_its_parents() -> None:
    host = Host(item("sub", action=Menu(item("a"))), item("other"))
    host.call("AboutToShow", 0)
    host.signals.clear()
    sub, other = host.ids()["sub"], host.ids()["other"]
    host.items = (item("sub", action=Menu(item("a"), item("b"))), item("other"))
    assert host.call("AboutToShowGroup", [0, sub, other]) == ([0, sub], [])
    assert [body[1] for name, body in host.signals if name == "LayoutUpdated"] == [sub]


def test_entries_stay_while_a_submenu_is_open_and_come_when_it_has_closed() -> None:
    """GNOME's extension would close it; anywhere, somebody is aiming at an entry."""
    host = Host(item("track", action=Menu(item("1", "1 MiB"))))
    host.call("AboutToShow", 0)
    track = host.ids()["track"]
    host.items = (item("track", action=Menu(item("2"), item("1", "2 MiB"))), item("b"))
    host.signals.clear()
    host.call("Event", track, "opened", ("i", 0), 0)
    assert host.call("AboutToShow", track) == (False,)
    host.menu.publish(keep_entries=host.menu.just_opened)
    assert [name for name, _ in host.signals] == ["ItemsPropertiesUpdated"]
    host.call("Event", track, "closed", ("s", ""), 0)
    assert host.call("AboutToShow", 0) == (True,)
    assert list(host.ids()) == ["track", "b"]


def test_watched_from_the_look_to_the_click_or_the_closing(host: Host) -> None:
    watched = [host.menu.watched]  # the fixture has looked
    for number, event in ((1, "clicked"), (0, "opened"), (0, "closed")):
        host.call("EventGroup", [(number, event, ("i", 0), 0)])
        watched.append(host.menu.watched)
    assert watched == [True, False, True, False]


def test_clicks_arrive_but_not_on_what_cannot_be_clicked() -> None:
    host = Host(item("a"), item("off", enabled=False), item("sub", action=Menu(item("b"))))
    host.call("AboutToShow", 0)
    for number in host.ids().values():
        host.call("Event", number, "clicked", ("i", 0), 0)
    assert host.clicked == ["a"]
    assert host.call("EventGroup", [(1, "clicked", ("i", 0), 0), (77, "clicked", ("i", 0), 0)]) == (
        [77],
    )
    assert host.clicked == ["a", "a"]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("GetLayout", (77, -1, [])),
        ("GetProperty", (77, "label")),
        ("GetProperty", (1, "no-such-property")),
        ("Event", (77, "clicked", ("i", 0), 0)),
        ("EventGroup", ([(77, "clicked", ("i", 0), 0)],)),
        ("AboutToShow", (77,)),
    ],
)
def test_unknown_entries_are_refused(host: Host, method: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(BusFaultError):
        host.call(method, *arguments)


def test_only_the_properties_asked_for(host: Host) -> None:
    host.items = (item("a", enabled=False),)
    host.call("AboutToShow", 0)
    assert host.call("GetGroupProperties", [1, 99], ["enabled"]) == (
        [(1, {"enabled": ("b", False)})],
    )
    assert host.call("GetProperty", 1, "label") == (("s", "a"),)
    assert host.call("GetLayout", 1, -1, ["label"])[1] == (1, {"label": ("s", "a")}, [])


def test_depth_is_bounded_when_asked() -> None:
    host = Host(item("sub", action=Menu(item("b"))))
    host.call("AboutToShow", 0)
    assert host.call("GetLayout", 0, 0, [])[1][2] == []
    ((_, (_, _, grandchildren)),) = host.call("GetLayout", 0, 1, [])[1][2]
    assert grandchildren == []
