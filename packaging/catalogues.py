"""Compile the catalogues: `python packaging/catalogues.py`.

What translators write (`.po`) is in the repository. What gettext reads (`.mo`) is made from it: by
the build (`hatch_build.py`), so by every installation, before tests, and by `translate.py`.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "trayapp"


def compile_catalogues() -> list[Path]:
    """Write each `.mo` that is missing or older than its `.po`; return all of them."""
    compiled = []
    for source in sorted(PACKAGE.glob("**/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            target.write_bytes(_compiled(source))
        compiled.append(target)
    return compiled


def _compiled(source: Path) -> bytes:
    # Only here: where all are up to date, Babel is not needed.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=source.parent.parent.name)
    found = BytesIO()
    write_mo(found, catalogue)
    return found.getvalue()


if __name__ == "__main__":
    compile_catalogues()
