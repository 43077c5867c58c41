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
"""

from trayapp.probe.caches import register_cache, unregister_cache
from trayapp.probe.components import register_component, unregister_component
from trayapp.probe.logged import (
    clear_active_task,
    memory_log,
    set_active_task,
    stop_memory_log,
)
from trayapp.probe.serving import start, stop
from trayapp.probe.tasks import task

__all__ = [
    "clear_active_task",
    "memory_log",
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
