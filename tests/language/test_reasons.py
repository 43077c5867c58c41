"""Why a file cannot be written is said in the person's language."""

from __future__ import annotations

import errno
import os

from trayapp.language.catalogue import use_catalogue
from trayapp.language.reasons import reason_of


def test_the_usual_reasons_are_translated_and_others_left() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert reason_of(full) == "No space left on device"
    use_catalogue(singular={"No space left on device": "Kein Platz"}.get)  # type: ignore[arg-type]
    try:
        assert reason_of(full) == "Kein Platz"
    finally:
        use_catalogue()
    assert reason_of(OSError("strange")) == "strange"
