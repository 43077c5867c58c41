from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB, facts, frame, target
from trayapp.cli.status_text import status_lines
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import AlertPolicy, Incident, Quiet
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.machine_health import Deduction, MachineHealth
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls, RecentAlert, TargetView, View
from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.identity import leak_of_other, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.samples import ProcessUse
from trayapp.domain.showing.lines import target_line
from trayapp.domain.showing.menu import MenuEntry
from trayapp.domain.showing.program_rows import size_cell
from trayapp.domain.showing.status import status
from trayapp.domain.showing.table import rate_text, row_from
from trayapp.domain.showing.table_status import table_status
from trayapp.domain.showing.tray import shown_choices, tooltip, tray_state
from trayapp.domain.showing.tray_menu import MOST_INCIDENTS, menu

RECENT = RecentAlert("Mon 14:05  app keeps growing", 7.0, "target:app")


def view_of(*sizes: float, used_share: float = 0.5, count: int = 1, name: str = "app") -> View:
    rules = tuple(TargetRule(name=f"{name}{n or ''}", match="a") for n in range(count))
    monitor = Monitor(MonitorRules(targets=rules, policy=AlertPolicy(sustain_seconds=0)))
    largest = (ProcessUse(facts=facts(77, "/usr/bin/big --x"), rss_bytes=900 * MIB),)
    for second, size in enumerate(sizes or (100,)):
        samples = [target(rule.name, size) for rule in rules]
        view = monitor.judge_frame(
            frame(second, *samples, used_share=used_share, largest=largest), Quiet()
        ).view
    return view


def flatten(entries: tuple[MenuEntry, ...]) -> Iterator[MenuEntry]:
    for entry in entries:
        yield entry
        yield from flatten(entry.children)


def labels(view: View | None, controls: Controls | None = None) -> dict[str, str]:
    return {
        entry.key: entry.label.strip("\u00a0\u2007\u2008")
        for entry in flatten(menu(view, controls or Controls()))
    }


def test_the_menu_names_machine_targets_and_memtray_with_their_figures() -> None:
    found = labels(view_of(100, 101, 102))
    assert found["system"] == "Memory 50% – 7.81 GiB of 15.6 GiB available"
    dots = 9 * "·\u00a0"
    assert found["target:app"] == f"102 MiB ↗ {dots}▅  app  +1.00 MiB/s"
    assert found["memtray"] == f"20.0 MiB → {dots}▅  Memtray  0.2% CPU"
    assert found["size:target:app"] == "102 MiB RSS, pid 100"
    assert found["size:memtray"] == "20.0 MiB resident"


def test_the_menu_says_how_the_machine_does_only_while_that_is_not_good() -> None:
    good = replace(view_of(), health=MachineHealth())
    poor = replace(good, health=MachineHealth((Deduction("stalls", 20), Deduction("swap", 9))))
    assert "health" not in labels(view_of())
    assert "health" not in labels(good)
    assert labels(poor)["health"] == (
        "Health of the machine: 71 of 100, fair (programs waiting for memory −20, swapping −9)"
    )
    assert tray_state(good, Controls()).rows != tray_state(poor, Controls()).rows


def test_a_target_that_does_not_run_says_so() -> None:
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="app", match="a"),)))
    view = monitor.judge_frame(frame(0, TargetSample(name="app")), Quiet()).view
    assert labels(view)["target:app"] == "app – not running"


def test_the_bars_in_the_menu_show_the_trend_and_the_figure_the_share_of_the_limit() -> None:
    bars = (10.0 * MIB,) * 9 + (20.0 * MIB,)
    line = target_line(
        TargetView(
            name="app",
            pids=(1,),
            rss_bytes=20 * MIB,
            limit_bytes=100 * MIB,
            limit_source="settings",
            limit_share=0.2,
            bars=bars,
            slope_bytes_per_second=0.0,
        )
    )
    assert line == "app  ▁▁▁▁▁▁▁▁▁█  20.0 MiB RSS (20% of limit) →"


