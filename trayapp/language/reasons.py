"""The system's reasons (`strerror`) why a file could not be used, in the person's language."""

from __future__ import annotations

from trayapp.language.catalogue import N_, _

_KNOWN = (
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("File too large"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Read-only file system"),
    N_("No such file or directory"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File name too long"),
)
"""The texts of the C library, which is asked in English; all others stay so."""


def file_problem(error: OSError) -> str:
    """Return what happened to which file, without the system's number for it."""
    if error.filename is None:
        return reason_of(error)
    name = error.filename
    shown = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return _("{name}: {text}").format(name=shown, text=reason_of(error))


def reason_of(error: OSError) -> str:
    """Return why it failed, to be put into a sentence."""
    return _(error.strerror) if error.strerror else str(error)
