"""A real server in a process of its own, and clients that say exactly what they are told to."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import wsproto
from wsproto import events

from trayapp.web.openapi import openapi_document

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def check_described(method: str, path: str, status: int) -> None:
    """Hold that whatever comes back is in the description, whichever test has asked for it."""
    bare = path.partition("?")[0]
    for template, operations in openapi_document()["paths"].items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, bare) and method.lower() in operations:
            described = operations[method.lower()]["responses"]
            assert str(status) in described, f"{method} {template} answers {status} as well"


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    home: Path
    address: str
    """With the token, as printed."""
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port
        return port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def token(self) -> str:
        return urlsplit(self.address).fragment

    @property
    def read_only_token(self) -> str:
        return (self.home / "web-token-read-only").read_text().strip()

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        is_known: bool = True,
    ) -> Answer:
        """Send one request, with the token unless `is_known` is False, and these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            wanted = {"Host": self.host, **(self.bearer if is_known else {}), **(headers or {})}
            if body is not None:
                wanted.setdefault("Content-Type", "application/json")
                wanted.setdefault("Content-Length", str(len(body)))
            for name, value in wanted.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            check_described(method, path, answer.status)
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())

    def post(self, path: str, content: object = None, **headers: str) -> Answer:
        body = json.dumps({} if content is None else content).encode()
        return self.ask(path, headers, method="POST", body=body)

    def session(self) -> dict[str, str]:
        """Return the headers of our own page in a browser."""
        answer = self.ask("/api/session", {"Origin": self.origin}, method="POST")
        assert answer.status == 200
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return {"Cookie": cookie, "Origin": self.origin}


@contextlib.contextmanager
def serving(
    home: Path, *options: str, settings: str = "", interval: str = "0.5s"
) -> Iterator[Served]:
    """A server in `home`, with a Memtray of its own, both ended with the block."""
    home.mkdir(exist_ok=True)
    (home / "memtray.toml").write_text(f"[sampling]\ninterval = '{interval}'\n{settings}")
    env = {**os.environ, "MEMTRAY_HOME": str(home)}
    command = [sys.executable, "-m", "trayapp", "serve", "--port", "0", *options]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(home, process.stdout.readline().strip(), process)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_SECONDS)


def settled(served: Served) -> dict[str, Any]:
    """The status once a sample was taken and written."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = served.ask("/api/status")
        is_written = served.ask("/api/metrics").status == 200
        if answer.status == 200 and answer.json["system"] and is_written:
            found: dict[str, Any] = answer.json
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def loaded_at_once(served: Served, language: str = "en") -> dict[str, bytes]:
    """What a browser loads to show the first view, unpacked, by address."""
    found: dict[str, bytes] = {}
    waiting = ["/", f"/texts.json?part=first&language={language}"]
    while waiting:
        address = waiting.pop()
        if address not in found:
            answer = served.ask(address, is_known=False)
            assert answer.status == 200, address
            found[address] = answer.body
            text = answer.body.decode()
            waiting += re.findall(r'(?:src|href)="(/page/[^"]+)"', text)
            waiting += [f"/page/{one}" for one in re.findall(r'from "\./([^"]+)"', text)]
    return found


class WebSocketClient:
    """A viewer, which reads when it is asked to."""

    def __init__(
        self,
        served: Served,
        path: str = "/ws",
        headers: Mapping[str, str] | None = None,
        *,
        room_bytes: int | None = None,
    ) -> None:
        """headers: instead of the token. room_bytes: for what it has not read."""
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE_SECONDS)
        if room_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_bytes)
        self._socket.connect(("127.0.0.1", served.port))
        self._connection = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        sent = dict(served.bearer if headers is None else headers)
        host = sent.pop("Host", served.host)
        extra = [(name.encode(), value.encode()) for name, value in sent.items()]
        request = events.Request(host=host, target=path, extra_headers=extra)
        self._socket.sendall(self._connection.send(request))
        self._waiting: list[str] = []
        self._text = ""
        self.status = 0
        """101: it is open."""
        while not self.status:
            self._receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def say(self, text: str) -> None:
        self._socket.sendall(self._connection.send(events.TextMessage(data=text)))

    def next(self) -> dict[str, Any]:
        """Return the next message. Raises: EOFError at the end."""
        found: dict[str, Any] = json.loads(self.next_text())
        return found

    def next_text(self) -> str:
        """Return the next message as it came. Raises: EOFError at the end."""
        while not self._waiting:
            self._receive()
        return self._waiting.pop(0)

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        self._connection.receive_data(data or None)
        for event in self._connection.events():
            if isinstance(event, events.AcceptConnection):
                self.status = 101
            elif isinstance(event, events.RejectConnection):
                self.status = event.status_code
            elif isinstance(event, events.TextMessage):
                self._text += event.data
                if event.message_finished:
                    self._waiting.append(self._text)
                    self._text = ""
            elif isinstance(event, events.Ping):
                self._socket.sendall(self._connection.send(event.response()))
            elif isinstance(event, events.CloseConnection) and not self._waiting:
                raise EOFError
        if not data:
            raise EOFError
