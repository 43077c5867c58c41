"""Applications: recorded process tables, and what holds for every table."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB
from trayapp.domain.grouping.applications import ApplicationTracker
from trayapp.domain.grouping.roles import DEMO_PROGRAM
from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey

APP_PID = 999
TABLES = sorted((Path(__file__).parent / "tables").glob("*.json"))
UNIT = "/system.slice/shop.service"
DESKTOP = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-code-7.scope"
SESSION = "/user.slice/user-1000.slice/session-2.scope"
CONTAINER = "/docker/" + "3f2a91b7c0de" + "5" * 52


def process(
    pid: int,
    command: str,
    parent: int = 1,
    *,
    cgroup: str | None = None,
    started: int | None = None,
) -> ProcessFacts:
    arguments = tuple(command.split(" ")) if command else ()
    return ProcessFacts(
        key=ProcessKey(pid, pid if started is None else started),
        parent_pid=parent,
        name=arguments[0][:15] if arguments else f"process{pid}",
        arguments=arguments,
        cgroup=cgroup,
    )


def tracked(*processes: ProcessFacts) -> ApplicationTracker:
    tracker = ApplicationTracker(APP_PID)
    tracker.apply(processes)
    return tracker


def grouped(tracker: ApplicationTracker, processes: Iterable[ProcessFacts]) -> dict[str, list[int]]:
    """The pids of each application, by its name."""
    uses = tracker.totals({facts.key: MIB for facts in processes})
    assert len({use.key for use in uses}) == len(uses)
    return {use.name: sorted(use.pids) for use in uses}


def groups(*processes: ProcessFacts) -> dict[str, list[int]]:
    return grouped(tracked(*processes), processes)


# -- recorded tables


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.stem)
def test_a_recorded_table(file: Path) -> None:
    """Each says in `expected` which processes a person would call what."""
    table = json.loads(file.read_text(encoding="utf-8"))
    processes = [
        ProcessFacts(
            key=ProcessKey(each["pid"], each["started"]),
            parent_pid=each["parent"],
            name=each["name"],
            arguments=tuple(each["arguments"]),
            cgroup=each["cgroup"],
        )
        for each in table["processes"]
    ]
    tracker = ApplicationTracker(table["app_pid"])
    tracker.apply(processes)
    assert grouped(tracker, processes) == table["expected"]


# -- the rules


def test_helpers_belong_to_their_parent() -> None:
    assert groups(process(1, "init"), process(5, "postgres -D x"), process(6, "psql", 5)) == {
        "init": [1],
        "postgres": [5, 6],
    }


@pytest.mark.parametrize("boundary", ["bash", "-zsh", "xterm", "sshd -D", "tmux", "systemd --user"])
def test_what_a_boundary_starts_is_not_part_of_it(boundary: str) -> None:
    found = groups(process(5, boundary), process(6, "vim", 5), process(7, "make", 5))
    assert [found["vim"], found["make"]] == [[6], [7]]


def test_a_shell_that_runs_a_script_is_the_scripts_application() -> None:
    assert groups(process(4, "bash"), process(5, "bash run.sh", 4), process(6, "java X", 5)) == {
        "bash": [4],
        "run.sh": [5, 6],
    }


def test_launchers_are_called_after_what_they_launch_and_keep_their_own_name_alone() -> None:
    sudo, apt = process(5, "sudo apt update"), process(6, "apt update", 5)
    tracker = tracked(sudo)
    assert grouped(tracker, [sudo]) == {"sudo": [5]}
    tracker.apply([apt])
    assert grouped(tracker, [sudo, apt]) == {"apt": [5, 6]}
    tracker.apply(gone=[apt.key])
    assert grouped(tracker, [sudo]) == {"sudo": [5]}


def test_a_browser_belongs_to_nobody_who_opened_it() -> None:
    assert groups(
        process(5, "slack"),
        process(6, "firefox https://x", 5),
        process(7, "firefox -contentproc", 6),
    ) == {"slack": [5], "firefox": [6, 7]}


def test_the_demo_is_not_taken_for_who_started_it() -> None:
    """A Memtray that runs beside it said that the script around the demo leaks."""
    assert groups(
        process(5, "sh make-demo.sh"),
        process(6, "python3 -m trayapp demo", 5),
        process(7, f"python3 /tmp/memtray-demo-x/{DEMO_PROGRAM} 9 9", 6),
    ) == {"make-demo.sh": [5, 6], DEMO_PROGRAM: [7]}


def test_what_is_called_the_same_is_one_application() -> None:
    assert groups(process(5, "vim a"), process(6, "bash"), process(7, "vim b", 6)) == {
        "vim": [5, 7],
        "bash": [6],
    }


def test_containers_of_the_same_program_are_two() -> None:
    other = CONTAINER.replace("3f2a", "aaaa")
    assert groups(process(5, "redis", cgroup=CONTAINER), process(6, "redis", cgroup=other)) == {
        "redis (3f2a91b7c0de)": [5],
        "redis (aaaa91b7c0de)": [6],
    }


def test_in_memtrays_own_container_processes_are_told_apart() -> None:
    redis, web = process(5, "redis", cgroup=CONTAINER), process(6, "web", cgroup=CONTAINER)
    tracker = tracked(redis, web)
    assert len(grouped(tracker, [redis, web])) == 1
    tracker.apply([process(APP_PID, "memtray", cgroup=CONTAINER)])
    assert grouped(tracker, [redis, web]) == {"redis": [5], "web": [6]}


def test_a_unit_keeps_what_lost_its_parent_but_not_what_is_typed_into_a_shell() -> None:
    main = process(5, "code", cgroup=DESKTOP)
    shell = process(6, "bash", 5, cgroup=DESKTOP)
    typed = process(7, "python app.py", 6, cgroup=DESKTOP)
    daemon = process(8, "language-server", 1, cgroup=DESKTOP)
    assert groups(main, shell, typed, daemon) == {"code": [5, 8], "bash": [6], "app.py": [7]}


def test_a_service_moved_into_its_unit_after_its_start_is_sorted_anew_with_its_children() -> None:
    manager = process(4, "manager", cgroup="/system.slice/manager.service")
    late, helper = process(5, "web", 4, cgroup=manager.cgroup), process(6, "worker", 5)
    tracker = tracked(manager, late, helper)
    assert grouped(tracker, [manager, late, helper]) == {"manager": [4, 5, 6]}
    tracker.apply(changed=[replace(late, cgroup=UNIT)])
    assert grouped(tracker, [manager, late, helper]) == {"manager": [4], "shop": [5, 6]}


def test_kernel_threads_are_one_application() -> None:
    assert groups(process(2, "", 0), process(8, "", 2)) == {"kernel": [2, 8]}


# -- what happens over time


def test_helpers_stay_when_their_parent_ends() -> None:
    shell, main, helper = process(4, "bash"), process(5, "editor", 4), process(6, "server", 5)
    tracker = tracked(shell, main, helper, process(7, "cache", 5))
    tracker.apply(gone=[main.key], changed=[process(6, "server", 1), process(7, "cache", 1)])
    assert tracker.application_of(ProcessKey(6, 6)) == tracker.application_of(ProcessKey(7, 7))
    # Called after the oldest that is left.
    assert tracker.application_of(ProcessKey(7, 7)) == ApplicationKey("program", "server")


def test_what_a_shell_started_stays_apart_from_its_unit_when_the_shell_ends() -> None:
    main, shell = process(5, "code", cgroup=DESKTOP), process(6, "bash", 5, cgroup=DESKTOP)
    typed = process(7, "python app.py", 6, cgroup=DESKTOP)
    tracker = tracked(main, shell, typed)
    tracker.apply(gone=[shell.key], changed=[replace(typed, parent_pid=1)])
    assert grouped(tracker, [main, typed]) == {"code": [5], "app.py": [7]}


def test_exec_sorts_a_process_anew_with_its_descendants() -> None:
    shell = process(4, "bash")
    forked = process(5, "bash", 4)
    child, grandchild = process(6, "sh -c x", 5), process(7, "esbuild", 6)
    tracker = tracked(shell, forked, child, grandchild)
    assert grouped(tracker, [forked, child, grandchild]) == {"bash": [5], "esbuild": [6, 7]}
    tracker.apply(changed=[process(5, "node vite", 4)])
    assert grouped(tracker, [shell, forked, child, grandchild]) == {"bash": [4], "vite": [5, 6, 7]}


def test_a_used_pid_is_another_process() -> None:
    first, helper = process(5, "editor"), process(6, "server", 5)
    tracker = tracked(first, helper)
    second = process(5, "bash", started=50)
    tracker.apply([second], gone=[first.key])
    assert tracker.application_of(first.key) is None
    assert tracker.totals({first.key: MIB}) == []
    child = process(7, "make", 5, started=60)
    tracker.apply([child])
    assert grouped(tracker, [second, helper, child]) == {"bash": [5], "server": [6], "make": [7]}


def test_a_younger_process_is_no_parent_whatever_its_pid() -> None:
    orphan = process(6, "server", 5, started=10)
    assert groups(orphan, process(5, "editor", started=20)) == {"server": [6], "editor": [5]}


def test_a_parent_seen_late_still_adopts() -> None:
    helper, main = process(6, "server", 5), process(5, "editor")
    tracker = tracked(helper)
    tracker.apply([main])
    assert grouped(tracker, [helper, main]) == {"editor": [5, 6]}


def test_news_of_unknown_processes_are_ignored() -> None:
    tracker = tracked()
    tracker.apply(changed=[process(5, "x")], gone=[ProcessKey(6, 6)])
    assert tracker.application_of(ProcessKey(5, 5)) is None


def test_nothing_is_kept_of_the_dead() -> None:
    tracker = tracked(process(1, "init"), process(2, "sudo x"))

    def come_and_go(first: int) -> None:
        new = [
            process(
                pid,
                f"program{pid % 50}",
                (1, 2, pid - 1, 77)[pid % 4],
                cgroup=f"{UNIT}/{pid}.service",
            )
            for pid in range(first, first + 500)
        ]
        tracker.apply(new)
        tracker.totals({facts.key: MIB for facts in new})
        tracker.apply(gone=[facts.key for facts in new])

    tracemalloc.start()
    try:
        come_and_go(1000)  # fills what is kept of places, which is bounded
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for batch in range(2, 7):
            come_and_go(1000 * batch)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 20_000, "2,500 processes came and went"


# -- totals


def test_totals_are_sorted_by_size_and_name_the_largest_process() -> None:
    small, main, helper = process(4, "vim"), process(5, "editor"), process(6, "server", 5)
    tracker = tracked(small, main, helper)
    first, second = tracker.totals({small.key: 5, main.key: 10, helper.key: 30})
    assert (first.name, first.rss_bytes, first.pids) == ("editor", 40, (6, 5))
    assert (first.largest.facts, first.largest.rss_bytes) == (helper, 30)
    assert first.key == ApplicationKey("program", "editor") == tracker.application_of(helper.key)
    assert (second.name, second.rss_bytes) == ("vim", 5)


def test_excluded_processes_are_left_out_and_with_the_last_the_application() -> None:
    main, helper, other = process(5, "editor"), process(6, "server", 5), process(7, "vim")
    tracker = tracked(main, helper, other)
    sizes = {main.key: 10, helper.key: 30, other.key: 5}
    (use,) = tracker.totals(sizes, lambda key: key in (helper.key, other.key))
    assert (use.name, use.pids, use.rss_bytes) == ("editor", (5,), 10)


@pytest.mark.parametrize(
    "name", ["\n\t\x1b[31mred", "\udcff\udcfe", "<b>&amp;", "a" * 5000, "/", "-", " ", "\0", ": "]
)
def test_hostile_names_are_data(name: str) -> None:
    """Whatever strangers write makes one printable line."""
    hostile = ProcessFacts(
        key=ProcessKey(5, 5), parent_pid=1, name=name, arguments=(name,), cgroup=f"/{name}.service"
    )
    tracker = tracked(hostile)
    (use,) = tracker.totals({hostile.key: 1})
    assert use.name.isprintable()
    assert 0 < len(use.name) <= 60
    use.name.encode()


# -- what holds for every table

COMMANDS = [
    "", "bash", "sh -c x", "sudo x", "bash run.sh", "firefox", "firefox -contentproc", "code",
    "node server.js", "postgres", "postgres: idle", "systemd --user", "sshd", "npm", "python3 a.py",
]  # fmt: skip
CGROUPS = [
    None,
    "/",
    UNIT,
    UNIT + "/sub",
    DESKTOP,
    SESSION,
    "/system.slice/cron.service",
    CONTAINER,
]


@st.composite
def tables(draw: st.DrawFn) -> list[ProcessFacts]:
    """Processes, some with parents among those that are older, oldest first."""
    pids = draw(st.lists(st.integers(1, 60), min_size=1, max_size=25, unique=True))
    processes: list[ProcessFacts] = []
    for started, pid in enumerate(pids):
        parent = draw(st.sampled_from([0, 61, *(facts.key.pid for facts in processes)]))
        processes.append(
            process(
                pid,
                draw(st.sampled_from(COMMANDS)),
                parent,
                cgroup=draw(st.sampled_from(CGROUPS)),
                started=started,
            )
        )
    return processes


def partition(tracker: ApplicationTracker, processes: Sequence[ProcessFacts]) -> object:
    return {facts.key: tracker.application_of(facts.key) for facts in processes}


@given(tables(), st.data())
def test_the_order_of_arrival_does_not_matter(
    table: list[ProcessFacts], data: st.DataObject
) -> None:
    at_once = ApplicationTracker(table[0].key.pid)
    at_once.apply(table)
    one_by_one = ApplicationTracker(table[0].key.pid)
    for facts in data.draw(st.permutations(table)):
        one_by_one.apply([facts])
    assert partition(one_by_one, table) == partition(at_once, table)


@given(tables(), st.data())
def test_changes_lead_to_where_a_fresh_look_would(
    table: list[ProcessFacts], data: st.DataObject
) -> None:
    """As long as nobody ends: exec and moves between units leave no trace of before."""
    tracker = ApplicationTracker(table[0].key.pid)
    tracker.apply(table)
    now = list(table)
    for _ in range(data.draw(st.integers(1, 6))):
        index = data.draw(st.integers(0, len(now) - 1))
        other = process(1, data.draw(st.sampled_from(COMMANDS)))
        now[index] = replace(
            now[index],
            name=other.name,
            arguments=other.arguments,
            cgroup=data.draw(st.sampled_from(CGROUPS)),
        )
        tracker.apply(changed=[now[index]])
    fresh = ApplicationTracker(table[0].key.pid)
    fresh.apply(now)
    assert partition(tracker, now) == partition(fresh, now)


@given(tables(), st.data())
def test_every_process_counts_once_whatever_comes_and_goes(
    table: list[ProcessFacts], data: st.DataObject
) -> None:
    tracker = ApplicationTracker(table[0].key.pid)
    living: dict[int, ProcessFacts] = {}
    clock = len(table)
    for step in data.draw(st.lists(st.sampled_from(table), max_size=60)):
        pid = step.key.pid
        if pid not in living:
            clock += 1
            living[pid] = replace(step, key=ProcessKey(pid, clock))
            tracker.apply([living[pid]])
        elif data.draw(st.booleans()):
            ended = living.pop(pid)
            orphans = [
                replace(each, parent_pid=1)
                for each in living.values()
                if each.parent_pid == pid and each.key.started > ended.key.started
            ]
            living |= {each.key.pid: each for each in orphans}
            tracker.apply(gone=[ended.key], changed=orphans)
        else:
            living[pid] = replace(living[pid], arguments=("bash",))
            tracker.apply(changed=[living[pid]])
        sizes = {facts.key: facts.key.pid * MIB for facts in living.values()}
        uses = tracker.totals(sizes)
        counted = [key for use in uses for key in use.processes]
        assert sorted(counted) == sorted(sizes)
        assert sum(use.rss_bytes for use in uses) == sum(sizes.values())
        for use in uses:
            assert {tracker.application_of(key) for key in use.processes} == {use.key}
            assert use.rss_bytes == sum(sizes[key] for key in use.processes)


@given(tables(), st.data())
def test_what_is_added_up_only_where_it_changed_is_the_same(
    table: list[ProcessFacts], data: st.DataObject
) -> None:
    """Whatever comes, goes, grows, is renamed, or is held by a target."""
    tracker = ApplicationTracker(table[0].key.pid)
    living: dict[int, ProcessFacts] = {}
    readings: dict[ProcessKey, MemoryReading] = {}
    held: frozenset[ProcessKey] = frozenset()
    clock = len(table)
    ways = st.sampled_from(["come", "come", "go", "grow", "hold", "rename", "look", "look"])
    for step, way in data.draw(st.lists(st.tuples(st.sampled_from(table), ways), max_size=60)):
        pid = step.key.pid
        known = living.get(pid)
        if way == "look":
            told = tracker.uses(dict(readings), held)
            sizes = {key: reading.rss_bytes for key, reading in readings.items()}
            assert told == tracker.totals(sizes, held.__contains__, readings)
            again = tracker.uses(dict(readings), held)
            assert [id(use) for use in again] == [id(use) for use in told]
        elif known is None and way == "come":
            clock += 1
            living[pid] = known = replace(step, key=ProcessKey(pid, clock))
            readings[known.key] = MemoryReading(pid * MIB, MIB)
            tracker.apply([known])
        elif known is not None and way == "go":
            del living[pid], readings[known.key]
            tracker.apply(gone=[known.key])
        elif known is not None and way == "grow":
            readings[known.key] = MemoryReading(readings[known.key].rss_bytes + MIB, MIB)
        elif known is not None and way == "rename":
            living[pid] = replace(known, arguments=("bash",))
            tracker.apply(changed=[living[pid]])
        elif known is not None and way == "hold":
            held = held ^ {known.key}
