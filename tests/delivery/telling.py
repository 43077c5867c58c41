"""Transitions to tell, and receivers on loopback that take them as the real services do."""

from __future__ import annotations

import base64
import json
import socket
import socketserver
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from trayapp.domain.judging.transitions import Transition, TransitionKind
from trayapp.domain.records.levels import Level

Server = TypeVar("Server", bound=socketserver.BaseServer)

#: What a stranger may call a process.
HOSTILE = "<b>x</b>\nPRIORITY=0\x1b[2J\u202e\udcff @everyone"


def transition(
    number: int = 1,
    *,
    kind: TransitionKind = "raised",
    level: Level = Level.WARNING,
    title: str | None = None,
    body: str = "Grew by 80 MiB in 10 min.",
    wall_seconds: float = 1_800_000_000.0,
) -> Transition:
    return Transition(
        kind=kind,
        key="growth:web",
        subject="web",
        level=level,
        title=title or f"web keeps growing ({number})",
        body=body,
        since_wall_seconds=wall_seconds - 600,
        wall_seconds=wall_seconds,
    )


def wait_until(is_true: Callable[[], object], timeout_seconds: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Webhook(ThreadingHTTPServer):
    """Takes what Apprise's json:// posts; `status` is what it answers."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Post)
        self.status = 200
        self.posts: list[dict[str, Any]] = []
        self.while_posting: Callable[[], object] = lambda: None

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Webhook)
        posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.while_posting()
        if server.status == 200:
            server.posts.append(posted)
        self.send_response(server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


_PACKER = zlib.compressobj(9, zlib.DEFLATED, 31)
_BOMB_HEAD = _PACKER.compress(b"x") + _PACKER.flush(zlib.Z_FULL_FLUSH)
_BOMB_BLOCK = _PACKER.compress(bytes(16 << 20)) + _PACKER.flush(zlib.Z_FULL_FLUSH)
"""After a full flush blocks rest on nothing before them, so that one can be sent for ever."""


class Receiver(ThreadingHTTPServer):
    """Answers each post as `how` says: none of the ways is kind to a client."""

    daemon_threads = True
    WAYS = ("stream", "chunks", "bomb", "drip", "stall", "headers", "loop", "elsewhere", "nothing")

    def __init__(self, how: str, elsewhere: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Unkind)
        self.how = how
        self.elsewhere = elsewhere
        self.posts = 0
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def shutdown(self) -> None:
        self.over.set()
        super().shutdown()

    def handle_error(self, *_: object) -> None:
        pass  # clients leave in the middle


class _Unkind(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        server.posts += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        getattr(self, f"_{server.how}")(server)

    def do_GET(self) -> None:
        self.send_error(404)

    def _begin(self, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _stream(self, server: Receiver) -> None:
        self._begin()
        while not server.over.is_set():
            self.wfile.write(b"x" * 65536)

    def _chunks(self, server: Receiver) -> None:
        self._begin(Transfer_Encoding="chunked")
        while not server.over.is_set():
            self.wfile.write(b"ffff\r\n" + b"x" * 65535 + b"\r\n")

    def _bomb(self, server: Receiver) -> None:
        self._begin(Content_Encoding="gzip")
        # Packed once: made as it is sent, it may be too slow for the client to wait for.
        self.wfile.write(_BOMB_HEAD)
        while not server.over.is_set():
            self.wfile.write(_BOMB_BLOCK)

    def _drip(self, server: Receiver) -> None:
        self._begin()
        while not server.over.wait(0.2):
            self.wfile.write(b"x")

    def _stall(self, server: Receiver) -> None:
        server.over.wait(120)

    def _headers(self, server: Receiver) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not server.over.is_set():
            self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")

    def _loop(self, server: Receiver) -> None:
        self._redirect(f"http://127.0.0.1:{server.port}/again")

    def _elsewhere(self, server: Receiver) -> None:
        self._redirect(server.elsewhere or f"http://127.0.0.2:{server.port}/")

    def _nothing(self, _server: Receiver) -> None:
        self.close_connection = True

    def _redirect(self, target: str) -> None:
        self.send_response(307)
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class MailServer(socketserver.ThreadingTCPServer):
    """As much SMTP as a client needs that logs in and sends."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.login = f"\0{user}\0{password}".encode()
        self.mails: list[EmailMessage] = []
        self.while_taking: Callable[[], object] = lambda: None

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        is_known = False
        self._say("220 ready")
        for line in self.rfile:
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("250-here\r\n250 AUTH PLAIN")
                case "AUTH":
                    is_known = base64.b64decode(rest.removeprefix("PLAIN ")) == server.login
                    self._say("235 welcome" if is_known else "535 Authentication failed")
                case "MAIL" | "RCPT" | "RSET":
                    self._say("250 ok" if is_known else "530 log in first")
                case "DATA":
                    self._say("354 go on")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    server.while_taking()
                    mail = message_from_bytes(text, policy=policy.default)
                    server.mails.append(mail)
                    self._say("250 taken")
                case "QUIT":
                    self._say("221 bye")
                    return

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes every connection and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield int(listener.getsockname()[1])
