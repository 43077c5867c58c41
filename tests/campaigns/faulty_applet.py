"""A real applet with faults in it: lines on standard input say which, a file says what is seen.

`call POINT ERROR TIMES` lets a method raise, `hang POINT SECONDS` lets it wait, `thread NAME ERROR`
raises in a thread wherever it is, `short` lets it believe that memory has run out, after which
999,999 samples are said to be taken. The file is what menu and `status` know, written ten times a
second: `problems`, `stalled`, `hanging`, `samples`, `threads`, `raised`, `noted`, `hung`,
`menu`.
"""

from __future__ import annotations

import builtins
import ctypes
import functools
import json
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from trayapp.applet.app import App
from trayapp.applet.children import Children
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.forwarding import Forwarding
from trayapp.applet.overview import Overview
from trayapp.applet.session_store import SessionStore
from trayapp.applet.supervision import Supervisor
from trayapp.applet.terminal import LiveLines
from trayapp.applet.trays import Trays
from trayapp.applet.watchdog import Watchdog
from trayapp.control.server import ControlServer
from trayapp.delivery.notifier import Notifier
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.showing.tray_menu import menu
from trayapp.paths import current_paths
from trayapp.readers.frames import MachineReader
from trayapp.settings.file import SettingsFile
from trayapp.tray.hosts.looping_icon import LoopingIcon

POINTS: dict[str, tuple[type, str]] = {
    "read": (MachineReader, "read_frame"),
    "judge": (Monitor, "judge_frame"),
    "open history": (SessionStore, "open"),
    "keep": (SessionStore, "add_outcome"),
    "maintain": (SessionStore, "maintain"),
    "settings": (SettingsFile, "poll"),
    "errand": (MachineReader, "all_applications"),
    "delivery": (Forwarding, "tick"),
    "cleanup": (Cleanups, "follow_up"),
    "windows": (Children, "reap"),
    "show": (Trays, "refresh"),
    "serve": (ControlServer, "_serve_once"),
    "receive": (ControlServer, "_receive"),
    "answer": (Overview, "status"),
    "notify": (Notifier, "_handle_requests"),
    "print": (LiveLines, "_print"),
    "watch": (Watchdog, "check"),
    "revive": (Supervisor, "revive"),
    "guard": (Supervisor, "note"),
    "tray": (LoopingIcon, "_drain_wakes"),
}
"""Where a fault can be put: everything that is guarded, and the guards."""
THREADS = ("sampler", "control", "notifier", "terminal", "watchdog")

_armed: dict[str, tuple[type[BaseException], int]] = {}
_hanging: dict[str, float] = {}
_raised = _noted = _hung = 0


def _arm(point: str, owner: type, name: str) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **options: Any) -> Any:
        global _raised, _noted, _hung
        if point in _hanging:
            seconds = _hanging.pop(point)
            _hung += 1
            time.sleep(seconds)
        error, times = _armed.get(point, (Exception, 0))
        if times > 0:
            _armed[point] = (error, times - 1)
            _raised += 1
            raise error("injected")
        answer = original(*args, **options)
        if point == "guard":
            _noted += 1
        return answer

    setattr(owner, name, wrapped)


def _error(name: str) -> type[BaseException]:
    found = getattr(builtins, name)
    assert issubclass(found, BaseException)
    return found  # type: ignore[no-any-return]


def _obey(app: App) -> None:
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split("\t")
        if verb == "call":
            _armed[words[0]] = (_error(words[1]), int(words[2]))
        elif verb == "hang":
            _hanging[words[0]] = float(words[1])
            if words[0] == "notify":
                # Who sleeps until there is an alert is woken.
                app._parts.banners.notifier._wake()
        elif verb == "short":
            # As a machine looks that has no memory left; no sample comes that knows better.
            app._parts.switches.set_paused(True)
            time.sleep(1.0)
            view = app._parts.sampler.view
            assert view is not None
            system = replace(view.system, available_bytes=1, swap_used_bytes=0, swap_total_bytes=0)
            app._parts.sampler.view = replace(view, system=system)
            app._parts.sampler._sample_count = 999_999
        elif verb == "thread":
            for thread in threading.enumerate():
                if thread.name == words[0] and thread.ident is not None:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(thread.ident), ctypes.py_object(_error(words[1]))
                    )


def _observe(app: App, file: Path) -> None:
    parts = app._parts
    overview = Overview(parts)
    while True:
        controls, view = overview.controls(), parts.sampler.view
        seen = {
            "problems": controls.problems,
            "stalled": controls.is_stalled,
            "hanging": parts.watchdog.hanging,
            "samples": parts.sampler.sample_count,
            "threads": [thread.name for thread in threading.enumerate()],
            "raised": _raised,
            "noted": _noted,
            "hung": _hung,
            "menu": [entry.label for entry in menu(view, controls)[:6]],
        }
        new = file.with_suffix(".new")
        new.write_text(json.dumps(seen))
        new.replace(file)
        time.sleep(0.1)


def main() -> int:
    """Run the applet of this environment; arguments: the file, and `--tray` for an icon."""
    for point, (owner, name) in POINTS.items():
        _arm(point, owner, name)
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        headless = "--tray" not in sys.argv
        app = App(current_paths(), headless=headless, interval_seconds=0.5, out=out)
        threading.Thread(target=_obey, args=(app,), name="faults", daemon=True).start()
        observer = threading.Thread(
            target=_observe, args=(app, Path(sys.argv[1])), name="observer", daemon=True
        )
        observer.start()
        return app.run()


if __name__ == "__main__":
    sys.exit(main())
