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
"""

from trayapp.probe.caches import register_cache, unregister_cache
from trayapp.probe.components import register_component, unregister_component
from trayapp.probe.serving import start, stop
from trayapp.probe.tasks import task

__all__ = [
    "register_cache",
    "register_component",
    "start",
    "stop",
    "task",
    "unregister_cache",
    "unregister_component",
]