def test_a_line_takes_from_the_start_the_room_it_will_need() -> None:
    """XFCE cuts off what does not fit the menu as it was when it opened."""
    for size in (100.0, *range(100, 200, 10)):
        (label,) = (
            entry.label
            for entry in menu(view_of(*[100.0] * 3, size), Controls())
            if entry.key == "target:app"
        )
        room = label[len(label.rstrip("\u00a0\u2007")) :]
        # Of a rate, which is not shown yet where nothing moves, or of one that gets longer.
        assert room == (3 * "\u00a0" if "/s" in label else 10 * "\u2007")


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (None, "20.0 MiB –  NAME"),
        (4_400.0, "20.0 MiB →  NAME"),
        (-4_999.0, "20.0 MiB →  NAME"),
        (6_000.0, "20.0 MiB ↗  NAME  +5.86 KiB/s"),
    ],
)
def test_below_the_noise_no_rate_is_shown_anywhere(rate: float | None, shown: str) -> None:
    app = TargetView(name="app", pids=(1,), rss_bytes=20 * MIB, slope_bytes_per_second=rate)
    other = ApplicationView(
        name="other", pids=(2,), rss_bytes=20 * MIB, slope_bytes_per_second=rate
    )
    view = replace(view_of(), targets=(app,), applications=(other,))
    found = labels(view)
    assert found["target:app"] == shown.replace("NAME", "app")
    assert found["application:other"] == shown.replace("NAME", "other")
    has_rate = "/s" in shown
    lines = status_lines(status(view, Controls()))
    assert any("/s" in line for line in lines if "app:" in line) is has_rate
    assert ("app: 20.0 MiB RSS" in tooltip(view, Controls())) is True
    assert ("/s" in tooltip(view, Controls())) is has_rate
    rows = table_status(view, Controls())["rows"]
    assert isinstance(rows, list)
    assert ["/s" in rate_text(row_from(row)) for row in rows[1:]] == [has_rate] * 2


def test_the_largest_applications_are_named_without_any_configuration() -> None:
    applications = tuple(
        ApplicationView(
            name=f"program{number}",
            pids=tuple(range(number)),
            rss_bytes=number * 100 * MIB,
            slope_bytes_per_second=2.0 * MIB if number == 9 else 0.0,
            bars=(number * 100.0 * MIB,) * 10,
        )
        for number in range(9, 0, -1)
    )
    found = labels(replace(view_of(), applications=applications))
    assert found["application:program9"] == "900 MiB ↗ ▅▅▅▅▅▅▅▅▅▅  program9 ×9  +2.00 MiB/s"
    assert found["size:application:program9"] == "900 MiB RSS (total), 9 processes"
    assert sum(key.startswith("application:") for key in found) == 4
    crowded = labels(replace(view_of(count=20), applications=applications))
    assert sum(key.startswith("application:") for key in crowded) == 2


def test_unknown_figures_are_dashes() -> None:
    assert target_line(TargetView(name="app", pids=(1,))) == "app    – –"


def test_before_the_first_sample_the_menu_can_still_quit() -> None:
    entries = {entry.key: entry for entry in menu(None, Controls())}
    assert entries["system"].label == "Waiting for the first sample…"
    assert not entries["trends"].enabled
    assert entries["quit"].enabled


def test_keys_are_unique_and_stay_while_labels_change() -> None:
    first, later = view_of(100, count=5), view_of(100, 140, 180, count=5)
    for view in (first, later):
        keys = [entry.key for entry in flatten(menu(view, Controls()))]
        assert len(keys) == len(set(keys))
    assert list(labels(first)) == [key for key in labels(later) if "incident" not in key]


def test_a_long_list_of_targets_is_cut_and_says_how_many_more() -> None:
    found = labels(view_of(count=32))
    assert found["more"] == "and 12 more…"
    assert sum(key.startswith("target:") for key in found) == 20


def outline(view: View | None, controls: Controls) -> list[tuple[object, ...]]:
    """All of a menu but its labels."""
    return [
        (entry.key, entry.kind, entry.enabled, entry.checked, entry.default)
        for entry in flatten(menu(view, controls))
    ]


