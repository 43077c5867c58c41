"""Settings in words: names, help, choices as they are shown, and back to what the file says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from trayapp.language.catalogue import _, listed
from trayapp.settings.editor import shown_text, typed_value
from trayapp.settings.fields import Field
from trayapp.settings.kinds import Choice, Flag, Texts
from trayapp.settings.records import FIELDS, LISTS, SECTIONS
from trayapp.settings.text_kinds import Subject

_Worded = Choice | Subject | Texts
_QUOTED = re.compile(r'"([^"]+)"')
_KEY = re.compile(r"(?<![A-Za-z0-9_.])[a-z]+(?:_[a-z]+)*(?![A-Za-z0-9_])")


APPEARANCE = "appearance"
"""The first page of the settings, which shows settings of several sections."""


def section_title(table: str) -> str:
    if table == APPEARANCE:
        return _("Appearance")
    return _(SECTIONS[table].title)


def section_help(table: str) -> str:
    """Return what a section is for, in a sentence or two."""
    if table == APPEARANCE:
        return _("Theme of the windows, and look and content of the tray icon.")
    text = _(SECTIONS[table].help)
    return text if table in LISTS else _with_names(text, table)


def name_of(field: Field) -> str:
    return _(field.title)


def title_of(fields: Sequence[Field]) -> str:
    """Return the title of a setting, or of several of which one is written."""
    return _(fields[0].title if len(fields) == 1 else SECTIONS[fields[0].table].alternatives_title)


def key_of(field: Field) -> str:
    return f"{field.table}.{field.key}"


def help_of(field: Field, default: object) -> str:
    """Return what a setting is for, in one sentence, and which values fit."""
    text = _with_words(_with_names(_(field.help), field.table), field.table)
    sentence = text[:1].upper() + text[1:] + _(".")
    facts = []
    # What can be chosen from a list or by a click is seen there.
    kind = field.kind
    is_seen = isinstance(kind, Flag | Choice) or (isinstance(kind, Texts) and bool(kind.words))
    if not is_seen:
        facts.append(_("Range: {range}").format(range=allowed_text(field)))
    if isinstance(default, bool):
        facts.append(_("Default: on") if default else _("Default: off"))
    elif shown := shown_value(field, default):
        facts.append(_("Default: {value}").format(value=shown))
    return "\n".join((sentence, " · ".join(facts))) if facts else sentence


def allowed_text(field: Field) -> str:
    """Return what fits, as it is typed: in the words shown, without the file's quotes."""
    choices = choices_of(field)
    text = _QUOTED.sub(lambda found: choices.get(found[1], found[1]), field.kind.allowed)
    # Translators: what stands for a field that is left empty.
    text = text.replace('""', _("(empty)"))
    return _with_sections(text)


def refusal_text(field: Field, sentence: str) -> str:
    """Return what is wrong with a value, with the choices as they are shown; the key stays."""
    choices = choices_of(field)
    quoted = _QUOTED.sub(
        lambda found: _quoted(choices[found[1]]) if found[1] in choices else found[0], sentence
    )
    return _with_sections(quoted) if isinstance(field.kind, Subject) else quoted


def choices_of(field: Field, targets: Sequence[str] = ()) -> dict[str, str]:
    """Return what can be chosen, in the words of the file, each with what is shown for it.

    targets: those that the icon may show, beside the words that are its own.
    """
    shown = {word: _(text) for word, text in _words_of(field)}
    if not isinstance(field.kind, Subject):
        return shown
    # A target may be called what a word is shown as: the word is then shown as the file has it.
    words = {word: word if text in targets else text for word, text in shown.items()}
    return words | {name: name for name in targets if name not in words}


def shown_value(field: Field, value: object, targets: Sequence[str] = ()) -> str:
    """Return a value of the file as it is shown; what is none of the choices as it is."""
    choices = choices_of(field, targets)
    if isinstance(value, list) and choices:
        return listed(choices.get(str(each), str(each)) for each in value)
    return choices.get(value, value) if isinstance(value, str) else shown_text(value)


def meant_value(field: Field, text: str, targets: Sequence[str] = ()) -> object:
    """Return what was chosen or typed as the file has it, whose own words fit, too.

    Raises: SettingsError if a list of texts has a quote that is not closed.
    """
    choices = choices_of(field, targets)
    word = _word_for(text.strip(), choices)
    return typed_value(field, text) if word is None else word


def matches(field: Field, words: Sequence[str]) -> bool:
    """Return whether all these words, in small letters, occur in the texts of a setting."""
    said = (section_title(field.table), key_of(field), name_of(field), _(field.help))
    choices = choices_of(field)
    text = " ".join((*said, *choices, *choices.values())).lower()
    return all(word in text for word in words)


def _words_of(field: Field) -> Iterable[tuple[str, str]]:
    """Return each word that can be chosen with what is shown for it."""
    kind = field.kind
    return zip(kind.words, kind.shown, strict=True) if isinstance(kind, _Worded) else ()


def _word_for(text: str, choices: Mapping[str, str]) -> str | None:
    shown = {each: word for word, each in choices.items()}
    if text in shown or text in choices:
        return shown.get(text, text)
    alike = {each.casefold(): word for each, word in shown.items()}
    return alike.get(text.casefold())


def _with_words(text: str, table: str) -> str:
    """The quoted words of the file as they are shown, those of this section first."""
    words: dict[str, str] = {}
    for field in sorted(FIELDS, key=lambda field: field.table == table):
        words.update(_words_of(field))
    return _QUOTED.sub(
        lambda found: _quoted(_(words[found[1]])) if found[1] in words else found[0], text
    )


def _with_names(text: str, table: str) -> str:
    """The keys of the file as they are shown, where they can be nothing else."""
    together = SECTIONS[table].alternatives
    keys = {
        field.key: field
        for field in sorted(FIELDS, key=lambda field: field.table == table)
        if "_" in field.key or (field.table == table and field.key in together)
    }
    return _KEY.sub(
        lambda found: _quoted(name_of(keys[found[0]])) if found[0] in keys else found[0], text
    )


def _with_sections(text: str) -> str:
    for table in LISTS:
        text = text.replace(f"[[{table}]]", _quoted(section_title(table)))
    return text


def _quoted(text: str) -> str:
    # Translators: the name of a setting or of a choice within a sentence.
    return _("“{name}”").format(name=text)
