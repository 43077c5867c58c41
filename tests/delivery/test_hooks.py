"""Hooks with real commands: hanging, flooding, forking, failing, and told of hostile names."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.children import eventually
from trayapp.delivery.hook_run import KEPT_OUTPUT_BYTES
from trayapp.delivery.hooks import (
    AT_ONCE,
    LONGEST_LINE_BYTES,
    QUEUE_LIMIT,
    HookRunner,
    harmless_facts,
    is_meant,
    json_line,
    variables,
)
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level
from trayapp.settings.records import HookSettings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups")

HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "line\nMEMTRAY_LEVEL=normal\r\n",
    "null\0byte",
    "-rf",
    "<b>&amp;</b>",
    "\u202egnp.exe",
    "\udcff\udc80",
    "x" * 65_536,
    "\N{PILE OF POO}" * 65_536,
    '"\\' * 30_000,
]

SAVE = """
import json, os, sys
file = sys.argv[1]
told = {name: value for name, value in os.environ.items() if name.startswith("MEMTRAY_")}
with open(file + ".part", "w") as stream:
    json.dump([told, sys.stdin.read(), sys.argv[2:]], stream)
os.rename(file + ".part", file)
"""


def transition(number: int = 0, **changes: object) -> Transition:
    made = Transition(
        kind="raised",
        key="limit:app",
        subject="app",
        level=Level.WARNING,
        title="app is near its limit",
        body="1.2 GB of the 1.5 GB.",
        since_wall_seconds=1_700_000_000.0,
        wall_seconds=1_700_000_004.0 + number,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def python(code: str, *arguments: str, **settings: object) -> HookSettings:
    hook = HookSettings(name="mine", command=(sys.executable, "-c", code, *arguments))
    return replace(hook, **settings)  # type: ignore[arg-type]


def shell(code: str, **settings: object) -> HookSettings:
    hook = HookSettings(name="mine", command=("/bin/sh", "-c", code))
    return replace(hook, **settings)  # type: ignore[arg-type]


class Hooks:
    """A runner with its settings and its log."""

    def __init__(self) -> None:
        self.settings: list[HookSettings] = []
        self.lines: list[str] = []
        self.runner = HookRunner(
            lambda: self.settings, self.lines.append, lambda: ["MEMTRAY_TEST_SECRET"]
        )

    def run(self, *hooks: HookSettings) -> str:
        """Run them for one transition; what the log says of the first that ends."""
        self.settings = list(hooks)
        assert self.runner.submit(transition()) == len(hooks)
        return eventually(lambda: self.lines, 20)[0]


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    made = Hooks()
    yield made
    made.runner.stop(0)
    assert not [thread for thread in threading.enumerate() if thread.name == "hooks"]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def pid_in(file: Path) -> Callable[[], int]:
    return lambda: int(file.read_text() or 0) if file.exists() else 0


def test_a_command_is_told_the_facts_twice(hooks: Hooks, tmp_path: Path) -> None:
    file = tmp_path / "told"
    line = hooks.run(python(SAVE, str(file), "$HOME", "a b", ""))
    env, told, arguments = json.loads(file.read_text())
    assert arguments == ["$HOME", "a b", ""]
    assert told.count("\n") == 1
    assert json.loads(told) == transition().facts()
    assert env["MEMTRAY_TRANSITION"] == "raised"
    assert env["MEMTRAY_SUBJECT"] == "app"
    assert env["MEMTRAY_LEVEL"] == "warning"
    assert env["MEMTRAY_TITLE"] == "app is near its limit"
    assert env["MEMTRAY_SINCE_WALL_SECONDS"] == "1700000000.0"
    assert re.fullmatch(r"hook mine \(raised limit:app\) exited with 0 after \d\.\d s", line)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_is_executed_or_breaks_out(hooks: Hooks, tmp_path: Path, name: str) -> None:
    """Neither by us nor by a shell script that quotes its variables."""
    file = tmp_path / "told"
    quoting = f'cd "{tmp_path}"; echo "$MEMTRAY_SUBJECT" "$MEMTRAY_BODY" >shown'
    hooks.settings = [python(SAVE, str(file)), shell(quoting, name="quoting")]
    hostile = transition(subject=name, title=name, body=name, key=f"limit:{name}")
    assert hooks.runner.submit(hostile) == 2
    eventually(lambda: len(hooks.lines) == 2)
    assert all("exited with 0" in line for line in hooks.lines)
    env, told, _ = json.loads(file.read_text())
    assert told.count("\n") == 1
    assert env["MEMTRAY_LEVEL"] == json.loads(told)["level"] == "warning"
    assert len(env["MEMTRAY_SUBJECT"]) <= 200
    assert len(env["MEMTRAY_BODY"]) <= 1000
    assert "\n" not in "".join(env.values())
    assert {each.name for each in tmp_path.iterdir()} == {"told", "shown"}


@given(st.text(), st.text())
def test_facts_are_one_bounded_line_whatever_they_hold(title: str, body: str) -> None:
    facts = harmless_facts(transition(title=title * 50, body=body * 500, subject=body))
    line = json_line(facts)
    assert len(line) <= LONGEST_LINE_BYTES
    assert line.count(b"\n") == 1
    assert json.loads(line)["level"] == "warning"
    for name, value in variables(facts).items():
        os.fsencode(f"{name}={value}")
        assert not re.search("[\0\r\n]", value)


def test_secrets_of_the_environment_stay_with_us(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMTRAY_TEST_SECRET", "hunter2")
    monkeypatch.setenv("MEMTRAY_TEST_PLAIN", "told")
    line = hooks.run(shell("env | grep MEMTRAY_TEST"))
    assert "MEMTRAY_TEST_PLAIN=told" in line
    assert "hunter2" not in line


def test_a_command_that_fails_says_so_and_why(hooks: Hooks) -> None:
    line = hooks.run(shell("echo no such server >&2; exit 3"))
    assert "exited with 3 after" in line
    assert line.endswith(": no such server")


def test_a_command_that_dies_says_of_what(hooks: Hooks) -> None:
    assert "was ended by signal 15" in hooks.run(shell("kill $$"))


@pytest.mark.parametrize("program", ["memtray-has-no-such-program", "/", "/dev/null", "a\0b"])
def test_a_command_that_cannot_be_started_is_said(hooks: Hooks, program: str) -> None:
    assert "cannot be started: " in hooks.run(HookSettings(name="mine", command=(program,)))


def test_a_command_that_does_not_read_is_no_trouble(hooks: Hooks) -> None:
    assert "exited with 0" in hooks.run(shell("exec <&-; exit 0"))


def test_a_command_that_hangs_is_killed_with_all_that_it_started(
    hooks: Hooks, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    began = time.monotonic()
    line = hooks.run(
        shell(
            f"trap '' TERM; sleep 600 & echo $! >{file}; echo waiting; wait; sleep 600",
            limit_seconds=0.5,
        )
    )
    assert 0.4 < time.monotonic() - began < 5
    assert "was killed after 0." in line
    assert line.endswith(": waiting")
    eventually(lambda: not is_alive(pid_in(file)()))


def test_nothing_of_a_command_outlives_it(hooks: Hooks, tmp_path: Path) -> None:
    """Also not with closed output, and of a parent that has ended."""
    file = tmp_path / "pid"
    began = time.monotonic()
    line = hooks.run(shell(f"(sleep 600 >/dev/null 2>&1 & echo $! >{file}); exit 0"))
    assert time.monotonic() - began < 5
    assert "exited with 0" in line
    eventually(lambda: not is_alive(pid_in(file)()))


def test_what_leaves_the_group_with_our_pipe_delays_nothing(hooks: Hooks, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    code = (
        "import os, sys, time\n"
        "if os.fork():\n"
        "    while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        "    os._exit(0)\n"
        "os.setsid()\n"
        "open(sys.argv[1] + '.part', 'w').write(str(os.getpid()))\n"
        "os.rename(sys.argv[1] + '.part', sys.argv[1])\n"
        "while True: os.write(1, b'x' * 4096)\n"
    )
    line = hooks.run(python(code, str(file)))
    assert "exited with 0" in line
    # It writes where nobody reads any more.
    eventually(lambda: not is_alive(pid_in(file)()))


def test_a_flood_is_drained_and_its_end_kept(hooks: Hooks) -> None:
    code = (
        "import sys\n"
        "for _ in range(100): sys.stdout.buffer.write(b'flood ' * 174_762)\n"
        "sys.stdout.write('the last words')\n"
    )
    line = hooks.run(python(code, limit_seconds=60.0))
    assert "exited with 0" in line
    assert line.endswith("flood the last words")
    assert len(line) < KEPT_OUTPUT_BYTES


def test_an_endless_flood_ends_at_the_limit(hooks: Hooks) -> None:
    assert "was killed" in hooks.run(shell("yes $(printf '\\033]0;title\\007')", limit_seconds=0.3))
    assert "\033" not in hooks.lines[0]


def test_output_need_not_be_text(hooks: Hooks) -> None:
    assert "exited with 0" in hooks.run(shell("head -c 10000 /dev/urandom"))


def test_a_transition_runs_each_hook_once(hooks: Hooks) -> None:
    hooks.settings = [shell("exit 0"), shell("exit 0", name="other")]
    assert hooks.runner.submit(transition()) == 2
    assert hooks.runner.submit(transition()) == 0
    assert hooks.runner.submit(transition(1)) == 2
    assert hooks.runner.submit(transition(1, kind="resolved")) == 2
    eventually(lambda: len(hooks.lines) == 6)


def test_submitting_never_waits_and_four_run_at_once(hooks: Hooks, tmp_path: Path) -> None:
    code = f"touch {tmp_path}/$$; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    hooks.settings = [shell(code, limit_seconds=30.0)]
    began = time.monotonic()
    for number in range(12):
        hooks.runner.submit(transition(number))
    assert time.monotonic() - began < 0.5
    eventually(lambda: len(list(tmp_path.iterdir())) == AT_ONCE)
    time.sleep(0.2)
    assert len(list(tmp_path.iterdir())) == AT_ONCE
    (tmp_path / "go").touch()
    eventually(lambda: len(hooks.lines) == 12)
    assert all("exited with 0" in line for line in hooks.lines)


def test_too_many_lose_the_oldest_of_the_least_severe(hooks: Hooks, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    wait = f"touch {begun}/$$; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"
    hooks.settings = [shell(wait, name="wait")]
    for number in range(AT_ONCE):
        hooks.runner.submit(transition(number))
    eventually(lambda: len(list(begun.iterdir())) == AT_ONCE)
    hooks.settings = [shell(f'echo "$MEMTRAY_INCIDENT" >>{tmp_path}/ran', name="n")]
    for number in range(QUEUE_LIMIT + 10):
        level = Level.EMERGENCY if number < 5 else Level.WARNING
        hooks.runner.submit(transition(key=f"limit:{number}", level=level))
    (tmp_path / "go").touch()
    eventually(lambda: len(hooks.lines) == AT_ONCE + QUEUE_LIMIT + 1, 30)
    ran = set((tmp_path / "ran").read_text().split())
    assert ran == {f"limit:{number}" for number in range(QUEUE_LIMIT + 10) if not 5 <= number < 15}
    assert any(line.startswith("10 hooks were not run, too many at once") for line in hooks.lines)


def test_the_thread_ends_when_there_is_nothing_to_do(hooks: Hooks) -> None:
    def running() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "hooks"]

    assert not running()
    hooks.run(shell("exit 0"))
    eventually(lambda: not running())
    hooks.lines.clear()
    hooks.runner.submit(transition(1))
    eventually(lambda: hooks.lines)


def test_stopping_kills_what_hangs_and_forgets_what_waits(hooks: Hooks, tmp_path: Path) -> None:
    hooks.settings = [shell(f"echo $$ >{tmp_path}/$$; sleep 600", limit_seconds=300.0)]
    for number in range(AT_ONCE + 1):
        hooks.runner.submit(transition(number))
    eventually(lambda: len(list(tmp_path.iterdir())) == AT_ONCE)
    began = time.monotonic()
    hooks.runner.stop(0.2)
    assert time.monotonic() - began < 3
    assert not any(is_alive(int(file.name)) for file in tmp_path.iterdir())
    assert hooks.runner.submit(transition(99)) == 0
    assert any("Memtray ends: mine" in line for line in hooks.lines)


def test_no_zombie_stays(hooks: Hooks, tmp_path: Path) -> None:
    hooks.run(shell(f"echo $$ >{tmp_path}/pid"))
    pid = pid_in(tmp_path / "pid")()
    eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_a_log_that_breaks_does_not_end_hooks_for_good() -> None:
    said: list[str] = []
    is_broken = True

    def say(line: str) -> None:
        if is_broken:
            raise RuntimeError(line)
        said.append(line)

    runner = HookRunner(lambda: [shell("exit 0")], say)
    runner.submit(transition())
    eventually(lambda: not runner.is_busy)
    is_broken = False
    runner.submit(transition(1))
    eventually(lambda: said)
    runner.stop()


@pytest.mark.parametrize(
    ("hook", "told", "meant"),
    [
        ({}, {}, True),
        ({"on": ("resolved",)}, {}, False),
        ({"on": ("resolved",)}, {"kind": "resolved"}, True),
        ({"level": "critical"}, {}, False),
        ({"level": "critical"}, {"level": Level.EMERGENCY}, True),
        ({"target": "app"}, {}, True),
        ({"target": "web"}, {}, False),
        ({"target": "system"}, {"key": "pressure", "subject": "system"}, True),
        ({"target": "app"}, {"key": "leak-of-application:app"}, False),
        ({}, {"key": "leak-of-application:app"}, True),
    ],
)
def test_which_hook_is_meant(hook: dict[str, object], told: dict[str, object], meant: bool) -> None:
    assert is_meant(shell("", **hook), transition(**told)) is meant  # type: ignore[arg-type]