def test_rows_and_marks_differ_whenever_more_than_labels_does() -> None:
    """The tray is told by them alone when to look at the menu again."""
    plain = Controls()
    views = [None, view_of(), view_of(200), view_of(count=3), view_of(used_share=0.9)]
    views.append(replace(view_of(), largest=()))
    views.append(replace(view_of(), targets=(TargetView(name="app"),)))
    now = view_of().wall_seconds
    states = [(view, plain) for view in views] + [
        (view_of(), controls)
        for controls in (
            Controls(paused=True),
            Controls(starts_at_login=True),
            Controls(problems=("x",)),
            Controls(quiet=Quiet(off=True)),
            Controls(quiet=Quiet(all_until_wall_seconds=now + 60)),
            Controls(quiet=Quiet(all_until_wall_seconds=now + 3000)),
        )
    ]
    told = [(tray_state(*state).rows, tray_state(*state).marks) for state in states]
    for first, second in combinations(range(len(states)), 2):
        if outline(*states[first]) != outline(*states[second]):
            assert told[first] != told[second], (states[first], states[second])
    assert told[1] == told[2]
    assert outline(*states[1]) == outline(*states[2])


def test_the_default_entry_is_the_trends() -> None:
    assert [entry.key for entry in flatten(menu(view_of(), Controls())) if entry.default] == [
        "trends"
    ]


def test_alert_choices_show_what_is_in_force() -> None:
    view = view_of()

    def chosen(quiet: Quiet) -> list[str]:
        entries = flatten(menu(view, Controls(quiet=quiet)))
        return [entry.key for entry in entries if entry.kind == "radio" and entry.checked]

    now = view.wall_seconds
    assert chosen(Quiet()) == ["alerts:on"]
    assert chosen(Quiet(off=True)) == ["alerts:off"]
    assert chosen(Quiet(all_until_wall_seconds=now + 600)) == ["alerts:snooze:15min"]
    assert chosen(Quiet(all_until_wall_seconds=now + 3000)) == ["alerts:snooze:1h"]
    assert chosen(Quiet(all_until_wall_seconds=now - 1)) == ["alerts:on"]


def test_a_process_to_track_is_told_by_name_size_and_pid() -> None:
    found = labels(view_of())
    assert found["track:77:77"] == "900 MiB  big  (pid 77)"


def test_processes_to_track_go_by_size_and_by_the_name_of_their_application() -> None:
    commands = {31: "/usr/bin/python3 -c work", 32: "python /srv/hog.py", 33: "/usr/bin/perl"}
    largest = tuple(
        ProcessUse(facts=facts(pid, command), rss_bytes=pid * MIB)
        for pid, command in commands.items()
    )
    hog = ApplicationView(
        name="hog.py",
        pids=(31, 32),
        rss_bytes=MIB,
        keys=tuple(use.facts.key for use in largest[:2]),
    )
    view = replace(view_of(), largest=largest, applications=(hog,))
    (track,) = (entry for entry in menu(view, Controls()) if entry.key == "track")
    assert [" ".join(entry.label.strip("\u2007\u2008").split()) for entry in track.children] == [
        "33.0 MiB perl (pid 33)",
        "32.0 MiB hog.py (pid 32)",
        "31.0 MiB hog.py (pid 31)",
    ]


def test_an_incident_is_in_icon_tooltip_and_menu() -> None:
    view = view_of(used_share=0.96)
    state = tray_state(view, Controls())
    assert state.picture.level is Level.EMERGENCY
    assert state.attention
    assert "⚠ Memory is almost full" in state.tooltip
    (line,) = (entry for entry in menu(view, Controls()) if entry.key == "about:pressure")
    assert (line.label, line.level) == ("Memory is almost full", Level.EMERGENCY)
    assert line.spoken == "emergency: Memory is almost full"


def test_an_incident_that_may_be_over_is_marked_no_more() -> None:
    view = view_of(used_share=0.96)
    (incident,) = view.incidents
    recovering, unknown = replace(incident, phase="recovering"), replace(incident, phase="unknown")
    for later, label in (
        (recovering, "✓ Memory is almost full (probably resolved)"),
        (unknown, "? Memory is almost full"),
    ):
        after = replace(view, incidents=(later,))
        (line,) = (entry for entry in menu(after, Controls()) if entry.key == "about:pressure")
        assert (line.label, line.level) == (label, Level.NORMAL)


