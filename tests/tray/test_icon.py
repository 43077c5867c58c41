"""One icon for every backend: the gate for updates, the rules of each system, the end.

macOS and Windows are played by stand-ins for the few calls that pystray and we make to them.
"""

from __future__ import annotations

import ctypes
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from tests.tray.systems import FakeImage, FakeRegistry, FakeStatusButton
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture, MenuEntry, TrayState
from trayapp.errors import TrayError
from trayapp.tray.drawing import draw_icon, draw_template
from trayapp.tray.hosts import win32
from trayapp.tray.hosts.session import Backend
from trayapp.tray.icon import TrayIcon
from trayapp.tray.pystray_safe import Icon

WM_NOTIFY = 0x400 + 11
MENU = (
    MenuEntry(key="system", label="Memory 42 %", kind="text"),
    MenuEntry(key="trends", label="a & b", default=True),
    MenuEntry(key="line", kind="separator"),
    MenuEntry(key="login", label="Start at login", kind="check"),
    MenuEntry(key="empty", label="Nothing below", kind="submenu"),
    MenuEntry(
        key="alerts",
        label="Alerts",
        kind="submenu",
        children=(MenuEntry(key="alerts:on", label="On", kind="radio", checked=True),),
    ),
)
STATE = TrayState(
    picture=IconPicture(heights=tuple(range(10, 110, 10))),
    tooltip="Memtray\n42 %",
    menu=lambda: MENU,
)


class LoopIcon(Icon):  # type: ignore[misc]  # pystray ships no types
    """A backend whose loop takes functions from a queue; notes each update and its thread."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.loop: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self.ui_thread = 0
        self.cuts_tall_menus = False
        self.updates: list[str] = []
        self.strays: list[str] = []
        self.failures = 0

    def note(self, what: str) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the shell is busy")
        self.updates.append(what)
        if threading.get_ident() != self.ui_thread:
            self.strays.append(what)

    def count(self, what: str) -> int:
        return self.updates.count(what)

    def entries(self) -> dict[str, Any]:
        """The menu's entries by text."""
        return {item.text: item for item in self.menu}

    def _run(self) -> None:
        self.ui_thread = threading.get_ident()
        self._mark_ready()
        while action := self.loop.get():
            action()

    def _stop(self) -> None:
        self.loop.put(None)

    def _show(self) -> None:
        self.note("show")

    def _hide(self) -> None:
        pass

    def _update_icon(self) -> None:
        self.note("icon")
        self._icon_valid = True

    def _update_title(self) -> None:
        self.note("title")

    def _update_menu(self) -> None:
        self.note("menu")

    def resize_menu(self) -> None:
        """Only our own backends have it."""


class WindowsIcon(LoopIcon):
    """What our code touches of pystray's win32 backend."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._hwnd = self
        self.click: Callable[[], object] = lambda: None
        self._message_handlers: dict[int, Callable[[int, int], object]] = {
            WM_NOTIFY: lambda _wparam, _lparam: self.click()
        }

    def _update_title(self) -> None:
        if len(self.title.encode("utf-16-le")) > 2 * 127:
            raise ValueError("string too long")
        super()._update_title()

    def _notify(self, message: str, title: str | None = None) -> None:
        self.note(f"notify {title}: {message}")


class Running:
    """A host that runs in a thread."""

    def __init__(self, name: str, icon_class: type[LoopIcon], on_action: Callable[[str], None]):
        self.icons: list[LoopIcon] = []
        self.actions: list[str] = []

        def act(key: str) -> None:
            self.actions.append(key)
            on_action(key)

        def make(*args: Any, **options: Any) -> LoopIcon:
            self.icons.append(icon_class(*args, **options))
            return self.icons[-1]

        made: Any = make
        backend = Backend(name=name, icon_class=made, visible=True, reason="")
        self.host = TrayIcon(backend, act, pictures={Level.CRITICAL: b"a picture"})
        self.host.show(STATE)
        self.thread = threading.Thread(target=self.host.run, daemon=True)
        self.thread.start()
        wait_until(lambda: self.icons and self.icons[0].count("show"))
        wait_until(lambda: self.icon.count("menu") >= 2)  # pystray's first, and ours

    @property
    def icon(self) -> LoopIcon:
        return self.icons[0]

    def in_loop(self, action: Callable[[], object]) -> None:
        """Run something in the icon's loop and wait for it."""
        done = threading.Event()
        self.icon.loop.put(action)
        self.icon.loop.put(done.set)
        assert done.wait(5)


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Running] = []

    def start_one(
        name: str = "xorg",
        icon_class: type[LoopIcon] = LoopIcon,
        on_action: Callable[[str], None] = lambda _: None,
    ) -> Running:
        started.append(Running(name, icon_class, on_action))
        return started[-1]

    yield start_one
    for one in started:
        one.host.stop()
        one.thread.join(5)
        assert not one.thread.is_alive()


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    module: Any = ModuleType("pystray._util.win32")
    module.WM_NOTIFY = WM_NOTIFY

    def post(hwnd: WindowsIcon, message: int, wparam: int, lparam: int) -> None:
        hwnd.loop.put(lambda: hwnd._message_handlers[message](wparam, lparam))

    module.PostMessage = post
    monkeypatch.setitem(sys.modules, "pystray._util.win32", module)
    if util := sys.modules.get("pystray._util"):
        monkeypatch.setattr(util, "win32", module, raising=False)
    registry = FakeRegistry({})
    monkeypatch.setitem(sys.modules, "winreg", registry)
    metrics = SimpleNamespace(user32=SimpleNamespace(GetSystemMetrics=lambda _: 16))
    monkeypatch.setattr(ctypes, "windll", metrics, raising=False)
    return registry


