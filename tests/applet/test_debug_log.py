"""The debug log: what was matched and why, timings, bounded, and without secrets."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until
from tests.domain.building import facts
from trayapp.applet.debug_log import LIMIT_BYTES, DebugLog, read_lines
from trayapp.domain.showing.command_secrets import text_without_secrets, without_secrets


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("psql postgres://me:hunter2@db/x", "psql postgres://me:***@db/x"),
        ("a redis://:hunter2@h:1", "a redis://:***@h:1"),
        ("a ftp://me:hun@ter2@h/p", "a ftp://me:***@h/p"),
        ("git clone https://hunter2hunter2@h/x", "git clone https://***@h/x"),
        ("a --password hunter2 b", "a --password *** b"),
        ("a --db-password=hunter2 b", "a --db-password=*** b"),
        ("a --api-key hunter2", "a --api-key ***"),
        ("a -token hunter2", "a -token ***"),
        ("mysql -phunter2 -u root", "mysql -p*** -u root"),
        ("sshpass -p hunter2 ssh h", "sshpass -p *** ssh h"),
        ("curl -u me:hunter2 h", "curl -u me:*** h"),
        ("curl --user=me:hunter2 h", "curl --user=me:*** h"),
        ("env DB_PASSWORD=hunter2 AWS_SECRET_ACCESS_KEY=hunter2 x",
         "env DB_PASSWORD=*** AWS_SECRET_ACCESS_KEY=*** x"),
        ("curl h?token=hunter2&page=2", "curl h?token=***&page=2"),
        ("a ghp_hunter2hunter2hunter2", "a ***"),
        ("a 0123456789abcdef0123456789abcdef", "a ***"),
        # What is none stays.
        ("python -m tokenizer --author me --passive", "python -m tokenizer --author me --passive"),
        ("/usr/bin/python3 /home/me/worker.py --queue mail", None),
        ("java -Xmx512m -jar /opt/app-1.2.3-SNAPSHOT.jar", None),
    ],
)  # fmt: skip
def test_secrets_of_command_lines_are_left_out(arguments: str, expected: str | None) -> None:
    told = " ".join(without_secrets(arguments.split(" ")))
    assert told == (arguments if expected is None else expected)
    assert "hunter2" not in told


def test_secrets_within_one_argument_are_left_out() -> None:
    for text in (
        "curl -H 'Authorization: Bearer hunter2' h", "x --header 'X-Api-Key: hunter2'",
        "export PGPASSWORD='hunter2 hunter2'; psql", '{"password": "hunter2"}',
        "cmd --password hunter2 && next",
    ):  # fmt: skip
        assert "hunter2" not in text_without_secrets(text)
        assert "hunter2" not in " ".join(without_secrets(["sh", "-c", text]))


def test_whatever_a_stranger_writes_does_not_take_long() -> None:
    began = time.process_time()
    for text in ("x" * 100_000, "a@" * 50_000, "--pass" * 20_000, "://a:" * 20_000, "-" * 100_000):
        text_without_secrets(text)
        without_secrets([text] * 200)
    assert time.process_time() - began < 5


def test_a_look_tells_who_came_who_went_and_how_long_it_took(tmp_path: Path) -> None:
    log = DebugLog(tmp_path)
    process = facts(7, "gunicorn --token hunter2\x1b[2J")
    log.note(
        {"web": [process.key]}, lambda _: (process, 'match "gunicorn"'), {"read": 0.0042},
        ["alert held growth:web snoozed"],
    )  # fmt: skip
    log.note({"web": []}, lambda _: None, {"read": 0.001}, [])
    log.end()
    lines = [line.split(" ", 2)[2] for line in read_lines(tmp_path, 100)]
    assert lines == [
        "debug on",
        'process 7 is web by match "gunicorn": gunicorn --token ***',
        "look: read 4.2 ms; 1 processes in 1 targets",
        "alert held growth:web snoozed",
        "process 7 left web",
        "look: read 1.0 ms; 0 processes in 1 targets",
        "debug off",
    ]
    assert (tmp_path / "debug.log").stat().st_mode & 0o777 == 0o600


def test_the_file_is_bounded(tmp_path: Path) -> None:
    log = DebugLog(tmp_path)
    for _ in range(1500):
        log.note({}, lambda _: None, {}, ["x" * 1000])
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= LIMIT_BYTES
    assert len(read_lines(tmp_path, 10)) == 10


def test_it_is_switched_by_a_command(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(
        '[sampling]\ninterval = "0.2s"\n[[targets]]\nname = "napper"\nmatch = "napping_program"\n'
    )
    assert memtray.run("debug", "on").returncode == 3
    assert "debug on" in memtray.run("debug", "show").stdout
    applet = memtray.start("start", "--headless")
    code = "import time; time.sleep(60)"
    napper = subprocess.Popen([sys.executable, "-c", code, "napping_program", "--password=hunter2"])
    try:
        assert memtray.json("debug", "on")["on"] is True

        def lines() -> list[str]:
            told = memtray.json("debug", "show")["lines"]
            assert isinstance(told, list)
            return [str(line) for line in told if f"process {napper.pid} " in line]

        (line,) = wait_until(lines, timeout=30)
        assert 'is napper by match "napping_program"' in line
        assert line.endswith("napping_program --password=***")
        assert memtray.json("debug", "off")["on"] is False
        assert memtray.run("debug", "show").stdout.strip().endswith("debug off")
    finally:
        napper.kill()
        napper.wait()
        applet.terminate()
        applet.wait(20)
        applet.communicate()
