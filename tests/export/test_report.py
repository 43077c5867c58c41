"""The report says the worst first, shows what it rests on, and tells no more than it may."""

from __future__ import annotations

import getpass
import html.parser
import json
import math
import platform
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.export.test_export import event
from tests.windows.past import write_past
from tests.windows.stores import GIB, MIB, START, Curve, write_store
from trayapp.charts.time_ticks import time_ticks
from trayapp.domain.records.account import AccountPart, account_of
from trayapp.domain.records.series import Event, Series
from trayapp.errors import ExportError, RecordingError, UsageError
from trayapp.export.redaction import Redactor
from trayapp.export.report.facts import Report, figures_of, mark_rows
from trayapp.export.report.json_report import report_json
from trayapp.export.report.pdf import draw_pages
from trayapp.export.report.writing import ReportOptions, main
from trayapp.history.writer import HistoryWriter, Retention
from trayapp.language.moments import parse_moment

SAMPLES = Path(__file__).parent.parent / "recording" / "samples"
HOSTILE = "<script>alert(1)</script>\"'&</style>"
EVENTS = (
    event("alert", "leak", 1000, "leak keeps growing", what="raised", incident="leak:leak"),
    event("alert", "leak", 1500, "leak keeps growing", what="escalated", incident="leak:leak"),
    event("alert", "old", 300, "old is large", what="raised", incident="size:old", body="Why."),
    event("alert", "old", 400, "old is large", what="resolved", incident="size:old"),
    event("cleanup", "leak", 1200, "", before_bytes=9 * MIB, after_bytes=4 * MIB),
    event("cleanup_follow_up", "leak", 1260, "", later_bytes=7 * MIB),
)


def store(path: Path, events: tuple[Event, ...] = EVENTS) -> Path:
    curves: dict[str, Curve] = {
        "leak": lambda after: (100 + after / 20) * MIB,
        "old": lambda after: (300 + 20 * math.sin(after / 60)) * MIB,
        HOSTILE: 5.0 * MIB,
    }
    # Of so small a machine, a tenth of the time to the limit is gone within the half hour.
    small = {"total_bytes": 1.0 * GIB, "used_bytes": 0.375 * GIB, "swap_used_bytes": 64.0 * MIB}
    return write_store(
        path / "history.sqlite3", curves, seconds=2400.0, step=4.0, events=events, system=small
    )


def told_leak(name: str, since: float, until: float) -> tuple[Event, Event]:
    """That it was called a leak when that was so, and when that was over."""
    text = f"{name} is probably leaking memory"
    return (
        event("alert", name, since, text, what="raised", incident=f"leak:{name}"),
        event("alert", name, until, text, what="resolved", incident=f"leak:{name}"),
    )


def report(history: Path, name: str | None = None, **more: Any) -> Report:
    output = None if name is None else history.parent / name
    return main(ReportOptions(history_file=history, output=output, **more), lambda _: None)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(tmp_path_factory.mktemp("report"))


def test_the_worst_is_said_first_with_its_evidence(history: Path) -> None:
    limited = {"limit_bytes": 256 * MIB, "limit_source": "settings"}
    made = report(history, live={"leak": limited})
    first, second, *rest = made.findings
    assert (first.weight, first.title) == ("bad", "leak is leaking")
    assert "It grew by" in first.text
    assert "its limit of 256 MiB (from the settings) in about" in first.text
    assert second.title == "leak came near its limit"
    over = report(history, live={"old": {"limit_bytes": 256 * MIB}})
    assert "old exceeded its limit" in [finding.title for finding in over.findings]
    free = {"limit_bytes": 256 * MIB, "limit_source": "machine", "size_limit_bytes": None}
    unlimited = report(history, live={"old": free})
    assert "old exceeded its limit" not in [finding.title for finding in unlimited.findings]
    (old,) = [one for one in unlimited.targets if one.name == "old"]
    assert old.limit_bytes is None
    assert dict(figures_of(old))["% of limit"] == "–"
    space = report(history, live={"old": {"limit_bytes": 256 * MIB, "limit_source": "rlimit"}})
    assert "old exceeded its limit" not in [finding.title for finding in space.findings]
    titles = {finding.title: finding.text for finding in rest}
    assert titles["The machine had enough memory"].startswith("At most 38%")
    assert titles["2 incidents"] == "1 is still open: leak keeps growing."
    assert titles["1 cleanup"] == (
        "They freed 5.00 MiB immediately. A minute later 2.00 MiB of it was still free."
    )


