"""Collect the texts of the package into its catalogues, and compile those.

Run `python packaging/translate.py` after texts have changed (it needs the `dev` extra). New texts
are added untranslated to every `memtray.po` below `trayapp/language/locale`, those that are gone
are taken out, and all are compiled (`catalogues.py`). `--missing` prints what has no translation,
and fails if there is anything.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

from catalogues import compile_catalogues  # noqa: E402 - beside this file

from trayapp.language.catalogue import LANGUAGES  # noqa: E402 - of this checkout

PACKAGE = ROOT / "trayapp"
CREATED = datetime(2026, 11, 20, tzinfo=UTC)
"""Not the day of the last run: nothing is to change where no text does."""
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def main() -> None:
    """Bring all catalogues up to date."""
    template = collect()
    missing = 0
    for language in LANGUAGES:
        if language == "en":
            continue
        catalogue = updated(language, template)
        save(catalogue, catalogue_file(language))
        untranslated = [entry.id for entry in catalogue if entry.id and not is_translated(entry)]
        missing += len(untranslated)
        print(f"{language}: {len(catalogue)} texts, {len(untranslated)} not translated")
        if "--missing" in sys.argv:
            print(*untranslated, sep="\n")
    compile_catalogues()
    if "--missing" in sys.argv and missing:
        raise SystemExit(1)


def collect() -> Catalog:
    """Every text of the package, without translations."""
    template = Catalog(project="Memtray", charset="utf-8")
    found = extract_from_dir(
        PACKAGE,
        method_map=[("**.py", "python")],
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
    )
    for file, line, text, comments, _context in found:
        template.add(text, None, [(f"trayapp/{file}", line)], auto_comments=comments)
    return template


def updated(language: str, template: Catalog) -> Catalog:
    """The catalogue of a language with exactly the texts of the template."""
    file = catalogue_file(language)
    if file.exists():
        with file.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
    else:
        catalogue = Catalog(locale=language, project="Memtray", charset="utf-8", fuzzy=False)
    # Guesses would have to be looked through; a text that changed is translated anew.
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    title = f"# Memtray in {catalogue.locale.english_name}. MIT licence."
    # What follows the title is the language's glossary, which translators keep to.
    catalogue.header_comment = "\n".join((title, *catalogue.header_comment.splitlines()[1:]))
    return catalogue


def save(catalogue: Catalog, file: Path) -> None:
    """Write the catalogue as translators read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue.creation_date = catalogue.revision_date = CREATED
    with file.open("wb") as stream:
        # No line numbers: they would change with every change of the code.
        write_po(stream, catalogue, width=100, include_lineno=False)


def catalogue_file(language: str) -> Path:
    """Where translators write."""
    return PACKAGE / "language" / "locale" / language / "LC_MESSAGES" / "memtray.po"


def is_translated(entry: object) -> bool:
    """Whether each form of it has a translation."""
    text = entry.string  # type: ignore[attr-defined]
    return bool(text) and (isinstance(text, str) or all(text))


if __name__ == "__main__":
    main()
