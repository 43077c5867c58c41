"""A look at all objects of a real program: what it finds, and that it does nothing to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.control.serving import other_process
from tests.probe.test_probe import TELL_AND_WAIT, ask
from trayapp.domain.showing.investigation import Finding, findings
from trayapp.probe.investigating import plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROGRAM = """
import collections, pathlib, sys, weakref
import trayapp.probe

class Meta(type):
    def __hash__(self): raise AssertionError
    def __eq__(self, other): raise AssertionError
    @property
    def __name__(self): raise AssertionError

class Odd(dict, metaclass=Meta):
    def __len__(self): raise AssertionError
    def __eq__(self, other): raise AssertionError
    __hash__ = None
    def __repr__(self): raise AssertionError
    def __sizeof__(self): raise AssertionError
    def __iter__(self): raise AssertionError
    @property
    def __dict__(self): raise AssertionError

class Pool:
    __slots__ = ("jobs",)

class Boss:
    def __init__(self):
        self.workers = set()

CACHE = {number: {"id": number % 5, "text": "the same long text %d" % (number % 3)}
         for number in range(30_000)}
pool, boss, odd = Pool(), Boss(), Odd((number, number) for number in range(20_000))
pool.jobs = collections.deque([] for _ in range(25_000))
boss.workers.update(range(50_000))
gone = []

def later():
    class Thing:
        pass
    thing = Thing()
    thing.me = thing
    watch = weakref.ref(thing)
    gone.append(watch)
    return thing

thing = later()
kept = []
trayapp.probe.start(pathlib.Path(sys.argv[1]))
"""


def look(runtime: Path, pid: int, **arguments: object) -> dict[str, Any]:
    return ask(runtime, pid, "investigate", longest_seconds=60.0, **arguments)


def test_everything_is_found_and_nothing_is_done_to_the_program(tmp_path: Path) -> None:
    with other_process(PROGRAM + TELL_AND_WAIT, str(tmp_path)) as process:
        first = look(tmp_path, process.pid)
        assert first["growth"] is None
        owners = {each["owner"]: (each["kind"], each["count"]) for each in first["containers"]}
        assert owners["__main__.CACHE"] == ("dict", 30_000)
        assert owners["__main__.Pool.jobs"] == ("deque", 25_000)
        assert owners["__main__.Boss.workers"] == ("set", 50_000)
        assert owners["__main__.odd"] == ("__main__.Odd", 20_000)
        assert len(first["containers"]) == 10
        assert {(each["key"], each["id"]) for each in first["repeated_ids"]} == {
            ("id", str(number)) for number in range(5)
        }
        texts = {each["text"] for each in first["equal_texts"]}
        assert {f"the same long text {number}" for number in range(3)} <= texts
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"kept.extend([number] for number in range(9000))\n")
        process.stdin.write(b"globals().pop('thing').__dict__.clear()\n")
        process.stdin.write(b"gone[0]() is None\n")
        process.stdin.flush()
        answers = [process.stdout.readline() for _ in range(3)]
        assert answers[-1] == b"True\n", "nothing was kept alive"
        second = look(tmp_path, process.pid)
        (grown, *_) = second["growth"]["types"]
        assert grown["name"] == "list"
        assert 9000 <= grown["grown"] < 9100
        assert second["growth"]["object_count"] > 5000


def test_a_look_that_takes_too_long_is_refused_before_it_begins(tmp_path: Path) -> None:
    with other_process(PROGRAM + TELL_AND_WAIT, str(tmp_path)) as process:
        planned = ask(tmp_path, process.pid, "investigate", plan=True)
        count = planned["object_count"]
        assert isinstance(count, int)
        assert count > 25_000
        refused = ask(tmp_path, process.pid, "investigate", longest_seconds=1e-6)
        assert refused["refused"] is True
        assert "types" not in refused
        forced = ask(tmp_path, process.pid, "investigate", longest_seconds=1e-6, force=True)
        assert "types" in forced


def test_a_plan_is_of_this_process() -> None:
    told = plan()
    assert isinstance(told["estimated_seconds"], float)
    assert told["estimated_seconds"] > 0


def headings(**told: object) -> list[Finding]:
    return findings({"object_count": 1000, "rss_bytes": 1 << 20, **told})


def test_findings_come_with_advice() -> None:
    grown = {"seconds": 10.0, "rss_bytes": 50 << 20, "object_count": 10, "types": []}
    (growth, summary) = headings(growth=grown)
    assert growth.heading == "50.0 MiB more memory in 10 s, and hardly more objects"
    assert "native extension" in growth.advice
    assert summary.advice == ""
    (few,) = findings({"object_count": 1000, "rss_bytes": 1 << 30})
    assert "large buffers" in few.advice
    container = {"kind": "dict", "count": 20_000, "bytes": 5 << 20, "owner": "app.cache"}
    (found, _) = headings(containers=[container])
    assert found.rows == ("app.cache: dict with 20,000 entries, 5.00 MiB",)
    assert "BoundedDict" in found.advice
    (found, _) = headings(
        equal_texts=[{"text": "abc", "copies": 10, "wasted_bytes": 1024}], text_share=0.1
    )
    assert found.rows == ("'abc': about 100 copies, 10.0 KiB",)


@pytest.mark.parametrize("odd", [None, [], "x", -1, 1e400, True, {"a": 1}, [[]], [{"name": 7}]])
def test_whatever_a_program_answers_does_no_harm(odd: object) -> None:
    for key in (
        "object_count", "rss_bytes", "types", "growth", "containers", "equal_texts", "text_share",
        "repeated_ids", "estimated_seconds",
    ):  # fmt: skip
        for found in headings(**{key: odd}):
            assert isinstance(found.heading, str)
    for key in ("seconds", "rss_bytes", "object_count", "types"):
        growth = {"seconds": 1.0, "rss_bytes": 1, "object_count": 1, "types": [], key: odd}
        headings(growth=growth)


def test_few_large_values_are_told_from_many_objects(tmp_path: Path) -> None:
    """A dict of buffers holds no object that the collector follows, and is followed by none."""
    start = "import pathlib, sys, trayapp.probe\n{made}\n"
    start += "trayapp.probe.start(pathlib.Path(sys.argv[1]))\n" + TELL_AND_WAIT
    advice = []
    for number, made in enumerate((
        "cache = {each: bytearray(b'x' * 300_000) for each in range(100)}",
        "cache = {each: str(each) for each in range(300_000)}",
        "cache = list(range(10)) * 800_000",
    )):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        with other_process(start.format(made=made), str(folder)) as process:
            advice.append(findings(look(folder, process.pid))[-1].advice)
    assert "look for large values" in advice[0]
    assert advice[1:] == ["", ""]