def test_a_screen_reader_hears_how_bad_it_is_about_a_target() -> None:
    view = view_of(100)
    told = replace(view, targets=(replace(view.targets[0], level=Level.CRITICAL),))
    (line,) = (entry for entry in menu(told, Controls()) if entry.key == "target:app")
    assert line.spoken.startswith("critical: app: 100 MiB resident")
    assert "  ⚠ app" in line.label


def test_the_icon_shows_the_machine_a_target_or_memtray() -> None:
    view = view_of(100, used_share=0.25)
    assert tray_state(view, Controls()).picture.heights[-1] == 25
    for shown in ("app", "memtray"):
        assert tray_state(view, Controls(icon_shows=shown)).picture.heights[-1] == 50


def test_the_first_line_of_the_tooltip_says_most() -> None:
    """Some trays show no other: what is worst, then what the icon shows."""
    view = view_of(100, 101, 102)

    def first(shown: str) -> str:
        return tray_state(view, Controls(icon_shows=shown)).tooltip.split("\n")[0]

    assert first("system").startswith("Memory 50%")
    assert first("app").startswith("app: 102 MiB RSS")
    assert first("memtray").startswith("Memtray itself")
    tooltip = tray_state(view, Controls(icon_shows="app")).tooltip.split("\n")
    assert len(tooltip) == len(set(tooltip))
    full = view_of(used_share=0.96)
    assert tray_state(full, Controls()).tooltip.startswith("⚠ Memory is almost full")


def test_the_wheel_goes_through_the_machine_and_all_targets() -> None:
    view = view_of(count=2)
    assert shown_choices(view, "system") == ("system", "app", "app1")
    assert shown_choices(view, "app1") == ("app1", "system", "app")
    assert shown_choices(view, "pressure") == ("pressure", "system", "app", "app1")
    assert shown_choices(None, "system") == ("system",)


@pytest.mark.parametrize("is_short", [False, True])
def test_the_menu_is_two_levels_deep(is_short: bool) -> None:
    controls = Controls(recent_alerts=(RECENT,))
    facts = {"memtray": ProgramFacts(is_memtray=True), "target:app": ProgramFacts()}
    controls = replace(controls, programs=facts)
    entries = menu(view_of(used_share=0.96, count=32), controls, is_short=is_short)
    assert any(entry.children for entry in entries)
    assert not any(below.children for entry in entries for below in entry.children)


def test_a_short_menu_has_everything_in_fifteen_rows() -> None:
    """GNOME cuts off what a screen is too low for: 768 pixels have room for one more."""
    controls = Controls(recent_alerts=(RECENT,))
    applications = tuple(
        ApplicationView(name=f"program{n}", pids=(n,), rss_bytes=MIB) for n in range(9)
    )
    view = replace(view_of(count=3), applications=applications)
    short = menu(view, controls, is_short=True)
    assert sum(entry.kind != "separator" for entry in short) <= 15
    whole = {entry.key: entry for entry in flatten(menu(view, controls))}
    both = ("others", "separator:actions")
    assert {entry.key: entry for entry in flatten(short) if entry.key not in both} == {
        key: entry for key, entry in whole.items() if key not in both
    }
    crowded = [entry.key for entry in menu(view_of(count=32), controls, is_short=True)]
    assert sum(key.startswith("target:") for key in crowded) == 3
    assert "more" in crowded


WINDOWS = (("table", "Table…"), ("compact", "Compact…"), ("statistics", "…"), ("export", "…"))


def test_beside_programs_the_menu_has_at_most_fourteen_entries() -> None:
    """Lines between them count, too; incidents do not, as each is one problem less to look for."""
    controls = Controls(windows=WINDOWS, recent_alerts=(RECENT,), paused=True)
    calm = replace(view_of(count=3), incidents=())
    programs = {target_key(target.name) for target in calm.targets} | {"memtray"}
    for view in (None, calm):
        top = [entry for entry in menu(view, controls) if entry.key not in programs]
        assert len(top) <= 14
        assert top[0].key == "system"
        assert top[-1].key == "quit"
    below = {entry.key for entry in menu(calm, controls) for entry in entry.children}
    assert {"statistics", "export", "snapshot", "places"} <= below
    alerted = menu(view_of(used_share=0.96), controls)
    assert (
        len([each for each in alerted if each.key not in programs and each.key != "target:app"])
        <= 14 + MOST_INCIDENTS
    )