def test_a_chart_names_the_kind_of_memory_that_it_shows(tmp_path: Path) -> None:
    """Where what programs share is counted once, that is not the resident set."""
    made = tmp_path / "history.sqlite3"
    writer = HistoryWriter(made, Retention())
    for after in range(0, 600, 10):
        values = [(Series("target", "web", "rss_bytes"), 148.0 * MIB)]
        values += [(Series("target", "web", "size_bytes"), 142.0 * MIB)]
        values += [(Series("target", "job", "rss_bytes"), 20.0 * MIB)]
        writer.add(START + after, values)
    assert writer.flush()
    writer.close()
    together = report(made).charts[-1]
    assert together.title == "Largest programs, memory in use"
    last = [curve.points[-1] for curve in together.curves]
    assert [None if point is None else point.mean / MIB for point in last] == [142.0, 20.0]
    for name, kind in (("web", "Memory in use"), ("job", "Resident set (RSS)")):
        (chart,) = report(made, "out.html", targets=[name]).charts
        assert [curve.name for curve in chart.curves] == [kind]
        assert kind in made.with_name("out.html").read_text(encoding="utf-8")


def test_growth_is_told_with_the_tasks_it_came_with(tmp_path: Path) -> None:
    """Since it began, added up by name; nothing of it in a private report."""
    tasks = [
        event("task", "leak", at, name, task=name, seconds=9.0, growth_bytes=size)
        for at, name, size in (
            (1800.0, "import orders", 20 * MIB),
            (1900.0, "nightly <report>", 30 * MIB),
            (2000.0, "import orders", 25 * MIB),
            (2100.0, "tidy up", -5 * MIB),
            (2200.0, "ping", 4096),
            (2300.0, "unknown", None),
        )
    ]
    tasks.append(event("task", "old", 2000.0, "x", task="x", seconds=1.0, growth_bytes=900 * MIB))
    made = store(tmp_path, (*EVENTS, *tasks))
    (text,) = [one.text for one in report(made).findings if one.title == "leak is leaking"]
    told = "happened during: import orders (+45.0 MiB), nightly <report> (+30.0 MiB)."
    assert text.endswith(told)
    report(made, "out.html")
    page = Page(made.with_name("out.html").read_text(encoding="utf-8"))
    assert any(told in text for text in page.texts)
    private = report(made, is_private=True)
    assert not any("import" in finding.text for finding in private.findings)


def test_incidents_are_told_from_begin_to_end(history: Path) -> None:
    old, leak = report(history).incidents
    assert (old.subject, old.title, old.told) == ("old", "old is large", 1)
    assert old.ended_wall_seconds == START + 400
    assert (leak.subject, leak.ended_wall_seconds, leak.told) == ("leak", None, 2)


def test_what_the_applet_has_seen_counts_more_than_the_history(history: Path) -> None:
    live = {"old": {"verdict": "leaking", "evidence": "It was watched.", "leak_score": 0.8}}
    made = report(history, live=live)
    assert [f.text for f in made.findings if f.title == "old is leaking"] == ["It was watched."]
    until = parse_moment("1s")
    assert "old is leaking" not in str(report(history, live=live, until=until).findings)