class Mac:
    """The calls to macOS: a queue for the main thread, and whether a menu is being tracked."""

    def __init__(self) -> None:
        self.button = FakeStatusButton()
        self.icon: LoopIcon | None = None
        self.waiting: list[Callable[[], object]] = []
        self.mode = "default"
        self.handlers: dict[int, Callable[[int], None]] = {}

    def call_after(self, action: Callable[[], object]) -> None:
        assert self.icon
        self.icon.loop.put(action)


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> Mac:
    made = Mac()
    tools: Any = ModuleType("PyObjCTools")
    tools.AppHelper = SimpleNamespace(callAfter=made.call_after)
    tools.MachSignals = SimpleNamespace(signal=made.handlers.__setitem__)
    kit: Any = ModuleType("AppKit")
    kit.NSEventTrackingRunLoopMode = "tracking"
    run_loop = SimpleNamespace(currentMode=lambda: made.mode)
    kit.NSRunLoop = SimpleNamespace(currentRunLoop=lambda: run_loop)
    kit.NSStatusBar = SimpleNamespace(
        systemStatusBar=lambda: SimpleNamespace(thickness=lambda: 24.0)
    )
    kit.NSScreen = SimpleNamespace(screens=list)
    monkeypatch.setitem(sys.modules, "PyObjCTools", tools)
    monkeypatch.setitem(sys.modules, "AppKit", kit)
    return made


def shows(icon: LoopIcon, picture: IconPicture) -> bool:
    """Whether the icon is this picture at 16 pixels."""
    return bool(icon.icon == draw_icon(picture, 16))


def with_label(number: int) -> TrayState:
    """Only a label differs."""
    menu = (replace(MENU[0], label=f"Memory {number} %"), *MENU[1:])
    return replace(STATE, menu=lambda: menu)


def with_check(checked: bool) -> TrayState:
    menu = (*MENU[:3], replace(MENU[3], checked=checked), *MENU[4:])
    return replace(STATE, menu=lambda: menu, marks=(checked,))


def test_a_burst_leaves_as_two_updates_the_last_with_the_newest_state(start: Start) -> None:
    running = start()
    time.sleep(0.2)  # until the gate is open again
    before = running.icon.count("title")
    for number in range(100):
        running.host.show(replace(STATE, tooltip=f"Memtray {number}"))
    wait_until(lambda: running.icon.title == "Memtray 99")
    assert running.icon.count("title") - before == 2


def test_the_icon_is_set_only_when_the_picture_differs(start: Start) -> None:
    running = start()
    before = running.icon.count("icon")
    running.host.show(replace(STATE, tooltip="other"))
    wait_until(lambda: running.icon.title == "other")
    assert running.icon.count("icon") == before
    running.host.show(replace(STATE, picture=IconPicture(heights=(1,) * 10)))
    wait_until(lambda: running.icon.count("icon") == before + 1)


def test_every_kind_of_entry_becomes_what_pystray_knows(start: Start) -> None:
    entries = start().icon.entries()
    assert list(entries) == [
        *("Memory 42 %", "a & b", "- - - -", "Start at login", "Nothing below", "Alerts")
    ]
    assert not entries["Memory 42 %"].enabled
    assert entries["a & b"].default
    assert entries["Start at login"].checked is False
    assert not entries["Nothing below"].enabled
    (on,) = entries["Alerts"].submenu
    assert on.checked
    assert on.radio