def test_what_can_be_done_about_a_program_is_below_it_and_nowhere_else() -> None:
    other = ApplicationView(name="other", pids=(2, 3), rss_bytes=20 * MIB)
    facts = {"target:app": ProgramFacts(has_probe=True), "application:other": ProgramFacts()}
    view = replace(view_of(), applications=(other,))
    entries = menu(view, Controls(programs=facts))
    (app,) = (entry for entry in entries if entry.key == "target:app")
    (program,) = (entry for entry in entries if entry.key == "application:other")
    assert [entry.key for entry in app.children] == [
        "size:target:app", "details:target:app", "history:target:app", "act:free:target:app",
        "act:end:target:app", "act:folder:target:app", "snooze:target:app", "untrack:app",
    ]  # fmt: skip
    # The same window opens for both, by the same words.
    assert program.children[1].key == "details:application:other"
    assert program.children[1].label == app.children[1].label
    assert program.children[-1].key == "follow:application:other"
    elsewhere = [entry for entry in flatten(entries) if entry.key not in ("target:app",)]
    mine = {child.key for child in app.children}
    assert sum(entry.key in mine for entry in elsewhere) == len(mine)


def test_figures_are_as_wide_as_one_another_where_digits_are() -> None:
    """Three digits and a point, whatever the size: the names behind them begin in one column."""
    widths = {"\u2007": "digit", "\u2008": "point", ".": "point", ",": "point"}
    found = set()
    for size in (7, 512, 1500, 99_000, 9.99 * MIB, 10 * MIB, 144 * MIB, 999 * MIB, 3e10):
        number = size_cell(size).rstrip("BKMGTiby \u00a0")
        kinds = [widths.get(char, "digit" if char.isdigit() else char) for char in number]
        found.add((kinds.count("digit"), kinds.count("point"), len(kinds)))
    assert found == {(3, 1, 4)}


def test_namesakes_are_told_apart_by_their_processes() -> None:
    twins = tuple(
        ApplicationView(
            name="web", pids=(pid,), rss_bytes=MIB, key=ApplicationKey("container", str(pid))
        )
        for pid in (11, 22)
    )
    found = labels(replace(view_of(), applications=twins))
    assert "web (pid 11)" in found["application:container:11"]
    assert "web (pid 22)" in found["application:container:22"]
    assert "(pid" not in found["target:app"]


def test_recent_alerts_can_be_clicked_and_say_whom_they_were_about() -> None:
    entries = flatten(menu(view_of(), Controls(recent_alerts=(RECENT, RECENT))))
    found = [entry for entry in entries if entry.key.startswith("recent:")]
    assert [entry.key for entry in found] == ["recent:0:7:target:app", "recent:1:7:target:app"]
    assert all(entry.kind == "action" and entry.enabled for entry in found)


def test_without_recent_alerts_the_menu_says_so() -> None:
    (recent,) = (entry for entry in menu(view_of(), Controls()) if entry.key == "recent")
    assert [(each.label, each.kind) for each in recent.children] == [("No alerts yet", "text")]
    (recent,) = (
        entry
        for entry in menu(view_of(), Controls(recent_alerts=(RECENT,)))
        if entry.key == "recent"
    )
    assert [each.label for each in recent.children] == [RECENT.text]


def alert_about(about: str, key: str) -> Incident:
    return Incident(
        key=key, subject="other", about=about, level=Level.WARNING, title="grows", body="",
        since_wall_seconds=1.0,
    )  # fmt: skip


