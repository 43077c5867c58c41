"""What a program imports so that Memtray can ask it, politely, to give memory back.

    import trayapp.probe
    trayapp.probe.start()

`start` listens on a socket that only this user can reach; one daemon thread sleeps there until
somebody asks. Nothing here raises into the program, and nothing but the standard library is loaded.
A program can name the caches that it could do without for a while:

    trayapp.probe.register_cache("thumbnails", thumbnails.clear)
"""

from trayapp.probe.caches import register_cache, unregister_cache
from trayapp.probe.serving import start, stop

__all__ = ["register_cache", "start", "stop", "unregister_cache"]
