"""The choice of language and units: when a process starts, and when the settings change."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from trayapp.language.catalogue import ENGLISH, LANGUAGES, Catalogue, use_catalogue
from trayapp.language.system_languages import wanted_languages
from trayapp.language.units import UNIT_NAMES, use_units

CATALOGUES = Path(__file__).parent / "locale"
_LARGEST_BYTES = 1024 * 1024
_MAY_BE_SET = re.compile(rb"^[^#\n]*(?:language|units|\\)", re.MULTILINE)
"""A line, not a comment, with one of the names, or what may spell it: the parser takes a while."""
_as_set = "auto"
"""What the settings said when the language was chosen."""
LANGUAGE_VARIABLE = "MEMTRAY_LANGUAGE"
"""In the environment: the language, whatever the settings say."""
_MOST_TAGS = 20
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


def speak_as_set(settings_file: Path, env: Mapping[str, str] = os.environ) -> None:
    """Use the language of the settings or the system; at start, before anything is printed.

    What cannot be read or used in the settings counts as not set: loading them reports that.
    """
    language, units = _preferences(settings_file)
    use_units(units)
    _speak_as(language, env)


def follow_preferences(language: str, units: str, env: Mapping[str, str] = os.environ) -> None:
    """Use what the settings say now; free while they say the same. One thread.

    What other threads are writing meanwhile may be in either language.
    """
    use_units(units)
    if language != _as_set:
        _speak_as(language, env)


def _speak_as(language: str, env: Mapping[str, str]) -> None:
    global _as_set
    _as_set = language
    if (asked := env.get(LANGUAGE_VARIABLE, "")) in LANGUAGES:
        speak(asked)
    else:
        speak(choose(wanted_languages(env)) if language == "auto" else language)


def choose(tags: Iterable[str]) -> str:
    """Return the first of the wanted languages that has a catalogue, else English."""
    return next(filter(None, map(_spoken, tags)), "en")


def speak(language: str) -> None:
    """Use this language, one of LANGUAGES, from now on; English loads nothing."""
    use_catalogue(*catalogue_of(language))


def catalogue_of(language: str) -> Catalogue:
    """Return the catalogue of one of LANGUAGES; English where its file is missing."""
    if language != "en":
        import gettext

        file = CATALOGUES / language / "LC_MESSAGES" / "memtray.mo"
        # An installation without its catalogues is no reason not to start.
        with contextlib.suppress(OSError), file.open("rb") as stream:
            found = gettext.GNUTranslations(stream)
            return found.gettext, found.ngettext, language
    return ENGLISH


def accepted_language(header: str) -> str | None:
    """Return what an Accept-Language header wants first of LANGUAGES; None: none of them.

    The header is in order of preference, as browsers write it; weights are not compared.
    """
    tags = (part.partition(";")[0].strip() for part in header.split(",")[:_MOST_TAGS])
    return next(filter(None, map(_spoken, tags)), None)


def _spoken(tag: str) -> str | None:
    """Return the language of a tag such as "de_AT.UTF-8"; None: it has no catalogue."""
    first, *others = re.split(r"[-_.@]", tag.lower())
    if first == "zh":
        # Who reads traditional characters reads English rather than simplified ones.
        return None if _TRADITIONAL & set(others) else "zh_CN"
    if first in ("c", "posix"):
        return "en"
    return first if first in LANGUAGES else None


def _preferences(file: Path) -> tuple[str, str]:
    """Return language and units as the settings file has them."""
    found: dict[str, object] = {}
    # Only a regular file: opening a pipe would wait for somebody to write into it.
    if file.is_file():
        try:
            with file.open("rb") as stream:
                data = stream.read(_LARGEST_BYTES)
            if not _MAY_BE_SET.search(data):
                return "auto", UNIT_NAMES[0]
            import tomllib

            text = data.decode("utf-8-sig")
            table = tomllib.loads(text).get("ui")
            found = table if isinstance(table, dict) else {}
        except (OSError, ValueError, RecursionError):
            pass
    language, units = found.get("language"), found.get("units")
    return (
        language if isinstance(language, str) and language in LANGUAGES else "auto",
        units if isinstance(units, str) and units in UNIT_NAMES else UNIT_NAMES[0],
    )
