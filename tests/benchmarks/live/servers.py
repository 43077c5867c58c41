"""Servers to be asked through caches, and the clients that ask. Loopback only, bounded rates."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VALUE = b"x" * 10_000
ROUNDS_PER_SECOND = 5.0

Ask = Callable[[int], None]
"""Ask for the object of a number; one that was never asked for before is new to the cache."""


def free_port() -> int:
    """A port of loopback that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drive(stop: threading.Event, connect: Callable[[], Ask], new: int, again: int) -> None:
    """Five times a second ask for `new` new objects and for `again` old ones, by Zipf's law.

    A cache is worth having because few objects are asked for much more often than others; two
    in five questions here go to any object at all, so that none is forgotten for good.
    """
    known, luck = 0, random.Random(7)
    ask: Ask | None = None
    while not stop.wait(1 / ROUNDS_PER_SECOND):
        try:
            ask = ask or connect()
            for _ in range(new):
                ask(known)
                known += 1
            for _ in range(again):
                power = 1.0 if luck.random() < 0.4 else 6.0
                ask(int(known * luck.random() ** power))
        except (OSError, http.client.HTTPException):
            # A server that is still starting, or closes idle connections.
            ask = None


class _Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer whatever is asked for with 10 kB that may be kept for a day."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(VALUE)))
        self.send_header("Cache-Control", "public, max-age=86400")
        self.end_headers()
        self.wfile.write(VALUE)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def serve_origin() -> int:
    """Serve HTTP from a thread of this process; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def serve_names() -> int:
    """Answer every DNS question with 1,000 bytes of text that are good for a day; the port."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))

    def answer() -> None:
        text = b"".join(bytes([200]) + b"t" * 200 for _ in range(5))
        while True:
            asked, client = door.recvfrom(4096)
            end = asked.index(b"\0", 12) + 5
            header = asked[:2] + b"\x84\x00" + struct.pack(">HHHH", 1, 1, 0, 0)
            record = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 86_400, len(text)) + text
            door.sendto(header + asked[12:end] + record, client)

    threading.Thread(target=answer, daemon=True).start()
    return int(door.getsockname()[1])


def ask_redis(port: int, *, reads: bool = True) -> Ask:
    """Get a key of redis, setting what is not there."""
    link = socket.create_connection(("127.0.0.1", port), 5)
    known: set[int] = set()

    def ask(number: int) -> None:
        key = b"k%d" % number
        if number not in known:
            known.add(number)
            words = (b"SET", key, VALUE)
        elif reads:
            words = (b"GET", key)  # type: ignore[assignment]
        else:
            return
        link.sendall(
            b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
        )
        _receive(link, b"+OK\r\n", b"$")

    return ask


def ask_memcached(port: int) -> Ask:
    """Get a key of memcached, setting what is new."""
    link = socket.create_connection(("127.0.0.1", port), 5)
    known: set[int] = set()

    def ask(number: int) -> None:
        if number not in known:
            known.add(number)
            link.sendall(b"set k%d 0 0 %d\r\n%s\r\n" % (number, len(VALUE), VALUE))
            _receive(link, b"STORED\r\n", b"")
        else:
            link.sendall(b"get k%d\r\n" % number)
            got = b""
            while not got.endswith(b"END\r\n"):
                got += link.recv(65536)

    return ask


def _receive(link: socket.socket, short: bytes, bulk: bytes) -> None:
    got = link.recv(65536)
    if bulk and got.startswith(bulk) and not got.startswith(b"$-1"):
        line = got.index(b"\r\n")
        wanted = int(got[1:line]) + line + 4
        while len(got) < wanted:
            got += link.recv(65536)
    elif not got.startswith((short, b"$-1")):
        raise OSError(got[:80])


def ask_http(port: int, prefix: str = "") -> Ask:
    """Get a page through a proxy that keeps pages."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)

    def ask(number: int) -> None:
        link.request("GET", f"{prefix}/page/{number}")
        link.getresponse().read()

    return ask


def ask_names(port: int) -> Ask:
    """Ask a resolver for texts."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.settimeout(1)

    def ask(number: int) -> None:
        name = b"n%d" % number
        question = b"".join(bytes([len(part)]) + part for part in (name, b"example")) + b"\0"
        extra = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 0)
        header = struct.pack(">HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 1)
        door.sendto(header + question + struct.pack(">HH", 16, 1) + extra, ("127.0.0.1", port))
        door.recv(65536)

    return ask