@pytest.mark.parametrize(
    ("name", "level", "shown"),
    [
        ("sni", Level.CRITICAL, ("worse", b"a picture")),
        ("sni", Level.EMERGENCY, ("⚠ worse", b"")),  # its picture is missing
        ("xorg", Level.CRITICAL, ("⚠ worse", b"")),
        ("sni", Level.NORMAL, ("worse", b"")),
    ],
)
def test_how_bad_it_is_is_shown_by_a_picture_or_else_by_a_sign(
    start: Start, name: str, level: Level, shown: tuple[str, bytes]
) -> None:
    running = start(name)
    entry = MenuEntry(key="about:it", label="worse", level=level)
    running.host.show(replace(STATE, menu=lambda: (entry,), marks=("it",)))
    wait_until(lambda: shown[0] in running.icon.entries())
    assert running.icon.entries()[shown[0]].picture == shown[1]


def test_clicks_arrive_as_keys_and_a_failing_action_is_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("on purpose")

    running = start(on_action=fail)
    icon = running.icon
    running.in_loop(icon)
    running.in_loop(lambda: icon.entries()["Start at login"](icon))
    running.in_loop(lambda: next(iter(icon.entries()["Alerts"].submenu))(icon))
    assert running.actions == ["trends", "login", "alerts:on"]
    assert "on purpose" in caplog.text


def test_a_default_entry_that_is_disabled_is_not_clicked(start: Start) -> None:
    running = start()
    running.host.show(replace(STATE, menu=lambda: (replace(MENU[1], enabled=False),)))
    wait_until(lambda: len(running.icon.entries()) == 1)
    running.in_loop(running.icon)
    assert running.actions == []


def test_a_tray_that_cuts_tall_menus_gets_the_short_one(start: Start) -> None:
    running = start()
    short = replace(STATE, short_menu=lambda: MENU[:1])
    running.host.show(short)
    wait_until(lambda: running.icon.count("menu") >= 2)
    assert len(running.icon.entries()) == len(MENU)
    running.icon.cuts_tall_menus = True
    assert list(running.icon.entries()) == ["Memory 42 %"]


def test_stop_before_run_ends_it_at_once() -> None:
    host = TrayIcon(
        Backend(name="xorg", icon_class=LoopIcon, visible=None, reason=""), lambda _: None
    )
    host.stop()
    host.run()
    assert host.visible is None


def test_a_tray_that_fails_is_told_in_one_line() -> None:
    class Broken(LoopIcon):
        def _run(self) -> None:
            self._mark_ready()
            raise RuntimeError("no main loop")

    backend = Backend(name="xorg", icon_class=Broken, visible=True, reason="")
    with pytest.raises(TrayError, match="no main loop"):
        TrayIcon(backend, lambda _: None).run()


@pytest.mark.usefixtures("windows")
def test_windows_gets_every_update_in_its_own_thread(start: Start) -> None:
    running = start("win32", WindowsIcon)
    running.host.show(with_check(True))
    wait_until(lambda: running.icon.entries()["Start at login"].checked)
    wait_until(lambda: running.icon.count("menu") == 3)
    assert running.icon.strays == []


def test_the_taskbar_of_windows_is_followed(start: Start, windows: FakeRegistry) -> None:
    running = start("win32", WindowsIcon)
    for value, panel in ((0, "dark"), (1, "light")):
        windows.values["SystemUsesLightTheme"] = value
        running.host.show(replace(STATE, tooltip=panel))
        wait_until(partial(shows, running.icon, replace(STATE.picture, panel=panel)))
    chosen = replace(STATE.picture, panel="dark")
    running.host.show(replace(STATE, picture=chosen))
    wait_until(partial(shows, running.icon, chosen))


@pytest.mark.usefixtures("windows")
def test_windows_gets_one_pixel_for_one(start: Start) -> None:
    assert start("win32", WindowsIcon).icon.icon == draw_icon(STATE.picture, 16)


@pytest.mark.usefixtures("windows")
def test_windows_gets_texts_that_fit(start: Start) -> None:
    running = start("win32", WindowsIcon)
    running.host.show(replace(STATE, tooltip="x" + "😀" * 100))
    wait_until(lambda: running.icon.title == "x" + "😀" * 63)
    assert "a && b" in running.icon.entries()
    assert running.host.notify("t" * 100, "m" * 300)
    wait_until(lambda: f"notify {'t' * 63}: {'m' * 255}" in running.icon.updates)


