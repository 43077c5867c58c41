"""The probe that a program imports so that Memtray can ask it for tasks, sizes and memory.

    import trayapp.probe
    trayapp.probe.start()

`start` listens on a socket that only this user can reach; one daemon thread sleeps there until
somebody asks. Nothing here raises into the program, and nothing but the standard library is loaded.
A program can name the caches that it could do without for a while, the parts of it that know their
size, and what it does from when to when:

    trayapp.probe.register_cache("thumbnails", thumbnails.clear)
    trayapp.probe.register_component("index", index.size_in_bytes)
    with trayapp.probe.task("nightly report"):
        ...

Without a Memtray that runs, it can write a log of all that, one file a day:

    trayapp.probe.memory_log("logs/")

It can keep itself small, with containers that drop what is oldest, and react when memory is short:

    orders = trayapp.probe.BoundedDict(2000, name="orders")
    trayapp.probe.on_pressure("high", lambda level: pool.shrink())
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.probe.caches import register_cache, unregister_cache
from trayapp.probe.components import register_component, unregister_component
from trayapp.probe.logged import (
    clear_active_task,
    memory_log,
    set_active_task,
    stop_memory_log,
)
from trayapp.probe.reacting import on_alert, on_pressure, pressure_levels
from trayapp.probe.serving import start, stop
from trayapp.probe.tasks import task

if TYPE_CHECKING:
    from trayapp.probe.bounded import BoundedDict, BoundedList

__all__ = [
    "BoundedDict",
    "BoundedList",
    "clear_active_task",
    "memory_log",
    "on_alert",
    "on_pressure",
    "pressure_levels",
    "register_cache",
    "register_component",
    "set_active_task",
    "start",
    "stop",
    "stop_memory_log",
    "task",
    "unregister_cache",
    "unregister_component",
]


def __getattr__(name: str) -> object:
    # Loaded when they are first used: to import the probe should cost a program next to nothing.
    if name in ("BoundedDict", "BoundedList"):
        from trayapp.probe import bounded

        return getattr(bounded, name)
    raise AttributeError(name)
