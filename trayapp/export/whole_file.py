"""Atomic writing: a file is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trayapp.errors import ExportError
from trayapp.language.catalogue import _
from trayapp.language.reasons import reason_of
from trayapp.paths import unfinished


@contextmanager
def whole_file(goal: Path) -> Iterator[Path]:
    """Give a path to write to, in a hidden folder beside `goal`; what is there becomes `goal`.

    If anything fails, Ctrl-C too, nothing is left and an older `goal` stays as it was. The folder
    is also the place for what a writer has to put aside, since it has the room for the result.

    Raises: ExportError if the file cannot be written.
    """
    folder: Path | None = None
    try:
        real = goal.resolve()
        if real.exists() and not real.is_file():
            raise ExportError(
                _("cannot write {goal}: something that is not a file has this name").format(
                    goal=goal
                )
            )
        if real.exists() and not os.access(real, os.W_OK):
            raise ExportError(_("cannot write {goal}: it is write-protected").format(goal=goal))
        folder = Path(tempfile.mkdtemp(prefix=".memtray-", dir=real.parent))
        part = folder / f"export{real.suffix}"
        with unfinished(folder):
            yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, part)
        os.replace(part, real)  # noqa: PTH105  (says what it does)
    except OSError as error:
        raise ExportError(
            _("cannot write {goal}: {reason}").format(goal=goal, reason=reason_of(error))
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
