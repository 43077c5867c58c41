"""README and manual: short enough, no dead links, and nothing that a person can use left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.domain.building import facts, frame, target
from tests.domain.showing.test_icon import application
from trayapp.cli.main import main
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.leaks.staleness import Staleness
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.levels import Level
from trayapp.domain.records.unmatched import Unmatched
from trayapp.domain.showing.status import status
from trayapp.settings.records import FIELDS, LISTS

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "packaging" / "manual"
README = ROOT / "README.md"
PAGES = sorted(MANUAL.glob("*.md"))
LONGEST_README = 120
LONGEST_HEADING = 80

_LINK = re.compile(r"(?:\]\(|src=\")([^)\"]+)")
_CODE = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def page(name: str) -> str:
    return (MANUAL / f"{name}.md").read_text("utf-8")


def sections(text: str) -> dict[str, str]:
    """What stands below each heading of the second level, by the heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def anchor(heading: str) -> str:
    """What forges make of a heading for links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def help_of(capsys: pytest.CaptureFixture[str], *verb: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*verb, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def verbs_in(help_text: str) -> list[str]:
    """The verbs in the help of a parser that has some."""
    listed = help_text.partition("  VERB\n")[2]
    return re.findall(r"^    ([a-z]+)\b", listed, flags=re.MULTILINE)


def undocumented(manual: str, verb: str, options: set[str]) -> set[str]:
    """Which of a verb and its options the page of commands does not have."""
    text = sections(manual).get(f"memtray {verb}")
    return {verb} if text is None else options - set(_OPTION.findall(text))


def keys_of(value: object, *, below: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key of a JSON document but those of the objects that are named in `below`."""
    if isinstance(value, list):
        for each in value:
            yield from keys_of(each, below=below)
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            if key not in below:
                yield from keys_of(each, below=below)


def test_readme_is_short_enough_for_newcomers() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("file", [README, *PAGES], ids=lambda file: file.stem)
def test_links_lead_somewhere(file: Path) -> None:
    for link in _LINK.findall(file.read_text("utf-8")):
        if "://" in link:
            continue
        name, _, fragment = link.partition("#")
        goal = file.parent / name if name else file
        assert goal.is_file(), link
        if fragment:
            headings = re.findall(r"^#+ (.+)$", goal.read_text("utf-8"), flags=re.MULTILINE)
            assert fragment in map(anchor, headings), link


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_each_page_begins_as_a_manual_page_does(file: Path) -> None:
    """Name and purpose in one line, as whoever makes manual pages of them needs it."""
    heading = file.read_text("utf-8").partition("\n")[0]
    name = "manual" if file.stem == "index" else file.stem
    assert heading.startswith(f"# memtray-{name} – ")
    assert len(heading) <= LONGEST_HEADING


def test_the_index_has_every_page() -> None:
    assert set(_LINK.findall(page("index"))) == {file.name for file in PAGES} - {"index.md"}


def test_every_verb_has_a_section_with_all_its_options(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    manual = page("commands")
    verbs = verbs_in(help_of(capsys))
    assert len(verbs) > 20
    for verb in verbs:
        text = help_of(capsys, verb)
        options = set(_OPTION.findall(text)) - {"-h", "--help"}
        for part in verbs_in(text):
            options |= set(_OPTION.findall(help_of(capsys, verb, part))) - {"-h", "--help"}
        assert not undocumented(manual, verb, options), verb
    extra = {f"memtray {verb}" for verb in verbs} ^ set(sections(manual))
    assert not extra, "sections of verbs that there are, and no other"


def test_a_verb_or_an_option_without_a_line_is_found() -> None:
    manual = "# memtray-commands – x\n\n## memtray status\n\n| `--json` | x |\n"
    assert undocumented(manual, "status", {"--json"}) == set()
    assert undocumented(manual, "status", {"--json", "--all"}) == {"--all"}
    assert undocumented(manual, "health", set()) == {"health"}


def test_every_setting_is_there_with_its_default_and_its_range() -> None:
    tables = {
        heading.partition(" – ")[0].strip("[]"): text
        for heading, text in sections(page("settings")).items()
    }
    assert set(tables) == {field.table for field in FIELDS}
    rows = {
        (table, key): cells
        for table, text in tables.items()
        for key, *cells in re.findall(
            r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.+) \|$", text, re.MULTILINE
        )
    }
    assert set(rows) == {(field.table, field.key) for field in FIELDS}
    for field in FIELDS:
        default, allowed, meaning = rows[field.table, field.key]
        assert allowed.replace("`", "") == field.kind.allowed, field
        if field.table not in LISTS:
            assert default == f"`{field.kind.write(field.default)}`", field
        assert meaning


def test_every_key_of_status_is_there(tmp_path: Path) -> None:
    """Those of the applet's state in general, and those of what is seldom there."""
    memtray = Memtray(tmp_path)
    (tmp_path / "memtray.toml").write_text('[[targets]]\nname = "a"\nmatch = "no such program"\n')
    process = memtray.start("start", "--headless")
    outer = memtray.json("status")
    process.terminate()
    process.communicate(timeout=10)

    monitor = Monitor(MonitorRules(targets=(TargetRule(name="a", match="a"),)))
    view = monitor.judge_frame(frame(0, target("a", 100)), Quiet()).view
    staleness = Staleness(waited_seconds=300.0, grown_bytes=1.0, low_share=0.5, high_share=0.9)
    leak = replace(view.targets[0].leak, staleness=staleness)
    unmatched = Unmatched(lasted_seconds=60.0, nearest=facts(7, "b"))
    incident = Incident(
        key="k", subject="a", level=Level.WARNING, title="", body="", since_wall_seconds=0.0
    )
    view = replace(
        view,
        targets=(replace(view.targets[0], leak=leak, unmatched=unmatched),),
        applications=(application("b", 1),),
        incidents=(incident,),
    )
    inner = json.loads(json.dumps(status(view, Controls())))
    described = set(_CODE.findall(page("status-json")))
    keys = {*keys_of(outer), *keys_of(inner, below=frozenset({"snoozed_targets"}))}
    assert {"leak_pid", "says", "command_line", "acknowledged", "pace_reason"} <= keys
    assert not keys - described


def test_readme_keeps_the_two_commands() -> None:
    text = README.read_text("utf-8")
    for command in ("packaging/run", "tests/run"):
        assert f"\n    {command}\n" in text
        assert (ROOT / command).is_file()


def test_pictures_are_small() -> None:
    pictures = list((MANUAL / "pictures").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 150_000, picture.name
