"""Programs that end before anybody asks them: their tasks are left behind, taken in, and gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.applet.test_task_follower import Following, probing, view_of
from tests.readers.children import eventually
from trayapp.applet.left_tasks import MOST_BYTES, collect_left, find_left
from trayapp.domain.grouping.targets import TargetRule

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

RULES = (TargetRule(name="web", match="short_one"), TargetRule(name="other", match="other"))
SHORT = """
import pathlib, sys, time
import trayapp.probe
assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
with trayapp.probe.task("import"):
    kept = [b"%030d" % number for number in range(200_000)]
with trayapp.probe.task("idle"):
    pass
"""


def run(folder: Path, code: str, name: str = "short_one.py", **options: Any) -> None:
    """A program that ends well, and says nothing."""
    file = folder.parent / name
    file.write_text(code)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(file), str(folder)],
        check=True, timeout=60, capture_output=True, **options,
    )  # fmt: skip
    assert done.stderr == b""


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return folder


def left_in(runtime: Path) -> list[tuple[str, list[str]]]:
    taken = collect_left(find_left(runtime), lambda: RULES)
    return [(left.target, [task.name for task in left.tasks]) for left in taken]


def test_tasks_of_a_program_that_has_ended_are_kept_as_those_of_its_target(runtime: Path) -> None:
    run(runtime, SHORT)
    (file,) = find_left(runtime)
    assert file.stat().st_mode & 0o777 == 0o600
    following = Following(runtime, rules=lambda: RULES)
    assert following.look(view_of()) == []  # no target at all: it waits
    assert following.look(view_of(web=(1, 1))) == ["import", "idle"]
    event = following.events[0]
    assert (event.subject, event.data["kept_from"]) == ("web", "heap")
    assert event.data["kept_bytes"] == pytest.approx(14_400_000, rel=0.1)
    assert isinstance(event.data["peak_growth_bytes"], int)
    assert event.data["peak_growth_bytes"] >= 13_000_000
    assert find_left(runtime) == []
    assert len(following.look(view_of(web=(1, 1)))) == 2


def test_what_was_asked_for_is_not_left_and_a_program_that_goes_on_leaves_nothing(
    runtime: Path,
) -> None:
    code = SHORT.replace('"idle"', '"import again"') + """
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, own_name
told = call(pathlib.Path(sys.argv[1]), "tasks", {"after": 0}, name=own_name(PROBE))
assert len(told["tasks"]) == 2
assert not list(pathlib.Path(sys.argv[1]).glob("tasks-*"))
with trayapp.probe.task("after that"):
    pass
"""  # fmt: skip
    run(runtime, code)
    assert left_in(runtime) == [("web", ["after that"])]


def test_children_of_a_target_belong_to_it_also_when_all_have_ended(runtime: Path) -> None:
    code = """
import multiprocessing, pathlib, sys
import trayapp.probe
def work(folder):
    assert trayapp.probe.start(pathlib.Path(folder))
    with trayapp.probe.task("in a child"):
        pass
if __name__ == "__main__":
    for method in ("fork", "spawn"):
        child = multiprocessing.get_context(method).Process(target=work, args=sys.argv[1:])
        child.start()
        child.join()
        assert child.exitcode == 0
"""
    run(runtime, code)
    assert left_in(runtime) == [("web", ["in a child"])] * 2


def test_what_no_target_holds_is_not_kept(runtime: Path) -> None:
    run(runtime, SHORT, "unknown.py")
    assert left_in(runtime) == []
    assert find_left(runtime) == []


def test_a_program_ends_as_ever_where_nothing_can_be_left(runtime: Path) -> None:
    """The folder is gone, or full of what nobody took, or somebody hangs on the socket."""
    run(runtime, SHORT + "import shutil\nshutil.rmtree(sys.argv[1])\n")
    runtime.mkdir(mode=0o700)
    for number in range(501):
        (runtime / f"tasks-1-{number}.json").touch()
    run(runtime, SHORT)
    assert len(find_left(runtime)) == 100
    assert sum(1 for _ in runtime.glob("tasks-*")) == 501


def test_the_end_of_a_program_does_not_wait_for_who_asks_it(runtime: Path) -> None:
    code = SHORT + """
import atexit, socket
trayapp.probe.register_cache("slow", lambda: time.sleep(30))
from trayapp.control.process_endpoints import PROBE, own_name
asking = socket.socket(socket.AF_UNIX)
asking.connect(str(pathlib.Path(sys.argv[1]) / (own_name(PROBE) + ".sock")))
asking.sendall(b'{"verb": "collect", "arguments": {"caches": true}}\\n')
time.sleep(0.3)
from trayapp.probe.serving import _stop_at_exit
began = time.monotonic()
_stop_at_exit()
assert time.monotonic() - began < 0.5, time.monotonic() - began
"""  # fmt: skip
    run(runtime, code)
    assert left_in(runtime) == [("web", ["import", "idle"])]


def good(**changes: object) -> bytes:
    task = {"number": 1, "name": "n", "began_unix_s": time.time() - 5, "seconds": 1.0}
    process = {"pid": 4_000_000, "started": 5, "command": ["short_one"]}
    return json.dumps({"processes": [process], "tasks": [task]} | changes).encode()


def test_hostile_files_do_no_harm_and_are_gone(runtime: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(good())
    bad = [
        b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b"x" * (MOST_BYTES + 1), b'{"tasks": 5}',
        good(processes=None), good(processes=[]), good(processes=[7]),
        good(processes=[{"pid": -1, "started": 5, "command": ["short_one"]}]),
        good(processes=[{"pid": 10**30, "started": 5, "command": ["short_one"]}]),
        good(processes=[{"pid": 7, "started": "5", "command": ["short_one"]}]),
        good(processes=[{"pid": 7, "started": 5, "command": "short_one"}]),
        good(processes=[{"pid": 7, "started": 5, "command": [None, 7, {"short_one": 1}]}]),
    ]  # fmt: skip
    for number, content in enumerate(bad):
        (runtime / f"tasks-{number}-1.json").write_bytes(content)
    (runtime / "tasks-100-1.json").symlink_to(secret)
    os.mkfifo(runtime / "tasks-101-1.json")
    (runtime / "tasks-102-1.json").mkdir()
    future = {"number": 1, "name": "x", "began_unix_s": time.time() + 3600, "seconds": 1.0}
    (runtime / "tasks-103-1.json").write_bytes(good(tasks=[future, None, {"number": 2}]))
    circle = {"pid": 9, "started": 5, "command": ["short_one"]}
    (runtime / "tasks-104-1.json").write_bytes(good(processes=[circle] * 50))
    began = time.monotonic()
    assert sorted(left_in(runtime)) == [("web", []), ("web", ["n"])]
    assert time.monotonic() - began < 10
    assert secret.exists()
    assert [file.name for file in runtime.iterdir()] == ["tasks-102-1.json"]


def test_a_pause_leaves_them_for_later(runtime: Path) -> None:
    run(runtime, SHORT)
    following = Following(runtime, rules=lambda: RULES)
    following.is_paused = True
    assert following.look(view_of(web=(1, 1))) == []
    following.is_paused = False
    assert following.look(view_of(web=(1, 1))) == ["import", "idle"]
    eventually(lambda: not find_left(runtime))
    with probing(runtime, lambda _: {}):
        assert len(following.look(view_of(web=(1, 1)))) == 2
