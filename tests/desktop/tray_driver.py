"""A small program with a real tray icon, for tests: told by lines of JSON, tells by lines of JSON.

Reads from standard input objects with any of "heights", "level", "paused", "palette", "tooltip",
"attention", "labels" (key to label), "checked" (key to bool) and "without" (list of keys); each
changes the state and shows it. Prints ["backend", name, visible], ["visible", bool],
["action", key], ["end"].
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture, MenuEntry, TrayState
from trayapp.tray.hosts import choose_backend
from trayapp.tray.icon import TrayIcon

MENU = (
    MenuEntry(key="system", label="Memory 42 % – 9.10 GiB available", kind="text"),
    MenuEntry(key="target:a_b", label="a_b & <c>  120 MiB"),
    MenuEntry(key="trends", label="Trends…", default=True),
    MenuEntry(key="autostart", label="Start at login", kind="check"),
    MenuEntry(
        key="alerts",
        label="Alerts",
        kind="submenu",
        children=(
            MenuEntry(key="alerts:on", label="On", kind="radio", checked=True),
            MenuEntry(key="alerts:off", label="Off", kind="radio"),
        ),
    ),
    MenuEntry(key="quit", label="Quit"),
)


def changed(
    menu: tuple[MenuEntry, ...],
    labels: Mapping[str, str],
    checked: Mapping[str, bool],
    without: list[str],
) -> Iterator[MenuEntry]:
    """The menu with some labels and marks replaced and some entries left out."""
    for entry in menu:
        if entry.key not in without:
            yield replace(
                entry,
                label=labels.get(entry.key, entry.label),
                checked=checked.get(entry.key, entry.checked),
                children=tuple(changed(entry.children, labels, checked, without)),
            )


def state_of(told: Mapping[str, Any]) -> TrayState:
    """The state that the tests asked for."""
    picture = IconPicture(
        heights=tuple(told.get("heights", range(10, 110, 10))),
        level=Level(told.get("level", 0)),
        paused=told.get("paused", False),
        palette=told.get("palette", "default"),
    )
    menu = tuple(
        changed(MENU, told.get("labels", {}), told.get("checked", {}), told.get("without", []))
    )
    return TrayState(
        picture=picture,
        tooltip=told.get("tooltip", "Memtray: 42 %\na_b & <c>: 120 MiB"),
        menu=lambda: menu,
        rows=tuple(entry.key for entry in menu),
        marks=(str(told.get("checked")), str(told.get("without"))),
        attention=told.get("attention", False),
    )


def tell(*event: object) -> None:
    """Tell the test."""
    print(json.dumps(event), flush=True)


def main() -> None:
    """Run until SIGTERM or the entry "quit"."""
    backend = choose_backend(os.environ, sys.platform)
    tell("backend", backend.name, backend.visible)

    def act(key: str) -> None:
        tell("action", key)
        if key == "quit":
            host.stop()

    host = TrayIcon(backend, act, lambda visible: tell("visible", visible))
    signal.signal(signal.SIGTERM, lambda *_: host.stop())
    host.show(state_of({}))

    def listen() -> None:
        told: dict[str, Any] = {}
        for line in sys.stdin:
            told |= json.loads(line)
            host.show(state_of(told))

    threading.Thread(target=listen, daemon=True).start()
    host.run()
    # Python gives SIGTERM its default back while it ends, unless it is ignored.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell("end")


if __name__ == "__main__":
    main()
