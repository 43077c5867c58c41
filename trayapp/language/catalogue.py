"""The language of Memtray: one catalogue for the process, English where there is none.

Only a server speaks several, each in the task of a request.

A text is written in English where it is used, as `_("Quit Memtray")`; what varies is filled in
after translation: `_("{name} keeps growing").format(name=name)`. Sentences are whole, so that every
language can put them in its own order. What machines read (JSON keys, verdicts, the log) is never
translated. `packaging/translate.py` collects the texts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import ContextVar

Singular = Callable[[str], str]
Plural = Callable[[str, str, int], str]
Catalogue = tuple[Singular, Plural, str]
"""gettext's two lookups, and the language, one of LANGUAGES."""

LANGUAGES = ("en", "de", "es", "fr", "ja", "zh_CN")
"""The languages of Memtray, as its catalogues' folders are called; English has none."""

_UNSPACED = ("ja", "zh_CN")
"""Languages that put nothing between sentences."""
_NUMBER_MARKS = {"de": (",", "."), "es": (",", "."), "fr": (",", "\u202f")}
"""The marks of decimals and of thousands where they are not English ones. A table, since
`locale.setlocale` is the whole process's: C code beside us reads and writes numbers, too."""


def _english_plural(singular: str, plural: str, count: int) -> str:
    return singular if count == 1 else plural


ENGLISH: Catalogue = (str, _english_plural, "en")
_own = ENGLISH
_chosen: ContextVar[Catalogue] | None = None
"""None: nobody has asked for another language than this process's own."""


def use_catalogue(
    singular: Singular = str, plural: Plural = _english_plural, language: str = "en"
) -> None:
    """Use this catalogue from now on: gettext's two lookups. One thread at a time.

    language: one of LANGUAGES, for how it writes numbers and paragraphs.
    """
    global _own
    _own = (singular, plural, language)


@contextlib.contextmanager
def speaking(catalogue: Catalogue) -> Iterator[None]:
    """Use another catalogue in this task, and in the threads that it asks. Any thread."""
    global _chosen
    if _chosen is None:
        from contextvars import ContextVar

        _chosen = ContextVar("catalogue")
    before = _chosen.set(catalogue)
    try:
        yield
    finally:
        _chosen.reset(before)


def _spoken() -> Catalogue:
    return _own if _chosen is None else _chosen.get(_own)


def _number_marks() -> tuple[str, str]:
    return _NUMBER_MARKS.get(_spoken()[2], (".", ","))


def spoken_language() -> str:
    """Return the language in use, one of LANGUAGES; HTML writes it with "-" for "_"."""
    return _spoken()[2]


def _(text: str) -> str:
    """Return the text in the person's language. Any thread."""
    return _spoken()[0](text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form that fits `count`, in the person's language. Any thread."""
    return _spoken()[1](singular, plural, count)


def N_(text: str) -> str:  # noqa: N802 - what gettext's tools know it by
    """Mark a text that is made when modules load; `_` translates it where it is shown."""
    return text


def listed(names: Iterable[str]) -> str:
    # Translators: what stands between the names of a list.
    return _(", ").join(names)


def paragraph(*sentences: str) -> str:
    """Return whole sentences as one text, without empty ones."""
    return ("" if _spoken()[2] in _UNSPACED else " ").join(filter(None, sentences))


def format_number(value: float, digits: int | None = 0) -> str:
    """Write a number with so many decimals, None: as few as will do, as the language does."""
    text = f"{value:g}" if digits is None else f"{value:.{digits}f}"
    return text.replace(".", _number_marks()[0])


def format_count(count: int) -> str:
    """Write a whole number, its thousands apart, as the person's language does."""
    return f"{count:,}".replace(",", _number_marks()[1])
