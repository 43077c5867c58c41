"""What Memtray says is in its catalogues, whole and in every language."""

from __future__ import annotations

import ast
import importlib.util
import io
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from trayapp import errors
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.lines import incident_line, target_line
from trayapp.language.catalogue import LANGUAGES, _, format_count, format_number, spoken_language
from trayapp.language.startup import accepted_language, choose, speak, speak_as_set
from trayapp.language.units import format_rate, format_size, unit_name, use_units

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "trayapp"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
SHOWN_BY = ("label", "help", "title", "body", "description", "epilog")
"""Keywords by which texts for people are passed."""


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "packaging" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.fixture(scope="module")
def template() -> Any:
    return load_tool().collect()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("en")
    use_units("binary")


def read_catalogue(language: str) -> Any:
    file = PACKAGE / "language" / "locale" / language / "LC_MESSAGES" / "memtray.po"
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def fields(text: str) -> set[str]:
    return set(re.findall(r"{[^{}]*}", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_no_other(language: str, template: Any) -> None:
    catalogue = read_catalogue(language)
    said = {entry.id for entry in template if entry.id}
    known = {entry.id for entry in catalogue if entry.id}
    assert sorted(map(str, said - known)) == []
    assert sorted(map(str, known - said)) == []
    lacking = [
        entry.id
        for entry in catalogue
        if entry.id and (entry.fuzzy or not all(forms(entry.string)) or not entry.string)
    ]
    assert lacking == []


def test_no_language_is_left_with_the_words_of_another() -> None:
    """As had happened to the reasons of errors, which spoke German everywhere."""
    told = {
        language: {
            entry.id: entry.string
            for entry in read_catalogue(language)
            if isinstance(entry.id, str) and len(entry.string) > 14 and entry.string != entry.id
        }
        for language in TRANSLATED
    }
    shared = [
        (first, second, text)
        for first, second in itertools.combinations(TRANSLATED, 2)
        for text, said in told[first].items()
        # Nothing but marks, placeholders and what is a word everywhere is alike in two of them.
        if told[second].get(text) == said
        and len(re.findall(r"[^\W\d_]{4,}", re.sub(r"{[^{}]*}", "", said))) > 1
    ]
    assert shared == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_hold_the_same_figures_and_names(language: str) -> None:
    for entry in read_catalogue(language):
        if not entry.id:
            continue
        wanted = fields(forms(entry.id)[-1])
        assert fields(forms(entry.string)[-1]) == wanted, entry.id
        for form in forms(entry.string):
            # "One process" may do without its figure.
            assert fields(form) <= wanted, entry.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_read_at_run_time_is_what_translators_wrote(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    file = PACKAGE / "language" / "locale" / language / "LC_MESSAGES" / "memtray.mo"
    assert file.read_bytes() == compiled.getvalue()


def test_no_text_for_people_gets_past_the_catalogue() -> None:
    """As far as it can be told: messages of errors, labels, help, titles."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    found = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            shown = [each.value for each in node.keywords if each.arg in SHOWN_BY]
            if getattr(node.func, "id", "") in kinds:
                shown += node.args[:1]
            found += [
                f"{file.relative_to(ROOT)}:{each.lineno}" for each in shown if holds_words(each)
            ]
    assert found == []


def test_no_text_hides_where_the_collector_does_not_look(template: Any) -> None:
    """Such as in the braces of a formatted string."""
    said = {forms(entry.id)[0] for entry in template if entry.id}
    hidden = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("_", "N_", "ngettext")
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in said
    ]
    assert hidden == []


def holds_words(node: ast.expr) -> bool:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(
        isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and any(map(str.isalpha, part.value))
        for part in parts
    )


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["de_AT.UTF-8"], "de"),
        (["pt_BR", "fr"], "fr"),
        (["C"], "en"),
        (["zh_CN.UTF-8"], "zh_CN"),
        (["zh-Hans"], "zh_CN"),
        (["zh_TW", "ja"], "ja"),
        (["../../etc", "tlh"], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_memtray_speaks_is_chosen(tags: list[str], language: str) -> None:
    assert choose(tags) == language


def test_the_settings_decide_before_the_system(tmp_path: Path) -> None:
    file = tmp_path / "memtray.toml"
    speak_as_set(file, {"LANGUAGE": "de"})
    assert spoken_language() == "de"
    file.write_text('[ui]\nlanguage = "fr"\nunits = "decimal"\n')
    speak_as_set(file, {"LANGUAGE": "de"})
    assert spoken_language() == "fr"
    assert format_size(2_500_000) == "2,50\u00a0MB"
    file.write_bytes(b'[ui]\nlanguage = "\xff')
    speak_as_set(file, {"LANGUAGE": "ja"})
    assert spoken_language() == "ja"


def test_figures_are_written_as_the_language_does() -> None:
    assert (format_number(1.5, 1), format_count(12345)) == ("1.5", "12,345")
    speak("de")
    assert (format_number(1.5, 1), format_count(12345)) == ("1,5", "12.345")
    assert "1,50" in format_size(int(1.5 * 1024**3))
    assert "," in format_rate(1.5 * 1024**2)


@pytest.mark.parametrize("language", TRANSLATED)
def test_menu_lines_are_in_the_language_and_keep_their_figures(language: str) -> None:
    speak(language)
    gone = target_line(TargetView(name="postgres", pids=(), rss_bytes=None, bars=(None,) * 10))
    assert "postgres" in gone
    assert "not running" not in gone
    incident = Incident(
        key="growth:a",
        subject="a",
        level=Level.WARNING,
        title="a",
        body="",
        since_wall_seconds=0.0,
        phase="recovering",
    )
    assert incident_line(incident) != "✓ a (probably resolved)"
    assert _("Quit Memtray") != "Quit Memtray"


def test_a_name_that_reads_from_right_to_left_does_not_turn_its_figures_around() -> None:
    """It stands between marks of direction, and brings none of its own."""
    line = target_line(TargetView(name="\u202eאבג", pids=(1,), rss_bytes=5 << 20, bars=(1.0,) * 10))
    assert "\u202e" not in line
    before, after = line.split("אבג")
    assert before.rstrip().endswith("\u200e")
    assert after.startswith("\u200e")


def test_commands_speak_the_language_of_the_environment(tmp_path: Path) -> None:
    env = os.environ | {"MEMTRAY_HOME": str(tmp_path), "LANGUAGE": "de", "LC_ALL": "de_DE.UTF-8"}
    told = subprocess.run(
        [sys.executable, "-m", "trayapp", "status"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 3
    assert "Memtray" in told.stderr
    assert "not running" not in told.stderr


def test_english_loads_no_catalogue() -> None:
    code = (
        "import sys; from trayapp.language.startup import speak; speak('en');"
        "print('gettext' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    "text",
    [
        'ui = { units = "decimal" }',
        '[ui] # comment\n\tunits = "decimal"',
        'ui."uni\\u0074s" = "decimal"',
        '\ufeffui.units="decimal"',
    ],
)
def test_units_are_found_however_they_are_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "memtray.toml"
    file.write_text(text, encoding="utf-8")
    try:
        speak_as_set(file, {})
        assert unit_name() == "decimal"
        file.write_text(f"# {text}\n[icon]\n# language = 'de', units\n")
        speak_as_set(file, {"LANGUAGE": "en"})
        assert unit_name() == "binary"
    finally:
        speak_as_set(tmp_path / "none", {})


def test_the_environment_names_a_language_whatever_the_settings_say(tmp_path: Path) -> None:
    settings = tmp_path / "memtray.toml"
    settings.write_text("[ui]\nlanguage = 'fr'\n")
    try:
        speak_as_set(settings, {"MEMTRAY_LANGUAGE": "de"})
        assert spoken_language() == "de"
        speak_as_set(settings, {"MEMTRAY_LANGUAGE": "tlh"})
        assert spoken_language() == "fr"
    finally:
        speak("en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-CH, en;q=0.8", "de"),
        ("nl, zh-Hans;q=0.8", "zh_CN"),
        ("zh-TW, ja", "ja"),
        ("tlh, *;q=0.1", None),
        ("", None),
        (",;;=,", None),
    ],
)
def test_a_browser_gets_what_it_wants_first_of_what_there_is(
    header: str, language: str | None
) -> None:
    assert accepted_language(header) == language