def test_a_leak_that_ended_is_told_with_its_time(tmp_path: Path) -> None:
    ended = write_store(
        tmp_path / "history.sqlite3",
        {"web": lambda after: (100 + min(after, 2400) / 20 if after < 3000 else 100) * MIB},
        seconds=6000.0,
        step=5.0,
        events=[event("restart", "web", 3000), *told_leak("web", 900, 3000)],
    )
    made = report(ended)
    assert made.targets[0].level == "healthy"
    assert ("warning", "web leaked for a while") in [f[:2] for f in made.findings]
    assert "No sustained growth" not in [f.title for f in made.findings]


def test_nothing_is_called_a_leak_that_was_not_called_one_when_it_happened(tmp_path: Path) -> None:
    """Judged anew from what is left of it, growth may look like more than it did."""

    def grows(after: float) -> float:
        return (100 + min(after, 2400) / 20) * MIB

    untold = write_store(tmp_path / "h1" / "history.sqlite3", {"web": grows}, seconds=2400.0)
    made = report(untold)
    assert made.targets[0].level == "growing"
    assert "leak" not in " ".join(finding.title for finding in made.findings)
    fallen = write_store(
        tmp_path / "h2" / "history.sqlite3",
        {"web": lambda after: grows(after) if after < 3000 else 100.0 * MIB},
        seconds=6000.0,
        step=5.0,
        events=[event("restart", "web", 3000)],
    )
    assert "for a while" not in str([finding.title for finding in report(fallen).findings])


def test_many_marks_of_one_kind_are_one_with_their_number(tmp_path: Path) -> None:
    store_file = write_store(
        tmp_path / "history.sqlite3",
        {"web": 100.0 * MIB},
        seconds=6000.0,
        step=10.0,
        events=[event("restart", "web", 50.0 * number) for number in range(1, 100)],
    )
    made = report(store_file, "r.html")
    marks = [mark for chart in made.charts for mark in chart.marks]
    assert sum(mark.number for mark in marks) == 99
    assert len(marks) <= 41
    assert draw_pages(made)


def test_a_few_seconds_are_too_short_to_judge(tmp_path: Path) -> None:
    short = write_store(tmp_path / "history.sqlite3", {"web": 1.0 * GIB}, seconds=60.0)
    titles = [finding.title for finding in report(short).findings]
    assert "Not enough data to judge growth" in titles


def test_who_is_far_larger_than_at_first_is_named_though_it_does_not_keep_growing(
    tmp_path: Path,
) -> None:
    """A change of +300 MiB beside "No sustained growth" was not to be understood."""
    jumped = write_store(
        tmp_path / "history.sqlite3",
        {"web": lambda after: (100 if after < 200 else 400) * MIB, "calm": 1.0 * GIB},
        seconds=3000.0,
        step=5.0,
    )
    (finding,) = [each for each in report(jumped).findings if each.weight == "good"][:1]
    assert finding.title == "No sustained growth"
    assert finding.text.endswith(
        "web is 300 MiB larger than at the beginning, but did not grow steadily."
    )


def test_a_report_says_where_performance_goes_with_memory(tmp_path: Path) -> None:
    def teeth(after: float) -> float:
        return (100 + 40 * (after % 300) / 300) * MIB

    tasks = [
        event("task", "web", float(at), "import", task="import", seconds=2 + (at % 300) / 100)
        for at in range(0, 2400, 37)
    ]
    made = write_store(tmp_path / "h", {"web": teeth}, seconds=2400.0, step=4.0, events=tasks)
    (found,) = [one for one in report(made).findings if one.title.startswith("web: memory and")]
    assert found.text.startswith("Duration of tasks: rises with memory (correlation ")
    told: Any = report_json(report(made))
    kinds = {one["measure"]: one["finding"] for one in told["targets"][0]["run_performance"]}
    assert kinds == {"tasks": "together", "stalls": "too little", "cpu": "too little"}


