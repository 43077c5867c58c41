"""The icon as others on a session bus see it: a real bus, and a watcher of this test's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_method_call,
    new_method_return,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from PIL import Image

from tests.desktop.desktop import wait_until
from trayapp.domain.showing.menu import IconPicture
from trayapp.platforms.session_bus import BusError
from trayapp.tray.drawing import draw_argb
from trayapp.tray.hosts.pixmaps import ICON_SIZES_PX, SIZES_BY_PANEL_PX
from trayapp.tray.hosts.session import WATCHER
from trayapp.tray.hosts.status_notifier_icon import SniIcon
from trayapp.tray.menus import Menu, MenuItem

needs_dbus_daemon = pytest.mark.skipif(not shutil.which("dbus-daemon"), reason="no dbus-daemon")

PICTURE = IconPicture(heights=tuple(range(10, 110, 10)))
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Watcher:
    """What a panel does: owns the watcher's name, hears of items, asks them."""

    def __init__(self, *, has_host: bool = True, address: str = "SESSION") -> None:
        self._has_host = has_host
        self.connection: DBusConnection = open_dbus_connection(bus=address)
        self.ask("org.freedesktop.DBus", "/", "org.freedesktop.DBus.AddMatch", "s", "type='signal'")
        self.ask("org.freedesktop.DBus", "/", "org.freedesktop.DBus.RequestName", "su", WATCHER, 0)
        self.item = ""
        self._answered = False
        self.signals: list[tuple[str, Any]] = []

    def await_item(self) -> str:
        """Wait until an icon has registered and knows whether it is shown; returns its bus name."""
        while not (self.item and self._answered):
            self.hear()
        return self.item

    def hear(self) -> None:
        """Take one message."""
        self._take(self.connection.receive(timeout=10))

    def await_signal(self, *names: str) -> None:
        """Wait until the last signals are these."""
        while [name for name, _ in self.signals[-len(names) :]] != list(names):
            self.hear()

    def ask(self, to: str, path: str, method: str, signature: str = "", *body: Any) -> Any:
        """Call a method and give its results; an error reply raises BusError."""
        interface, _, member = method.rpartition(".")
        address = DBusAddress(path, bus_name=to, interface=interface)
        call = new_method_call(address, member, signature or None, body)
        serial = next(self.connection.outgoing_serial)
        self.connection.send(call, serial=serial)
        while True:
            message = self.connection.receive(timeout=10)
            if message.header.fields.get(HeaderFields.reply_serial) != serial:
                self._take(message)
            elif message.header.message_type is MessageType.error:
                raise BusError(message.header.fields[HeaderFields.error_name])
            else:
                return message.body

    def of_item(self, name: str) -> Any:
        """A property of the item."""
        body = self.ask(self.item, "/StatusNotifierItem", f"{PROPERTIES}.Get", "ss", ITEM, name)
        return body[0]

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member)
        if message.header.message_type is MessageType.signal:
            if str(fields.get(HeaderFields.interface)) in (ITEM, MENU):
                self.signals.append((str(member), message.body))
        elif member == "RegisterStatusNotifierItem":
            (self.item,) = message.body
            self.connection.send(new_method_return(message))
        elif member == "Get":
            self._answered = True
            self.connection.send(new_method_return(message, "v", (("b", self._has_host),)))


@pytest.fixture
def watcher(bus_address: str) -> Iterator[Watcher]:  # noqa: ARG001 - it must be there
    made = Watcher()
    with contextlib.closing(made.connection):
        yield made


class Running:
    """An icon in a thread; the clicks it got and what it says about being seen."""

    def __init__(self) -> None:
        self.clicked: list[str] = []
        self.seen: list[bool] = []

        def click(_icon: Any, item: Any) -> None:
            self.clicked.append(item.text)
            if item.text == "broken":
                raise RuntimeError("on purpose")

        self.icon = SniIcon(
            "memtray",
            icon=PICTURE,
            title="Memtray 42 %\n<b> & more",
            menu=Menu(MenuItem("trends", click, default=True), MenuItem("broken", click)),
        )
        self.icon.on_seen = self.seen.append
        self.icon.on_scroll = lambda step: self.clicked.append(f"scroll {step}")
        self.icon.on_middle_click = lambda: self.clicked.append("middle")
        self.thread = threading.Thread(target=self.icon.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.icon.visible)


