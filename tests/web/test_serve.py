"""How servers are started, found, refused and ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.serving import PATIENCE_SECONDS, ROOT, Served, WebSocketClient, serving, settled
from trayapp.control.client import call
from trayapp.errors import NotRunningError
from trayapp.web.running import find_running
from trayapp.web.tokens import load_tokens

OPENER = """#!/bin/sh
cp "$1" "$MEMTRAY_HOME/opened.new" && mv "$MEMTRAY_HOME/opened.new" "$MEMTRAY_HOME/opened"
stat -c %a "$1" >"$MEMTRAY_HOME/mode"
"""


def memtray(home: Path, *arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
    env = {**os.environ, "MEMTRAY_HOME": str(home)}
    if path is not None:
        env["PATH"] = f"{path}:{env['PATH']}"
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "trayapp", *arguments]
    return subprocess.Popen(command, env=env, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def said(home: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of a command that ends, and what it complains."""
    with memtray(home, *arguments) as process:
        _out, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, complaint


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - it is refused
def test_others_are_let_in_on_purpose_only(tmp_path: Path, address: str) -> None:
    code, complaint = said(tmp_path, "serve", "--port", "0", "--bind", address)
    assert code == 2
    assert complaint.count("\n") == 1
    assert "--insecure" in complaint
    assert not (tmp_path / "web-token").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--tls-cert", "nothing.pem", "--tls-key", "nothing.pem"),
        ("--port", "65536"),
        ("--port", "-1"),
        ("--bind", "192.0.2.1", "--insecure"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, complaint = said(tmp_path, "serve", *options)
    assert code == 2
    assert complaint.startswith("memtray: ")
    assert complaint.count("\n") == 1


def test_a_taken_port_is_said_with_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, complaint = said(tmp_path, "serve", "--port", str(port))
    assert code == 1
    assert f"Port {port} is taken by " in complaint
    assert f"(pid {os.getpid()})" in complaint


def test_ended_it_ends_the_memtray_that_it_started(tmp_path: Path) -> None:
    with serving(tmp_path / "home", settings="[ui]\nunits = 'decimal'\n") as served:
        settled(served)
        with WebSocketClient(served) as viewer:
            assert viewer.next()["units"] == "decimal"
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(PATIENCE_SECONDS) == 0
    with pytest.raises(NotRunningError):
        call(tmp_path / "home" / "run", "status")
    assert not list((tmp_path / "home" / "run").glob("web-*.json"))


def test_a_memtray_that_runs_is_used_and_left_alone(served: Served) -> None:
    """A second server beside the first, which ends as nobody watches, and shows to look only."""
    with memtray(served.home, "serve", "--port", "0", "--read-only", "--idle", "1s") as second:
        assert second.stdout is not None
        address = second.stdout.readline().strip()
        other = Served(served.home, address, second)
        assert other.token == served.read_only_token
        full = {"Authorization": f"Bearer {served.token}"}
        assert other.ask("/api/session", full, method="POST").json == {"role": "read_only"}
        assert other.ask("/api/cleanup", full, method="POST", body=b"{}").status == 403
        assert second.wait(PATIENCE_SECONDS) == 0
    assert served.ask("/api/status").status == 200


def test_tokens_that_others_could_read_are_made_anew(tmp_path: Path) -> None:
    first = load_tokens(tmp_path)
    assert load_tokens(tmp_path) == first
    (tmp_path / "web-token").chmod(0o644)
    second = load_tokens(tmp_path)
    assert second.full != first.full
    assert second.read_only == first.read_only
    assert stat.S_IMODE((tmp_path / "web-token").stat().st_mode) == 0o600
    assert load_tokens(tmp_path, renew=True).read_only != first.read_only


def test_a_program_that_took_the_port_gets_no_token(tmp_path: Path, served: Served) -> None:
    """Where a server ended without a trace, anybody may listen by now."""
    runtime = served.home / "run"
    tokens = load_tokens(served.home)
    assert find_running(runtime, tokens) == f"{served.origin}/"
    note = tmp_path / "web-1.json"
    note.write_text(json.dumps({"page": f"{served.origin}/"}))
    assert find_running(tmp_path, tokens) == f"{served.origin}/"
    assert find_running(tmp_path, tokens._replace(full="x" * 43)) is None
    assert not note.exists()
    for nonsense in (
        "",
        "[]",
        '{"page": "file:///etc/passwd"}',
        '{"page": 5}',
        '{"page": "http:"}',
    ):
        note.write_text(nonsense)
        assert find_running(tmp_path, tokens) is None


@pytest.mark.skipif(sys.platform != "linux", reason="what opens files there")
def test_the_dashboard_opens_and_is_found_again(tmp_path: Path) -> None:
    """The address with its token is in a file of ours only, not in the list of processes."""
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(OPENER)
    opener.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / "memtray.toml").write_text("[web]\nport = 0\n")
    opened = home / "opened"
    with memtray(home, "dashboard", path=opener.parent) as first:
        try:
            wait_for(opened.exists)
            (note,) = (home / "run").glob("web-*.json")
            page = json.loads(note.read_text())["page"]
            token = (home / "web-token").read_text().strip()
            assert f"0;url={page}#{token}" in opened.read_text()
            wait_for((home / "mode").exists)
            opened.unlink()
            with memtray(home, "dashboard", path=opener.parent) as second:
                wait_for(opened.exists)
                assert f"0;url={page}#{token}" in opened.read_text()
                second.terminate()
            assert first.poll() is None
        finally:
            first.terminate()
    assert (home / "mode").read_text() == "600\n"
    assert not list((home / "run").glob("dashboard-*"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_with_a_certificate_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    options = ("--bind", "0.0.0.0", "--tls-cert", str(certificate), "--tls-key", str(key))  # noqa: S104
    with serving(tmp_path / "home", *options) as served:
        assert served.address.startswith("https://")
        context = ssl.create_default_context(cafile=str(certificate))
        address = f"https://localhost:{served.port}/api/session"
        request = urllib.request.Request(address, headers=served.bearer, method="POST")
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
            assert "Secure" in answer.headers["Set-Cookie"].split("; ")