@pytest.mark.usefixtures("windows")
def test_windows_may_refuse_an_update_which_the_next_one_repeats(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    running = start("win32", WindowsIcon)
    changed = replace(STATE, picture=IconPicture(heights=(1,) * 10), tooltip="changed")
    icons = running.icon.count("icon")
    running.icon.failures = 1
    running.host.show(changed)
    wait_until(lambda: "could not be updated" in caplog.text)
    running.host.show(changed)
    wait_until(lambda: running.icon.count("icon") == icons + 1)
    wait_until(lambda: running.icon.count("title") == 1)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("patience_seconds", [0.0, 3600.0])
def test_labels_alone_wait_but_check_marks_do_not(
    start: Start, monkeypatch: pytest.MonkeyPatch, patience_seconds: float
) -> None:
    monkeypatch.setattr(win32.Toolkit, "label_seconds", patience_seconds)
    running = start("win32", WindowsIcon)
    running.host.show(replace(with_label(43), tooltip="43"))
    wait_until(lambda: running.icon.title == "43")
    running.in_loop(lambda: None)
    assert running.icon.count("menu") == (3 if patience_seconds == 0 else 2)
    running.host.show(with_check(True))
    wait_until(lambda: running.icon.count("menu") == (4 if patience_seconds == 0 else 3))


@pytest.mark.usefixtures("windows")
def test_an_open_menu_is_left_alone_on_windows(start: Start) -> None:
    """The loop goes on while the menu is open; the update follows when it has closed."""
    running = start("win32", WindowsIcon)
    icon = running.icon
    assert isinstance(icon, WindowsIcon)

    def track_menu() -> None:
        running.host.show(with_check(True))
        while icon.title != "Memtray\n42 %":
            pass
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and not icon.loop.empty():
            if action := icon.loop.get():
                action()

    icon.click = track_menu
    time.sleep(0.2)  # until the gate is open again
    menus = icon.count("menu")
    running.in_loop(lambda: icon._message_handlers[WM_NOTIFY](0, 0))
    assert icon.count("menu") == menus
    running.host.show(with_check(True))
    wait_until(lambda: icon.count("menu") == menus + 1)


def test_macos_gets_every_update_in_the_main_thread(start: Start, mac: Mac) -> None:
    class MacIcon(LoopIcon):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            mac.icon = self
            self._status_item = SimpleNamespace(button=lambda: mac.button)
            self._icon_image: FakeImage | None = None

        def _update_icon(self) -> None:
            super()._update_icon()
            self._icon_image = FakeImage(self.icon)
            mac.button.setImage_(self._icon_image)

        def _notify(self, message: str, title: str | None = None) -> None:
            self.updates.append(f"notify {title}: {message}")

    running = start("darwin", MacIcon)
    running.host.show(with_check(True))
    wait_until(lambda: running.icon.count("menu") == 3)
    assert mac.button.image.drawn == draw_icon(replace(STATE.picture, panel="light"), 24)
    mac.button.appearance = "NSAppearanceNameDarkAqua"
    running.host.show(replace(with_check(True), tooltip="in the evening"))
    wait_until(
        lambda: mac.button.image.drawn == draw_icon(replace(STATE.picture, panel="dark"), 24)
    )
    assert not mac.button.image.isTemplate()
    mono = replace(STATE.picture, palette="mono")
    running.host.show(replace(with_check(True), picture=mono))
    wait_until(lambda: mac.button.image.drawn == draw_template(mono, 24))
    wait_until(mac.button.image.isTemplate)
    assert mac.button.drawn_as_template
    assert running.icon.strays == []
    assert running.icon.icon.size == (24, 24)
    assert running.host.notify("title", "text")
    assert "notify title: text" in running.icon.updates
    assert signal.SIGTERM not in mac.handlers  # nobody handles it here
    mac.mode = "tracking"
    running.host.show(with_check(False))
    wait_until(lambda: not running.icon.entries()["Start at login"].checked)
    running.in_loop(lambda: None)
    mac.mode = "default"
    assert running.icon.count("menu") == 3
    running.host.show(replace(with_check(False), tooltip="later"))
    wait_until(lambda: running.icon.count("menu") == 4)


def test_linux_has_notifications_of_its_own(start: Start) -> None:
    assert not start().host.notify("title", "text")