@pytest.fixture
def start() -> Iterator[Callable[[], Running]]:
    started: list[Running] = []

    def start_one() -> Running:
        started.append(Running())
        return started[-1]

    yield start_one
    for one in started:
        one.icon.stop()
        one.thread.join(5)
        assert not one.thread.is_alive()
        one.icon.visible = False


def test_a_host_finds_everything_it_may_ask(watcher: Watcher, start: Callable[[], Running]) -> None:
    running = start()
    item = watcher.await_item()
    # GNOME's extension 46 loses track of items under any other name when it is switched on again.
    assert item.startswith(":")
    (everything,) = watcher.ask(item, "/StatusNotifierItem", f"{PROPERTIES}.GetAll", "s", ITEM)
    assert everything["Id"] == ("s", "memtray")
    assert everything["Status"] == ("s", "Active")
    assert everything["ItemIsMenu"] == ("b", False)
    assert everything["Menu"] == ("o", "/MenuBar")
    assert everything["ToolTip"][1] == ("", [], "Memtray 42 %", "‹b› + more")
    pixmaps = everything["IconPixmap"][1]
    assert [(width, height) for width, height, _ in pixmaps] == [(px, px) for px in ICON_SIZES_PX]
    assert [bytes(data) for *_, data in pixmaps] == draw_argb(PICTURE, ICON_SIZES_PX)
    assert everything["AttentionIconPixmap"][1] == []
    (menu,) = watcher.ask(item, "/MenuBar", f"{PROPERTIES}.GetAll", "s", MENU)
    assert menu["Version"] == ("u", 3)
    for path, name in (("/", "MenuBar"), ("/StatusNotifierItem", ITEM), ("/MenuBar", MENU)):
        (xml,) = watcher.ask(item, path, "org.freedesktop.DBus.Introspectable.Introspect")
        assert f'name="{name}"' in xml
    assert watcher.ask(item, "/", "org.freedesktop.DBus.Peer.Ping") == ()
    wait_until(lambda: running.seen == [True])


@pytest.mark.parametrize(
    ("path", "method", "signature", "body", "error"),
    [
        ("/StatusNotifierItem", f"{ITEM}.NoSuch", "", (), "UnknownMethod"),
        # GNOME shows a busy pointer until a token is used, which no window of ours does.
        (
            "/StatusNotifierItem",
            f"{ITEM}.ProvideXdgActivationToken",
            "s",
            ("token",),
            "UnknownMethod",
        ),
        ("/StatusNotifierItem", "no.such.Interface.Activate", "ii", (0, 0), "UnknownMethod"),
        ("/nowhere", f"{ITEM}.Activate", "ii", (0, 0), "UnknownObject"),
        ("/StatusNotifierItem", f"{ITEM}.Activate", "s", ("x",), "InvalidArgs"),
        ("/StatusNotifierItem", f"{ITEM}.Activate", "", (), "InvalidArgs"),
        ("/MenuBar", f"{MENU}.GetLayout", "s", ("x",), "InvalidArgs"),
        ("/MenuBar", f"{MENU}.GetLayout", "iias", (99, 0, []), "InvalidArgs"),
        ("/StatusNotifierItem", f"{PROPERTIES}.Get", "ss", (ITEM, "NoSuch"), "UnknownProperty"),
        ("/MenuBar", f"{PROPERTIES}.Set", "ssv", (MENU, "Version", ("u", 1)), "PropertyReadOnly"),
    ],
)
def test_nonsense_gets_an_error_and_the_icon_lives_on(
    watcher: Watcher,
    start: Callable[[], Running],
    path: str,
    method: str,
    signature: str,
    body: tuple[Any, ...],
    error: str,
) -> None:
    start()
    item = watcher.await_item()
    with pytest.raises(BusError, match=f"org.freedesktop.DBus.Error.{error}"):
        watcher.ask(item, path, method, signature, *body)
    assert watcher.of_item("Id") == ("s", "memtray")