def test_the_health_of_the_machine_is_a_fact_and_a_finding_where_it_is_not_good(
    tmp_path: Path,
) -> None:
    calm = write_store(tmp_path / "calm", {"web": 1.0 * GIB}, seconds=300.0)
    full = {"total_bytes": 16.0 * GIB, "used_bytes": 15.9 * GIB, "swap_used_bytes": 0.0}
    busy = write_store(tmp_path / "busy", {"web": 1.0 * GIB}, seconds=300.0, system=full)
    made = report(calm)
    assert dict(made.facts)["Health of the machine"] == "100 of 100, good"
    assert not any("Health" in finding.title for finding in made.findings)
    (found,) = [each for each in report(busy).findings if "Health" in each.title]
    assert found.title == "Health of the machine: 80 of 100, fair"
    assert found.text == "Deducted: little memory available −20."


def test_a_calm_time_is_told_as_such(tmp_path: Path) -> None:
    calm = write_store(tmp_path / "history.sqlite3", {"web": 1.0 * GIB}, seconds=1200.0, step=5.0)
    made = report(calm)
    assert [finding.weight for finding in made.findings] == ["good", "note"]
    assert made.findings[0].title == "No sustained growth"
    assert "larger" not in made.findings[0].text


@pytest.mark.parametrize("name", ["report.html", "report.json"])
def test_a_heap_is_described_as_it_was_at_the_end(tmp_path: Path, name: str) -> None:
    inside = write_store(tmp_path / "history.sqlite3", {"web": 1.0 * GIB}, seconds=1200.0, step=5.0)
    writer = HistoryWriter(inside, Retention())
    for after, used in ((600.0, 40.0), (1150.0, 50.0)):
        figures = {
            "heap_used_bytes": used * MIB,
            "heap_live_bytes": 30.0 * MIB,
            "arena_free_bytes": 150.0 * MIB,
            "fragmentation_percent": 75.0,
        }
        writer.add(
            START + after,
            [(Series("target", "web", metric), value) for metric, value in figures.items()],
        )
    writer.close()
    made = report(inside, name)
    (finding,) = (each for each in made.findings if each.title == "web, seen from inside")
    assert finding.weight == "note"
    assert finding.text == (
        "Its heap at the end: 50.0 MiB in use (+10.0 MiB), 30.0 MiB left after collections (0 B), "
        "150 MiB free in Python's arenas, 75% fragmentation."
    )
    written = (tmp_path / name).read_text()
    assert "150 MiB free in Python" in written


def test_findings_stand_in_the_order_of_their_weight(history: Path) -> None:
    weights = [finding.weight for finding in report(history).findings]
    order = ["bad", "warning", "good", "note"]
    assert weights == sorted(weights, key=order.index)
    assert {*weights} >= {"bad", "warning", "note"}


