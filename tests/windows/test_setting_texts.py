"""Every setting and every choice has a name for people, in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from trayapp.language.catalogue import LANGUAGES, _
from trayapp.language.startup import speak
from trayapp.settings.editor import default_value
from trayapp.settings.fields import Field
from trayapp.settings.kinds import Choice, Kind, Texts
from trayapp.settings.records import (
    FIELDS,
    LISTS,
    RESERVED_NAMES,
    SECTIONS,
    TERMINATE_PHRASE,
    fields_of,
)
from trayapp.settings.text_kinds import Subject
from trayapp.windows.setting_texts import (
    allowed_text,
    choices_of,
    help_of,
    matches,
    meant_value,
    name_of,
    refusal_text,
    section_help,
    section_title,
    shown_value,
    title_of,
)

SHOWS = fields_of("icon")["shows"]
PALETTE = fields_of("icon")["palette"]

every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("en")


def words_of(kind: Kind) -> tuple[str, ...]:
    return kind.words if isinstance(kind, Choice | Subject | Texts) else ()


WITH_WORDS = [field for field in FIELDS if words_of(field.kind)]


def test_every_section_has_a_title_and_what_its_alternatives_share() -> None:
    for section in SECTIONS.values():
        assert section.title
        assert set(section.alternatives) < set(section.fields)
        assert bool(section.alternatives) == (section.name in LISTS)
        assert bool(section.alternatives_title) == (len(section.alternatives) > 1)


def test_every_setting_has_a_title_and_every_choice_a_word() -> None:
    assert all(field.title for field in FIELDS)
    for field in WITH_WORDS:
        assert len(choices_of(field)) == len(words_of(field.kind))


@every_language
def test_no_two_settings_of_a_section_are_called_alike(language: str) -> None:
    speak(language)
    assert len({section_title(table) for table in SECTIONS}) == len(SECTIONS)
    for table in SECTIONS:
        names = [name_of(field) for field in fields_of(table).values()]
        assert len({name.casefold() for name in names}) == len(names), table


@every_language
def test_names_and_words_fit_into_their_lines(language: str) -> None:
    """As long as what a person has seen there uncut; letters of East Asia take two places."""
    speak(language)

    def width(text: str) -> int:
        return sum(2 if letter > "\u2fff" else 1 for letter in text)

    assert max(width(name_of(field)) for field in FIELDS) <= 42
    for field in WITH_WORDS:
        assert max(map(width, choices_of(field).values())) <= 28, field
    for table, section in LISTS.items():
        keys = section.alternatives
        assert max(width(name_of(section.fields[key])) for key in keys) <= 28, table


@every_language
@pytest.mark.parametrize("field", WITH_WORDS, ids=lambda field: f"{field.table}.{field.key}")
def test_what_is_chosen_is_what_the_file_gets(field: Field, language: str) -> None:
    speak(language)
    choices = choices_of(field)
    assert tuple(choices) == words_of(field.kind)
    assert len({shown.casefold() for shown in choices.values()}) == len(choices)
    if isinstance(field.kind, Texts):
        # These are boxes to be ticked, one for each word.
        return
    for word, shown in choices.items():
        assert shown_value(field, word) == shown
        assert meant_value(field, shown) == word
        assert meant_value(field, f" {shown.upper()} ") == word
        # Who knows the file may type what stands there.
        assert meant_value(field, word) == word


def test_languages_are_called_as_in_themselves() -> None:
    speak("de")
    choices = choices_of(fields_of("ui")["language"])
    assert [choices[language] for language in LANGUAGES] == [
        *("English", "Deutsch", "Español", "Français", "日本語", "简体中文")
    ]
    assert choices["auto"] == "Sprache des Systems"
    assert list(choices_of(fields_of("ui")["units"]).values()) == ["MiB, GiB", "MB, GB"]


@every_language
def test_a_promise_is_written_as_it_is_shown(language: str) -> None:
    speak(language)
    field = fields_of("actions")["terminate_phrase"]
    assert choices_of(field)[TERMINATE_PHRASE] == TERMINATE_PHRASE
    assert choices_of(field)[""]


def test_what_the_file_says_and_cannot_be_chosen_is_shown_as_it_is() -> None:
    assert shown_value(PALETTE, "pink") == "pink"
    assert shown_value(PALETTE, 5) == "5"
    assert shown_value(SHOWS, "web", ["web"]) == "web"
    assert shown_value(SHOWS, None) == ""
    assert meant_value(SHOWS, "no target", ["web"]) == "no target"
    assert meant_value(fields_of("alerts")["rearm_percent"], "2.5") == 2.5


def test_a_target_may_be_called_as_a_word_is_shown() -> None:
    """Then the word is shown as the file has it, which no target can be called."""
    targets = ["web", "The machine"]
    choices = choices_of(SHOWS, targets)
    assert len(set(choices.values())) == len(choices) == len(RESERVED_NAMES) + 2
    assert meant_value(SHOWS, "The machine", targets) == "The machine"
    assert shown_value(SHOWS, "system", targets) == "system"
    assert meant_value(SHOWS, "system", targets) == "system"
    for word, shown in choices.items():
        assert meant_value(SHOWS, shown, targets) == word


@every_language
def test_help_speaks_of_settings_and_choices_as_they_are_shown(language: str) -> None:
    speak(language)
    words = {word for field in FIELDS for word in words_of(field.kind)}
    for field in FIELDS:
        text = help_of(field, default_value(field))
        assert not re.search(r"(?<![A-Za-z])[a-z]+_[a-z]+", text), text
        assert not words & set(re.findall(r'"([^"]*)"', text)), text
        assert text.splitlines()[0].endswith(_("."))
    for table in SECTIONS:
        assert not re.search(r"\b[a-z]+_[a-z]+", section_help(table))
        assert "[[" not in section_help(table)


def test_help_names_other_settings_and_the_default_as_they_are_shown() -> None:
    critical = fields_of("alerts")["critical_percent"]
    assert "above “Warning from (%)”" in help_of(critical, 85)
    assert help_of(PALETTE, "default") == (
        "Colours of the icon; “Custom” uses the four colours below.\nDefault: Standard"
    )
    assert help_of(fields_of("hooks")["on"], ["raised", "resolved"]).endswith(
        "Default: An alert is raised, An alert is resolved"
    )
    assert "“Certainty”" in help_of(fields_of("leak")["warning_percent"], None)
    speak("de")
    assert help_of(PALETTE, "default").startswith("Farben des Symbols; „Eigene“ nutzt")


def test_ranges_are_told_as_they_are_typed() -> None:
    assert allowed_text(fields_of("sampling")["interval"]) == "0.2s to 30s"
    assert allowed_text(fields_of("alerts")["quiet_hours"]) == "22:00-07:00, or (empty) for none"
    assert allowed_text(SHOWS) == (
        "The machine, Memory pressure, The largest program, Memtray itself or one of your "
        "“Tracked programs”"
    )


def test_a_refusal_keeps_the_key_and_the_value_and_offers_what_is_shown() -> None:
    told = (
        'icon.shows = "abc" is not a tracked program; write "system", "memtray" or one of your '
        "[[targets]]"
    )
    assert refusal_text(SHOWS, told) == (
        'icon.shows = "abc" is not a tracked program; write “The machine”, “Memtray itself” or one '
        "of your “Tracked programs”"
    )
    other = 'sampling.interval = "system" is not a duration; write "0.2s" to "30s"'
    assert refusal_text(fields_of("sampling")["interval"], other) == other


def test_alternatives_share_a_title() -> None:
    fields = fields_of("targets")
    assert title_of([fields["match"], fields["regex"]]) == "Matched by"
    assert title_of([fields["limit"]]) == "Memory limit"


@pytest.mark.parametrize(
    "typed",
    [
        "alerts.rearm_percent",
        "rearm",
        "hysterese",  # its name
        "erneut ausgelöst",  # its help
        "alarme stufe",  # its section and its name
    ],
)
def test_a_setting_is_found_by_key_name_and_help(typed: str) -> None:
    speak("de")
    found = [field.key for field in FIELDS if matches(field, typed.split())]
    assert "rearm_percent" in found
    assert len(found) < 10


def test_a_setting_is_found_by_its_choices() -> None:
    speak("de")
    for typed in ("einfarbig", "mono"):
        assert [field.key for field in FIELDS if matches(field, [typed])] == ["palette"]
