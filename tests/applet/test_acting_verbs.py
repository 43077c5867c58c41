"""What windows may have done about a program, asked of a real applet over its socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import EATER, Memtray
from tests.conftest import NOBODY
from tests.desktop.desktop import wait_until
from tests.readers.children import typed_into_a_shell
from trayapp.control.client import call
from trayapp.domain.acting.acts import acts_of
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.errors import ControlError, UsageError
from trayapp.history.reader import HistoryReader
from trayapp.paths import find_paths

SETTINGS = """
[sampling]
interval = "0.2s"

[[targets]]
name = "eater"
match = "FOLDER/acting_eater"
"""
DEAF_EATER = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + EATER
PROBED_EATER = "import trayapp.probe\ntrayapp.probe.start()\n" + EATER
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts sessions and shells")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("acting")


@contextmanager
def tracking_eaters(folder: Path) -> Iterator[Memtray]:
    """A Memtray with a target that is every eater below a folder."""
    memtray = Memtray(folder / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS.replace("FOLDER", str(folder)))
    process = memtray.start("start", "--headless")
    try:
        yield memtray
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def applet(folder: Path) -> Iterator[Memtray]:
    with tracking_eaters(folder) as memtray:
        yield memtray


class Eaters:
    """Programs that belong to the target, started one by one."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._program = folder / "acting_eater.py"
        repository = str(Path(__file__).parents[2])
        self._env = os.environ | {"MEMTRAY_HOME": str(home), "PYTHONPATH": repository}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, program: str = EATER, *before: str) -> subprocess.Popen[bytes]:
        self._program.write_text(program)
        return self._run([*before, sys.executable, str(self._program)])

    def start_of_nobody(self) -> subprocess.Popen[bytes]:
        """Start a program of another user, who may not be able to run this Python."""
        return self._run([str(self._program), "600"], executable="/bin/sleep", user=NOBODY)

    def _run(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(command, env=self._env, **more)
        self._started.append(child)
        return child

    def end(self) -> None:
        for child in self._started:
            # A guarded run ends its command only when it is asked to.
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@pytest.fixture
def eaters(folder: Path, applet: Memtray) -> Iterator[Eaters]:
    eaters = Eaters(folder, applet.home)
    described(applet, 0)
    yield eaters
    eaters.end()


def ask(applet: Memtray, verb: str, **arguments: object) -> Any:
    return call(applet.home / "run", verb, arguments, 60.0)


def described(applet: Memtray, count: int, kind: str = "target", name: str = "eater") -> Any:
    """Wait until it has so many processes, and return what the applet says of it."""

    def told() -> Any:
        answer = ask(applet, "program", kind=kind, name=name)
        return answer if len(answer["processes"]) == count else None

    return wait_until(told, timeout=20, what=f"{count} processes of {name}")


def keys(answer: Any) -> list[list[int]]:
    return [[one["pid"], one["started"]] for one in answer["processes"]]


def acts(answer: Any) -> list[str]:
    return [act.name for act in acts_of(ProgramFacts(**answer["facts"]))]


def test_a_program_is_ended_by_what_was_shown_of_it(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start()
    answer = described(applet, 1)
    (process,) = answer["processes"]
    assert process["pid"] == child.pid
    assert process["name"] == "acting_eater.py"
    assert process["rss_bytes"] > 1_000_000
    assert acts(answer) == ["end", "probe", "folder"]
    asked = ask(applet, "end", kind="target", name="eater", processes=keys(answer))
    assert asked == {"asked": keys(answer), "refusals": []}
    assert child.wait(20) == -signal.SIGTERM
    assert ask(applet, "running", processes=keys(answer)) == {"processes": []}
    assert described(applet, 0)["facts"] is None

    def texts() -> list[str]:
        with HistoryReader(find_paths({"MEMTRAY_HOME": str(applet.home)}).history_file) as reader:
            return [event.text for event in reader.events(0.0, 1e11, ("act",))]

    said = "eater: 1 process was asked to end"
    wait_until(lambda: said in texts(), timeout=20, what="event")


def test_another_process_with_its_pid_is_left_alone(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start()
    ((pid, started),) = keys(described(applet, 1))
    with pytest.raises(ControlError, match="has already exited; nothing was sent"):
        ask(applet, "end", kind="target", name="eater", processes=[[pid, started - 1]])
    assert child.poll() is None


def test_who_does_not_listen_is_ended_by_force(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start(DEAF_EATER)
    found = keys(described(applet, 1))
    wait_until(lambda: not child.poll() and _ignores_sigterm(child.pid), what="deaf program")
    ask(applet, "end", kind="target", name="eater", processes=found)
    assert ask(applet, "running", processes=found) == {"processes": found}
    ask(applet, "end", kind="target", name="eater", processes=found, force=True)
    assert child.wait(20) == -signal.SIGKILL


def _ignores_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs another user")
def test_anothers_program_says_so_before_anything_is_tried(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start_of_nobody()
    answer = described(applet, 1)
    (end,) = acts_of(ProgramFacts(**answer["facts"]))
    assert (end.name, end.refusal) == ("end", "it belongs to another user")
    with pytest.raises(ControlError, match="it belongs to another user"):
        ask(applet, "end", kind="target", name="eater", processes=keys(answer))
    assert child.poll() is None


def test_memtray_does_not_end_itself(applet: Memtray) -> None:
    answer = ask(applet, "program", kind="app", name="memtray")
    free, end = acts_of(ProgramFacts(**answer["facts"]))
    assert free.name == "free"
    assert end.refusal
    with pytest.raises(ControlError, match="that is Memtray itself"):
        ask(applet, "end", kind="app", name="memtray", processes=keys(answer))


def test_a_guarded_run_starts_its_program_again(applet: Memtray, eaters: Eaters) -> None:
    eaters.start(EATER, sys.executable, "-m", "trayapp", "run", "--probe", "off", "--")
    answer = described(applet, 1)
    assert acts(answer) == ["restart", "end", "probe", "folder"]
    told = ask(applet, "restart", kind="target", name="eater")
    assert told["text"].startswith("eater: restarted as process ")
    assert keys(described(applet, 1)) != keys(answer)


def test_memory_of_a_guarded_run_can_be_freed_as_it_has_a_probe(
    applet: Memtray, eaters: Eaters
) -> None:
    eaters.start(EATER, sys.executable, "-m", "trayapp", "run", "--")
    found = wait_until(
        lambda: (found := acts(described(applet, 1)))[0] == "free" and found, what="its probe"
    )
    assert found == ["free", "restart", "end", "folder"]


def test_nobody_starts_again_what_nobody_guards(applet: Memtray, eaters: Eaters) -> None:
    eaters.start()
    described(applet, 1)
    with pytest.raises(ControlError, match="Memtray cannot restart eater"):
        ask(applet, "restart", kind="target", name="eater")


def test_only_a_program_with_a_probe_is_offered_to_free_memory(
    applet: Memtray, eaters: Eaters
) -> None:
    eaters.start(PROBED_EATER)

    def offered() -> bool:
        return acts(described(applet, 1)) == ["free", "end", "folder"]

    wait_until(offered, timeout=20, what="probe")


def test_an_application_that_nobody_follows_has_its_acts(applet: Memtray, tmp_path: Path) -> None:
    program = tmp_path / "acting_stranger.py"
    program.write_text(EATER)
    with typed_into_a_shell(sys.executable, str(program)):
        answer = described(applet, 1, "application", program.name)
        assert acts(answer) == ["end", "probe", "folder"]
        (pair,) = keys(answer)
        name = f"{pair[0]}:{pair[1]}"
        assert described(applet, 1, "process", name)["facts"] == answer["facts"]
        (result,) = ask(applet, "cleanup", targets=[program.name])["results"]
        assert result["text"].startswith(f"{program.name}: ")


@pytest.mark.parametrize(
    "wrong",
    [None, "1", [1], [[1]], [["1", 2]], [[1, 2, 3]], [[True, 2]], [[1 << 70, 2]], [[-1, 2]]],
)
def test_nonsense_is_refused_in_one_line(applet: Memtray, wrong: object) -> None:
    with pytest.raises((UsageError, ControlError), match="pairs of a pid and a start"):
        ask(applet, "end", kind="target", name="eater", processes=wrong)


@pytest.mark.parametrize("name", ["1099511627776:5", "9" * 5000 + ":5", "1180591620717411303424:1"])
def test_a_process_that_cannot_be_has_ended(applet: Memtray, name: str) -> None:
    assert ask(applet, "program", kind="process", name=name)["processes"] == []
    pid = int(name.partition(":")[0][:13])
    with pytest.raises(ControlError, match="has already exited"):
        ask(applet, "end", kind="process", name=name, processes=[[pid, 5]])