def test_an_alert_offers_what_its_program_allows() -> None:
    identity = ApplicationKey("program", "other")
    other = ApplicationView(name="other", pids=(2,), rss_bytes=20 * MIB, key=identity)
    about, key = "application:program:other", leak_of_other(identity)
    view = replace(view_of(), applications=(other,), incidents=(alert_about(about, key),))
    facts = {about: ProgramFacts(has_probe=True), "target:app": ProgramFacts(refusal="not yours")}

    def offers(view: View) -> dict[str, bool]:
        entries = menu(view, Controls(programs=facts))
        (alert,) = (entry for entry in entries if entry.key.startswith("about:"))
        keys = [entry.key for entry in flatten(entries)]
        assert len(keys) == len(set(keys))
        return {entry.key: entry.enabled for entry in alert.children}

    usual = (f"acknowledge:{key}", f"snooze:{key}", f"resolve:{key}")
    mine = [f"alert:{what}:{key}" for what in ("details", "free", "end", "folder", "follow")]
    assert list(offers(view)) == [*mine, *usual]
    # It has exited: only its past is left.
    assert list(offers(replace(view, applications=())))[:1] == mine[:1]
    assert mine[-1] not in offers(replace(view, applications=()))
    tracked = offers(replace(view, incidents=(alert_about("target:app", "leak:app"),)))
    assert list(tracked)[:3] == [
        "incident:leak:app",
        "alert:details:leak:app",
        "alert:end:leak:app",
    ]
    assert not tracked["alert:end:leak:app"]
    assert "alert:follow:leak:app" not in tracked
    machine = offers(replace(view, incidents=(alert_about("system", "pressure"),)))
    assert not any(each.startswith("alert:") for each in machine)


def test_the_tray_hears_when_an_alert_offers_other_things() -> None:
    view = replace(view_of(), incidents=(alert_about("target:app", "leak:app"),))
    known = Controls(programs={"target:app": ProgramFacts()})
    refused = Controls(programs={"target:app": ProgramFacts(refusal="not yours")})
    acknowledged = replace(view, incidents=(replace(view.incidents[0], acknowledged=True),))
    states = [(view, Controls()), (view, known), (view, refused), (acknowledged, known)]
    assert len({tray_state(*state).marks for state in states}) == len(states)


def test_a_screen_reader_hears_words_where_others_see_signs() -> None:
    spoken = {entry.key: entry.spoken for entry in menu(view_of(100, 101, 102), Controls())}
    assert spoken["target:app"] == "app: 102 MiB resident, growing by 1.00 MiB/s"
    worst = {entry.key: entry.spoken for entry in menu(view_of(used_share=0.96), Controls())}
    assert worst["about:pressure"] == "emergency: Memory is almost full"


def test_another_palette_is_another_picture() -> None:
    """So that the icon is drawn anew, before the first sample as well."""
    for view in (None, view_of(100)):
        usual, mono = (
            tray_state(view, Controls(icon_palette=name)) for name in ("default", "mono")
        )
        assert mono.picture.palette == "mono"
        assert mono.picture != usual.picture


def test_problems_are_in_the_menu() -> None:
    found = labels(view_of(), Controls(problems=("settings not accepted",)))
    assert found["problem:settings not accepted"] == "⚠ settings not accepted"


@given(st.text(min_size=1, max_size=200))
def test_a_strangers_name_stays_on_one_line_and_short(name: str) -> None:
    line = target_line(TargetView(name=name, pids=(1,), rss_bytes=1, bars=(1.0,) * 10))
    # The marks that keep a name from turning its figures around are none that is seen.
    assert line.replace("\u200e", "").isprintable()
    assert len(line) < 100


def test_what_is_not_tracked_stands_below_a_line_that_says_so() -> None:
    """Rows of both kinds look alike."""
    other = ApplicationView(name="other", pids=(2,), rss_bytes=20 * MIB)
    keys = [
        entry.key for entry in menu(replace(view_of(count=2), applications=(other,)), Controls())
    ]
    rows = keys[keys.index("target:app") : keys.index("memtray") + 1]
    assert rows == ["target:app", "target:app1", "others:heading", "application:other", "memtray"]
    alone = replace(view_of(), targets=(), applications=(other,))
    assert "others:heading" not in [entry.key for entry in menu(alone, Controls())]
    tracked = replace(view_of(), applications=())
    assert "others:heading" not in [entry.key for entry in menu(tracked, Controls())]


def test_both_sizes_of_memtray_are_told_where_they_differ() -> None:
    """The menu had 20 MiB and the trends 31."""
    view = view_of()
    app = replace(view.app, uss_bytes=20 * MIB, rss_bytes=31 * MIB)
    found = labels(replace(view, app=app))
    assert found["size:memtray"] == "20.0 MiB private, 31.0 MiB resident"
