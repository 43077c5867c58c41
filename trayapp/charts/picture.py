"""A chart as a file; needs neither a display nor Tk."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.language.reasons import reason_of
from trayapp.paths import unfinished

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")


def check_picture_name(path: Path) -> str:
    """Return the format that the name of `path` asks for.

    Raises: WindowError if it is none that can be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        allowed = ", ".join(f".{one}" for one in FORMATS)
        text = _("cannot save the chart as {name}; use one of {endings}")
        raise WindowError(text.format(name=repr(path.name), endings=allowed))
    return ending


def save_picture(figure: Figure, path: Path) -> None:
    """Write the figure to `path`; the file is there whole or not at all.

    Raises: WindowError if the name's ending is unknown or the file cannot be written.
    """
    ending = check_picture_name(path)
    temporary = ""
    try:
        # In memory first: a disk that gets full in the middle would trip matplotlib up.
        made = io.BytesIO()
        figure.savefig(made, format=ending, facecolor=figure.get_facecolor())
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".memtray-", suffix=".part")
        with unfinished(Path(temporary)), os.fdopen(handle, "wb") as file:
            file.write(made.getvalue())
        # As any file the person makes; mkstemp allows the owner alone.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        text = _("cannot save the chart to {file}: {reason}")
        raise WindowError(text.format(file=path, reason=reason_of(error))) from error