def test_a_report_says_how_far_back_growth_was_judged(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    write_past(path, 2, 20, end=START, raw_hours=1, minute_days=1, metrics=("rss_bytes",))
    title = "Growth was judged only over the last 14 d"
    assert title in [finding.title for finding in report(path).findings]
    week = report(path, since=parse_moment("7d"))
    assert title not in [finding.title for finding in week.findings]


def test_many_leaks_that_ended_are_one_finding(tmp_path: Path) -> None:
    def leaked(after: float) -> float:
        return (100 + min(after, 2400) / 20 if after < 3000 else 100) * MIB

    names = ("a", "b", "c")
    ended = write_store(
        tmp_path / "history.sqlite3", dict.fromkeys(names, leaked), seconds=6000.0, step=5.0,
        events=[
            each
            for name in names
            for each in (event("restart", name, 3000), *told_leak(name, 900, 3000))
        ],
    )  # fmt: skip
    found = [one for one in report(ended).findings if "for a while" in one.title]
    assert [one.title for one in found] == ["3 programs leaked for a while"]
    assert all(f"{name} (20" in found[0].text for name in names)


def test_a_line_ends_where_a_target_was_started_again(tmp_path: Path) -> None:
    path = write_store(
        tmp_path / "history.sqlite3",
        {"web": lambda after: (100 + after % 1200 / 20) * MIB, "other": 1.0 * MIB},
        seconds=2400.0,
        events=[event("restart", "web", 1200)],
    )
    chart = next(one for one in report(path).charts if one.title.startswith("Largest programs"))
    web = next(curve for curve in chart.curves if curve.name == "web")
    assert web.points.count(None) == 1
    gap = web.points.index(None)
    before, after = web.points[gap - 1], web.points[gap + 1]
    assert before is not None
    assert after is not None
    assert before.wall_seconds < START + 1206
    assert after.mean < before.mean - 40 * MIB


def test_every_mark_is_explained_and_none_covers_another(tmp_path: Path) -> None:
    marked = store(
        tmp_path,
        events=(
            replace(event("alert", "leak", 1000, "grows"), level="warning"),
            replace(event("alert", "leak", 1002, "grows"), level="critical"),
            event("cleanup", "leak", 1004, "cleaned"),
        ),
    )
    made = report(marked, "out.html")
    text = marked.with_name("out.html").read_text(encoding="utf-8")
    for name in ("Warning", "Critical", "Memory freed", "Keeps growing"):
        assert f"</svg>{name}</span>" in text
    places = re.findall(
        r'class="mark [a-z]+"><line[^>]*/><path transform="translate\(([^)]*)', text
    )
    assert len(places) == 3
    assert len({place.split()[1] for place in places}) == 3
    chart = next(one for one in made.charts if one.title == "leak")
    assert mark_rows(chart.marks, 1.0) == [0, 0, 0]
    assert mark_rows(chart.marks, 60.0) == [0, 1, 2]


class Page(html.parser.HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_needs_nothing_and_runs_nothing(history: Path) -> None:
    report(history, "out.html")
    text = history.with_name("out.html").read_text(encoding="utf-8")
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "a"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not {"src", "href"} & attributes.keys()
    assert HOSTILE in page.texts
    policy = next(
        str(attributes["content"])
        for _, attributes in page.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert not re.search(r"https?://|url\(", text)


def test_a_report_shows_the_phases_of_the_latest_runs(tmp_path: Path) -> None:
    made = store(tmp_path)
    told: Any = report_json(report(made, "phases.html"))
    phases = {one["name"]: one["run_phases"] for one in told["targets"]}
    (growth,) = phases["leak"]
    assert (growth["phase"], growth["from_bytes"] < growth["to_bytes"]) == ("growth", True)
    assert growth["rate_bytes_per_second"] == pytest.approx(MIB / 20, rel=0.05)
    texts = Page(made.with_name("phases.html").read_text(encoding="utf-8")).texts
    at = next(place for place, text in enumerate(texts) if text.startswith("leak (health "))
    assert texts[at + 1] == "Growth"


def test_the_pdf_has_pages_of_text(history: Path) -> None:
    report(history, "out.pdf")
    data = history.with_name("out.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 2
    try:
        done = subprocess.run(
            ["pdftotext", "-layout", str(history.with_name("out.pdf")), "-"],
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return
    assert "leak is leaking" in done.stdout
    assert "Environment" in done.stdout


def test_a_table_goes_on_under_its_head_and_no_row_is_torn_apart(tmp_path: Path) -> None:
    names = [f"t{number:02}" for number in range(40)]
    path = write_store(
        tmp_path / "history.sqlite3", dict.fromkeys(names, 1.0 * MIB), seconds=600, step=20
    )
    details = {name: f"--run {name}" for name in names}
    pages = [
        [text.get_text() for text in figure.texts]
        for figure in draw_pages(report(path, details=details))
    ]
    tables = [texts for texts in pages if any(text.startswith("--run") for text in texts)]
    assert len(tables) > 1
    for texts in tables:
        first = next(at for at, text in enumerate(texts) if text in names)
        assert "Verdict" in texts[:first]
        assert [f"--run {text}" for text in texts if text in names] == [
            text for text in texts if text.startswith("--run")
        ]


def test_nothing_of_a_legend_on_paper_is_cut_off(tmp_path: Path) -> None:
    names = [f"a target whose name is long, number {number}" for number in range(7)]
    path = write_store(
        tmp_path / "history.sqlite3", dict.fromkeys(names, 1.0 * MIB), seconds=600, step=20
    )
    texts = [text for figure in draw_pages(report(path)) for text in figure.texts]
    entries = [text for text in texts if text.get_text().endswith(" 1.00 MiB")]
    assert {text.get_text() for text in entries} == {f"{name} 1.00 MiB" for name in names}
    assert all(text.get_window_extent().x1 <= text.figure.bbox.x1 for text in entries)


def test_json_for_machines(history: Path) -> None:
    report(history, "out.json", live={"leak": {"limit_bytes": 256 * MIB}})
    told = json.loads(history.with_name("out.json").read_text())
    assert told == json.loads(
        json.dumps(report_json(report(history, live={"leak": {"limit_bytes": 256 * MIB}})))
    ) | {"made_unix_s": told["made_unix_s"]}
    leak = next(one for one in told["targets"] if one["name"] == "leak")
    assert leak["verdict"] == "leaking"
    assert leak["rate_bytes_per_second"] == pytest.approx(MIB / 20, rel=0.05)
    assert leak["limit_bytes"] == 256 * MIB
    assert told["cleanups"][0]["kept_bytes"] == 2 * MIB


ACCOUNT = account_of(
    8 * 1024 * MIB,
    [
        AccountPart(
            key="programs",
            title="Programs",
            size_bytes=3 * 1024 * MIB,
            parts=(AccountPart(key="target:x", title="/home/alice-b/x", size_bytes=1024 * MIB),),
        ),
        AccountPart(key="free", title="Free", size_bytes=4 * 1024 * MIB, comes_back="at once"),
    ],
)


@pytest.mark.parametrize("name", ["out.html", "out.json", "out.pdf"])
def test_a_report_says_where_memory_goes(history: Path, name: str) -> None:
    """The largest first, each with its parts; to somebody else the names of those are private."""
    made = report(history, name, read_account=lambda: ACCOUNT)
    rows = [(row.title.rpartition("/")[2], row.size_bytes // MIB) for row in made.account]
    assert rows == [("Free", 4096), ("Programs", 3072), ("x", 1024), ("Unexplained", 1024)]
    private = report(history, name, read_account=lambda: ACCOUNT, is_private=True)
    assert [row.title for row in private.account] == ["Free", "Programs", "Unexplained"]
    if name == "out.html":
        report(history, name, read_account=lambda: ACCOUNT)
        page = history.with_name(name).read_text(encoding="utf-8")
        assert "Where memory goes" in page
        assert "at once" in page


def test_the_past_is_reported_on_without_the_account_of_now(history: Path) -> None:
    asked = []

    def read() -> None:
        asked.append(True)

    until = parse_moment("0s")
    report(history, until=until, read_account=read)
    assert asked == []


PRIVATE = "/home/alice-b/shop/run.py --password hunter2 --host"


@pytest.mark.parametrize("name", ["out.html", "out.json"])
def test_a_private_report_tells_neither_who_nor_where(tmp_path: Path, name: str) -> None:
    user, machine = getpass.getuser(), platform.node()
    secret = f"{PRIVATE} {machine}"
    body = f"{user} on {machine} runs {secret} from {Path.home()}/x/y.log"
    told = event("alert", "leak", 900, f"{secret} grows", what="raised", body=body)
    history = store(tmp_path, events=(told,))
    options = {"details": {"leak": secret}}
    report(history, f"open-{name}", **options)
    opened = (tmp_path / f"open-{name}").read_text(encoding="utf-8")
    report(history, name, is_private=True, **options)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert "hunter2" in opened
    assert machine in opened
    for word in ("hunter2", "alice-b", "/shop/", str(Path.home()) + "/"):
        assert word not in text
    # The style begins with ":root".
    text = re.sub("<style>.*</style>", "", text, flags=re.DOTALL)
    for word in (user, machine):
        if len(word) > 2:
            assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    assert "left out" in text or '"is_private": true' in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/usr/bin/python3 grows", "…/python3 grows"),
        (r"C:\Users\alice\app.exe", "…/app.exe"),
        ("~/x/y, bob and bobby", "…/y, … and bobby"),
        ("5 MiB/s of 10 GiB; 1/2", "5 MiB/s of 10 GiB; 1/2"),
        ("run --key 1 now", "… now"),
        ("in /home/carol", "in …/…"),
        (r"in C:\Users\carol, too", "in …/…, too"),
        ("python3 grows", "python3 grows"),
    ],
)
def test_redaction(text: str, told: str) -> None:
    assert Redactor(["bob", "al"], ["run --key 1", "", "python3"])(text) == told


def test_recordings_are_reported_on_without_this_machine(tmp_path: Path) -> None:
    files = (SAMPLES / "procpath.sqlite", SAMPLES / "mprof.dat")
    options = ReportOptions(history_file=tmp_path / "none", output=tmp_path / "r.html", files=files)
    made = main(options, lambda _: None)
    assert made.title == "Memory report of procpath.sqlite, mprof.dat"
    assert {one.name for one in made.targets} == {
        "procpath.sqlite: python3 12620", "mprof.dat: memory", "mprof.dat: child 12634",
    }  # fmt: skip
    assert platform.platform() not in str(made.facts)
    assert "python3 grow.py" in {one.details for one in made.targets}


def test_columns_of_one_program_are_reported_as_one(tmp_path: Path) -> None:
    """And what restarted begins anew."""
    path = tmp_path / "web.csv"
    lines = [
        f"{at},{(50 + at % 600) * MIB},{at % 7 * MIB},{at % 3},{1 + at // 600}\n"
        for at in range(1800)
    ]
    path.write_text("t_s,rss_bytes,swap_bytes,n_procs,instance\n" + "".join(lines))
    made = main(
        ReportOptions(history_file=Path("none"), output=None, files=(path,)), lambda _: None
    )
    (web,) = made.targets
    assert (web.name, web.counts.restarts) == ("web.csv", 2)
    assert [mark.kind for mark in made.charts[0].marks] == ["restart", "restart"]


def test_a_history_from_elsewhere_is_reported_on_with_its_events(history: Path) -> None:
    made = main(
        ReportOptions(history_file=Path("none"), output=None, files=(history,)), lambda _: None
    )
    assert made.incidents
    assert made.title == "Memory report of history.sqlite3"


def test_what_cannot_be_reported_is_one_line(history: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"use one of \.html, \.pdf, \.json"):
        report(history, "out.docx")
    with pytest.raises(ExportError, match="No such file or directory"):
        report(history, "nowhere/out.html")
    with pytest.raises(RecordingError, match="is empty"):
        empty = tmp_path / "empty.csv"
        empty.touch()
        report(history, files=(empty,))
    assert not list(history.parent.glob(".memtray-*"))


def test_times_are_round_and_few() -> None:
    for span in (1.0, 60.0, 3600.0, 86_400.0, 90 * 86_400.0):
        moments = time_ticks(START, START + span)
        assert 1 <= len(moments) <= 9
        assert all(START <= at <= START + span for at, _ in moments)


def test_a_program_whose_name_has_ten_thousand_letters_fits_on_paper() -> None:
    from trayapp.export.report.paper import Paper

    lines = Paper().wrap(f"a {'x' * 10_000} b", 1.5, 8.0)
    assert lines[0].startswith("a")
    assert lines[-1].endswith("… b")
    assert len("".join(lines)) < 220