def test_only_what_differs_is_told(watcher: Watcher, start: Callable[[], Running]) -> None:
    running = start()
    watcher.await_item()
    watcher.signals.clear()
    icon = running.icon
    icon.icon = IconPicture(heights=PICTURE.heights)  # equal
    icon.title = icon.title
    icon.update_menu()  # nobody looks
    icon.title = "Memtray 43 %"
    watcher.await_signal("NewToolTip")
    assert [name for name, _ in watcher.signals] == ["NewToolTip"]
    icon.icon = IconPicture(heights=(1,) * 10)
    watcher.await_signal("NewIcon")
    assert bytes(watcher.of_item("IconPixmap")[1][0][2]) == draw_argb(icon.icon, [16])[0]
    icon.attention = True
    watcher.await_signal("NewAttentionIcon", "NewStatus")
    assert watcher.signals[-1][1] == ("NeedsAttention",)
    assert watcher.of_item("AttentionIconPixmap") == watcher.of_item("IconPixmap")
    icon.visible = False
    watcher.await_signal("NewStatus")
    wait_until(lambda: watcher.of_item("Status") == ("s", "Passive"))


def test_a_closed_menu_with_other_entries_is_told_at_once(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """XFCE pops a menu up in the size it had before it asked, and cuts off what came since."""
    running = start()
    watcher.await_item()
    watcher.signals.clear()
    for count in (3, 5):
        running.icon._menu = Menu(*(MenuItem(f"line {n}", None) for n in range(count)))
        running.icon.resize_menu()
        watcher.await_signal("LayoutUpdated")
        _, (_, _, entries) = watcher.ask(
            watcher.item, "/MenuBar", f"{MENU}.GetLayout", "iias", 0, -1, []
        )
        assert len(entries) == count
        watcher.signals.clear()


def test_the_tooltip_rests_while_the_menu_is_open(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """XFCE shows a tooltip that changes again, on top of the menu."""
    running = start()
    item = watcher.await_item()
    before = watcher.of_item("ToolTip")
    watcher.ask(item, "/MenuBar", f"{MENU}.AboutToShow", "i", 0)
    watcher.signals.clear()
    running.icon.title = "Memtray 43 %"
    running.icon.icon = IconPicture(heights=(1,) * 10)
    watcher.await_signal("NewIcon")
    assert watcher.of_item("ToolTip") == before
    assert [name for name, _ in watcher.signals] == ["NewIcon"]
    watcher.ask(item, "/MenuBar", f"{MENU}.Event", "isvu", 0, "closed", ("i", 0), 0)
    running.icon.icon = PICTURE
    watcher.await_signal("NewToolTip")
    assert watcher.of_item("ToolTip")[1][2] == "Memtray 43 %"


def test_no_entry_moves_away_under_a_pointer_that_aims_at_it(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    running = start()
    item = watcher.await_item()
    watcher.ask(item, "/MenuBar", f"{MENU}.AboutToShow", "i", 0)
    watcher.signals.clear()
    entries = [MenuItem(f"line {n}", None) for n in range(3)]
    running.icon._menu = Menu(*entries)
    running.icon.resize_menu()
    watcher.await_signal("ItemsPropertiesUpdated")
    assert [name for name, _ in watcher.signals] == ["ItemsPropertiesUpdated"]
    watcher.ask(item, "/MenuBar", f"{MENU}.Event", "isvu", 0, "closed", ("i", 0), 0)
    running.icon.resize_menu()
    watcher.await_signal("LayoutUpdated")
    _, (_, _, told) = watcher.ask(item, "/MenuBar", f"{MENU}.GetLayout", "iias", 0, -1, [])
    assert len(told) == 3


def sizes_of(watcher: Watcher) -> tuple[int, ...]:
    return tuple(width for width, _, _ in watcher.of_item("IconPixmap")[1])


def test_xfce_gets_a_picture_that_its_slots_divide(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """It shrinks the largest, as waybar does; but it is known to what."""
    request = "org.freedesktop.DBus.RequestName"
    watcher.ask("org.freedesktop.DBus", "/", request, "su", "org.xfce.Panel", 0)
    start()
    watcher.await_item()
    assert sizes_of(watcher) == SIZES_BY_PANEL_PX["XFCE"]
    assert sizes_of(watcher)[-1] % 44 == 0


def test_xfce_is_told_of_a_tooltip_by_a_new_icon(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """It would ask for everything, pictures included, once more."""
    request = "org.freedesktop.DBus.RequestName"
    watcher.ask("org.freedesktop.DBus", "/", request, "su", "org.xfce.Panel", 0)
    running = start()
    watcher.await_item()
    wait_until(lambda: sizes_of(watcher) == SIZES_BY_PANEL_PX["XFCE"])
    watcher.signals.clear()
    running.icon._title = "Memtray 43 %"
    running.icon.icon = IconPicture(heights=(1,) * 10)
    watcher.await_signal("NewIcon")
    assert watcher.of_item("ToolTip")[1][2] == "Memtray 43 %"
    assert [name for name, _ in watcher.signals] == ["NewIcon"]
    running.icon.title = "Memtray 44 %"
    watcher.await_signal("NewToolTip")
    assert watcher.of_item("ToolTip")[1][2] == "Memtray 44 %"


@pytest.mark.parametrize(
    ("desktop", "slots_px"), [("KDE", {22, 33, 44}), ("ubuntu:GNOME", {16, 24, 32})]
)
def test_shells_that_keep_pictures_get_few(
    watcher: Watcher,
    start: Callable[[], Running],
    monkeypatch: pytest.MonkeyPatch,
    desktop: str,
    slots_px: set[int],
) -> None:
    """Those of many changes are garbage that Plasma and GNOME Shell take for small."""
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    running = start()
    watcher.await_item()
    assert running.icon.cuts_tall_menus == desktop.endswith("GNOME")
    assert slots_px < set(sizes_of(watcher))
    assert sum(4 * size * size for size in sizes_of(watcher)) < 20_000


def test_a_tooltip_reads_the_same_where_it_is_markup_and_where_it_is_not(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """Waybar has shown nothing of a title with "&" in it, Plasma "&amp;" in a description."""
    running = start()
    watcher.await_item()
    running.icon.title = "bar & grill: 42 MiB\na <b> & c: 43 MiB"
    watcher.await_signal("NewToolTip")
    assert watcher.of_item("ToolTip")[1][2:] == ("bar + grill: 42 MiB", "a ‹b› + c: 43 MiB")
    # That is never markup.
    assert watcher.of_item("IconAccessibleDesc") == ("s", "bar & grill: 42 MiB")


def test_any_pillow_image_will_do(watcher: Watcher, start: Callable[[], Running]) -> None:
    """As pystray's interface promises."""
    running = start()
    watcher.await_item()
    running.icon.icon = Image.new("RGB", (3, 2), (1, 2, 3))
    watcher.await_signal("NewIcon")
    ((width, height, data),) = watcher.of_item("IconPixmap")[1]
    assert (width, height, bytes(data)) == (3, 2, b"\xff\1\2\3" * 6)


def test_both_clicks_arrive_and_a_failing_action_harms_nobody(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    running = start()
    item = watcher.await_item()
    watcher.ask(item, "/StatusNotifierItem", f"{ITEM}.Activate", "ii", 0, 0)
    wait_until(lambda: running.clicked == ["trends"])
    watcher.ask(item, "/StatusNotifierItem", f"{ITEM}.ContextMenu", "ii", 0, 0)
    _, (_, _, entries) = watcher.ask(item, "/MenuBar", f"{MENU}.GetLayout", "iias", 0, -1, [])
    numbers = {entry[1][1]["label"][1]: entry[1][0] for entry in entries}
    for label in ("broken", "trends"):
        event = (numbers[label], "clicked", ("i", 0), 0)
        watcher.ask(item, "/MenuBar", f"{MENU}.Event", "isvu", *event)
    wait_until(lambda: running.clicked == ["trends", "broken", "trends"])


def test_the_wheel_and_the_middle_button_arrive(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    running = start()
    item = watcher.await_item()
    for method, signature, body in (
        ("SecondaryActivate", "ii", (0, 0)),
        ("XAyatanaSecondaryActivate", "u", (0,)),
        ("Scroll", "is", (-120, "vertical")),
        # A touchpad's many small turns are one.
        *[("Scroll", "is", (-7, "vertical"))] * 3,
        ("Scroll", "is", (0, "horizontal")),
    ):
        watcher.ask(item, "/StatusNotifierItem", f"{ITEM}.{method}", signature, *body)
    time.sleep(0.2)
    watcher.ask(item, "/StatusNotifierItem", f"{ITEM}.Scroll", "is", 1, "vertical")
    wait_until(lambda: running.clicked == ["middle", "middle", "scroll -1", "scroll 1"])


def test_a_screen_reader_hears_the_first_line_of_the_tooltip(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    start()
    watcher.await_item()
    assert watcher.of_item("IconAccessibleDesc") == ("s", "Memtray 42 %")


def test_the_icon_comes_when_a_watcher_comes_and_comes_back(
    bus_address: str, start: Callable[[], Running]
) -> None:
    del bus_address
    running = start()
    wait_until(lambda: running.seen == [False])
    for _ in range(2):
        watcher = Watcher()
        watcher.await_item()
        wait_until(lambda: running.seen[-1])
        watcher.connection.close()
        wait_until(lambda: not running.seen[-1])
    assert running.seen == [False, True, False, True, False]


def test_a_watcher_without_a_host_shows_nothing(
    bus_address: str, start: Callable[[], Running]
) -> None:
    del bus_address
    watcher = Watcher(has_host=False)
    with contextlib.closing(watcher.connection):
        running = start()
        watcher.await_item()
        wait_until(lambda: running.seen == [False])


def test_a_number_beside_the_icon_is_told_where_it_changes(
    watcher: Watcher, start: Callable[[], Running]
) -> None:
    """As libappindicator tells it; without one there is none, as MATE would show an empty one."""
    icon = start().icon
    watcher.await_item()
    with pytest.raises(BusError, match="UnknownProperty"):
        watcher.of_item("XAyatanaLabel")
    icon.label = "7 %"
    watcher.await_signal("XAyatanaNewLabel")
    assert watcher.signals[-1] == ("XAyatanaNewLabel", ("7 %", "100%"))
    assert watcher.of_item("XAyatanaLabel") == ("s", "7 %")
    assert watcher.of_item("XAyatanaLabelGuide") == ("s", "100%")
    watcher.signals.clear()
    icon.label = ""
    watcher.await_signal("XAyatanaNewLabel")
    every = watcher.ask(watcher.item, "/StatusNotifierItem", f"{PROPERTIES}.GetAll", "s", ITEM)
    assert "XAyatanaLabel" not in every[0]


@needs_dbus_daemon
def test_a_bus_that_starts_late_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[], Running]
) -> None:
    address = f"unix:path={tmp_path / 'late'}"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    running = start()
    wait_until(lambda: running.seen == [False])
    command = ("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}")
    with subprocess.Popen(command) as daemon:
        wait_until((tmp_path / "late").exists)
        watcher = Watcher()
        with contextlib.closing(watcher.connection):
            watcher.await_item()
            wait_until(lambda: running.seen[-1])
            daemon.terminate()
            daemon.wait()
            wait_until(lambda: not running.seen[-1])
    # The session's bus was restarted at the same address, and with it everything on it.
    with subprocess.Popen(command) as daemon:
        wait_until((tmp_path / "late").exists)
        watcher = Watcher()
        with contextlib.closing(watcher.connection):
            watcher.await_item()
            wait_until(lambda: running.seen[-1])
            assert watcher.of_item("Id") == ("s", "memtray")
            daemon.terminate()


@needs_dbus_daemon
def test_a_bus_that_comes_back_elsewhere_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Callable[[], Running]
) -> None:
    """The session's programs are started anew with another address, of which nobody tells us."""
    screen = f":{os.getpid()}"
    monkeypatch.setenv("DISPLAY", screen)
    first, second = (f"unix:path={tmp_path / name}" for name in ("first", "second"))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", first)
    command = ("dbus-daemon", "--session", "--nofork", "--nopidfile")
    with subprocess.Popen((*command, f"--address={first}")) as daemon:
        wait_until((tmp_path / "first").exists)
        watcher = Watcher()
        with contextlib.closing(watcher.connection):
            running = start()
            watcher.await_item()
            wait_until(lambda: running.seen[-1:] == [True])
            daemon.terminate()
            daemon.wait()
            wait_until(lambda: running.seen[-1:] == [False])
    panels = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": second}
    with (
        subprocess.Popen((*command, f"--address={second}")) as daemon,
        subprocess.Popen(("sleep", "60"), env=panels) as panel,
    ):
        wait_until((tmp_path / "second").exists)
        watcher = Watcher(address=second)
        with contextlib.closing(watcher.connection):
            watcher.await_item()
            wait_until(lambda: running.seen[-1])
            assert watcher.of_item("Id") == ("s", "memtray")
        panel.terminate()
        daemon.terminate()
