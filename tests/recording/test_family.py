"""Whom a recording follows, with both ways of reading."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tests.readers.children import eventually, running, running_python
from trayapp.domain.records.samples import ProcessKey
from trayapp.recording.family import Family, open_family
from trayapp.recording.kin import MOST_LIVES, MOST_PROCESSES, Kin

WAYS = [
    pytest.param("linux", marks=pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")),
    "portable",
]
PARENT = """
import subprocess, sys
children = []
print("ready", flush=True)
for line in sys.stdin:
    if line == "start\\n":
        children.append(subprocess.Popen(["sleep", "60"]))
    else:
        children.pop().kill()
    print("done", flush=True)
for child in children:
    child.kill()
"""


@contextmanager
def following(way: str, *pids: int, with_children: bool = False) -> Iterator[Family]:
    with closing(open_family(pids, with_children=with_children, system=way)) as family:
        yield family


@pytest.mark.parametrize("way", WAYS)
def test_only_those_asked_for(way: str) -> None:
    with (
        running("sleep", "60") as one,
        running("sleep", "60") as other,
        following(way, one.pid, other.pid) as family,
    ):
        appeared = family.refresh().appeared
        assert {facts.key.pid for facts in appeared} == {one.pid, other.pid}
        readings = family.read([facts.key for facts in appeared])
        assert all(reading.rss_bytes > 4096 for reading in readings.values())
        assert len(readings) == 2
        assert family.refresh() == ((), (), ())


@pytest.mark.parametrize("way", WAYS)
def test_zombies_are_gone(way: str) -> None:
    """Nobody has asked for its exit code yet, but there is nothing left to record."""
    with running("sleep", "60") as child, following(way, child.pid) as family:
        (facts,) = family.refresh().appeared
        child.kill()
        eventually(lambda: facts.key in family.refresh().gone)
        assert family.read([facts.key]) == {}
        assert family.refresh() == ((), (), ())


@pytest.mark.parametrize("way", WAYS)
def test_pids_that_do_not_exist(way: str) -> None:
    with following(way, 2**22 + 1) as family:
        assert family.refresh() == ((), (), ())


@pytest.mark.parametrize("way", WAYS)
def test_children_come_and_go(way: str) -> None:
    with running_python(PARENT) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None

        def tell(what: bytes) -> None:
            assert parent.stdin is not None
            assert parent.stdout is not None
            parent.stdin.write(what + b"\n")
            parent.stdin.flush()
            parent.stdout.readline()

        with (
            following(way, parent.pid, with_children=True) as family,
            following(way, parent.pid) as alone,
        ):
            alone.refresh()
            family.refresh()
            tell(b"start")
            (child,) = family.refresh().appeared
            assert child.parent_pid == parent.pid
            assert alone.refresh().appeared == ()
            tell(b"end")
            found: list[ProcessKey] = []

            def is_gone() -> bool:
                found.extend(family.refresh().gone)
                return child.key in found

            eventually(is_gone)
        parent.stdin.close()


def choosing(children: dict[int, list[int]], ended: set[int]) -> Callable[[set[int]], set[int]]:
    kin = Kin([1], ended.__contains__, lambda pid: children.get(pid, []))
    return kin.choose


def test_children_of_children_and_orphans() -> None:
    """Who was found stays, also when its parent ends."""
    children, ended = {1: [2], 2: [3]}, set[int]()
    choose = choosing(children, ended)
    assert choose(set()) == {1, 2, 3}
    ended.add(2)
    children.clear()
    assert choose({1, 2, 3}) == {1, 3}


def test_a_pid_is_followed_once() -> None:
    """Whoever gets the pid afterwards is somebody else."""
    ended = set[int]()
    choose = choosing({}, ended)
    assert choose(set()) == {1}
    ended.add(1)
    assert choose({1}) == set()
    ended.clear()
    assert choose(set()) == set()


def test_ten_at_a_time_and_who_waits_comes_later() -> None:
    ended = set[int]()
    kin = Kin([1], ended.__contains__, lambda pid: range(2, 21) if pid == 1 else ())
    first = kin.choose(set())
    assert len(first) == MOST_PROCESSES
    assert len(kin.left_out) == 10
    ended |= set(sorted(first)[5:])
    later = kin.choose(first)
    assert len(later) == MOST_PROCESSES
    assert kin.left_out.isdisjoint(later)


def test_a_storm_of_children_has_an_end() -> None:
    """Each life is a column; a build that starts thousands must not make the file explode."""
    newest, ended, lives = 1, set[int](), set[int]()
    kin = Kin([1], ended.__contains__, lambda _: range(newest, newest + 3))
    followed = set[int]()
    for _ in range(500):
        followed = kin.choose(followed)
        lives |= followed
        ended |= followed - {1}
        newest += 3
    assert len(lives) == MOST_LIVES
    assert 1 in followed


def test_itself_can_be_followed() -> None:
    with closing(open_family([os.getpid()])) as family:
        (facts,) = family.refresh().appeared
        assert family.read([facts.key])[facts.key].rss_bytes > 2**20
