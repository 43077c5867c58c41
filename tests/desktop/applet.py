"""Running the whole applet on a virtual desktop, and using it as a person would."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, new_method_call
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket

from tests.desktop.desktop import VirtualDesktop, wait_until

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass
class Line:
    """One line of the menu as the panel gets it over D-Bus."""

    label: str
    path: tuple[int, ...]
    """How often to press Down, for each level of the menu."""
    enabled: bool
    kind: str
    toggled: bool


class Applet:
    """One running applet with files of its own."""

    def __init__(self, desktop: VirtualDesktop, home: Path, settings: str = "") -> None:
        self.desktop = desktop
        self.home = home
        self.env = desktop.env | {"MEMTRAY_HOME": str(home)}
        home.mkdir(parents=True, exist_ok=True)
        # No first start: what is said there is for one test alone.
        told = ["icon seen", "icon not seen", "application entry"]
        memory = {"shows": None, "instead_of": None, "told": told}
        (home / "tray.json").write_text(json.dumps(memory))
        if settings:
            (home / "memtray.toml").write_text(settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it and wait until it has taken a sample."""
        command = (sys.executable, "-m", "trayapp", "start", *options)
        self.process = self.desktop.launch(*command, env=self.env, cwd=REPOSITORY)
        wait_until(self.has_sample, what="first sample")

    def has_sample(self) -> bool:
        """Whether the applet answers and knows something."""
        done = self.command("status", "--json")
        return done.returncode == 0 and json.loads(done.stdout)["system"] is not None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `memtray ARGUMENTS` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "trayapp", *arguments],
            env=self.env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def status(self) -> Any:
        """What the applet says of itself as JSON."""
        return json.loads(self.command("status", "--json").stdout)

    def target(self, name: str) -> Any:
        """What the applet says of one target."""
        return next(target for target in self.status()["targets"] if target["name"] == name)

    def stop(self) -> int:
        """End it as a session does; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(10)

    def menu(self) -> list[Line]:
        """The menu, asked for as a panel does."""
        with session_bus(self.desktop) as bus:
            service = _item_service(bus)
            menu = DBusAddress("/MenuBar", service, "com.canonical.dbusmenu")
            path = _ask(
                bus,
                new_method_call(
                    DBusAddress("/StatusNotifierItem", service, "org.freedesktop.DBus.Properties"),
                    "Get",
                    "ss",
                    ("org.kde.StatusNotifierItem", "Menu"),
                ),
            )[0][1]
            menu = DBusAddress(path, service, "com.canonical.dbusmenu")
            _ask(bus, new_method_call(menu, "AboutToShow", "i", (0,)))
            _, layout = _ask(bus, new_method_call(menu, "GetLayout", "iias", (0, -1, [])))
        return list(_lines(layout, ()))

    def labels(self) -> list[str]:
        """All labels of the menu, submenus included."""
        return [line.label for line in self.menu()]

    def click(
        self, label: str | re.Pattern[str], submenu: str | re.Pattern[str] | None = None
    ) -> None:
        """Open the menu by a right click and choose the line that starts with `label`."""
        icon = self.desktop.find_tray_icon()
        menu = self.desktop.window_after(lambda: self.desktop.click(*icon.center, button=3))
        # Asked for when it is open: rows may have come since somebody looked last.
        choices = self.menu()
        parents = [line for line in choices if line.enabled and _begins(line.label, submenu or "")]
        line = next(
            line
            for line in choices
            if _begins(line.label, label)
            and line.enabled
            and (len(line.path) == 1 if submenu is None else line.path[:-1] == parents[0].path)
        )
        # Every line is there to see; a menu in too small a size would scroll.
        assert menu.height > 20 * sum(len(line.path) == 1 for line in choices)
        self.desktop.press(*["Down"] * line.path[0])
        if len(line.path) > 1:
            # The first line of a submenu is chosen as it opens.
            self.desktop.window_after(lambda: self.desktop.press("Right"))
            if line.path[1] > 1:
                self.desktop.press(*["Down"] * (line.path[1] - 1))
        self.desktop.press("Return")
        self.desktop.hover(300, 600)


def _begins(label: str, wanted: str | re.Pattern[str]) -> bool:
    if isinstance(wanted, str):
        return label.startswith(wanted)
    return wanted.match(label) is not None


@contextmanager
def session_bus(desktop: VirtualDesktop) -> Iterator[DBusConnection]:
    """A connection to the desktop's session bus."""
    connection = DBusConnection(prep_socket(get_bus(desktop.env["DBUS_SESSION_BUS_ADDRESS"])))
    try:
        yield connection
    finally:
        connection.close()


def _ask(bus: DBusConnection, message: Any) -> Any:
    reply = bus.send_and_get_reply(message, timeout=5)
    assert reply.header.message_type.name == "method_return", reply.body
    return reply.body


def _item_service(bus: DBusConnection) -> str:
    """The bus name of the one tray item there is."""
    watcher = DBusAddress(
        "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher", "org.freedesktop.DBus.Properties"
    )
    (kind, items) = _ask(
        bus,
        new_method_call(
            watcher,
            "Get",
            "ss",
            ("org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems"),
        ),
    )[0]
    assert kind == "as"
    (item,) = items
    return str(item).split("/", 1)[0]


def _lines(node: Any, path: tuple[int, ...]) -> Iterator[Line]:
    _, _, children = node
    position = 0
    for _, child in children:
        _, variants, grandchildren = child
        properties = {name: value for name, (_, value) in variants.items()}
        kind = properties.get("type", "standard")
        enabled = properties.get("enabled", True) and kind != "separator"
        position += enabled
        label = str(properties.get("label", "")).replace("__", "_").rstrip("\u00a0")
        toggled = properties.get("toggle-state", 0) == 1
        if kind != "separator":
            yield Line(label, (*path, position), enabled, kind, toggled)
        if grandchildren:
            yield from _lines(child, (*path, position))
