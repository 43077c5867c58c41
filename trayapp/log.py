"""What modules note about themselves: in the log file of the applet, elsewhere by `logging`.

`logging` and what it needs to print tracebacks take 0.6 MiB, which the resident process would hold
for a line now and then. `Log` has the same methods, and loads neither before there is a need.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

_DEBUG, _INFO, _WARNING, _ERROR = 10, 20, 30, 40
_NAMES = {_DEBUG: "DEBUG", _INFO: "INFO", _WARNING: "WARNING", _ERROR: "ERROR"}
_write: Callable[[str], object] | None = None


class Log:
    """Takes the notes of one module. Any thread."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """`name` is the module's."""
        self._name = name

    def debug(self, text: str, *values: object, exc_info: bool = False) -> None:
        """Note what only somebody who looks for a fault wants; see `error`."""
        self._note(_DEBUG, text, values, sys.exc_info()[1] if exc_info else None)

    def info(self, text: str, *values: object) -> None:
        self._note(_INFO, text, values, None)

    def warning(self, text: str, *values: object) -> None:
        self._note(_WARNING, text, values, None)

    def error(self, text: str, *values: object, exc_info: BaseException | None = None) -> None:
        """Note a text, in which `values` replace %s and the like, and an error's traceback."""
        self._note(_ERROR, text, values, exc_info)

    def exception(self, text: str, *values: object) -> None:
        """Note a text and the traceback of the error that is being handled."""
        self._note(_ERROR, text, values, sys.exc_info()[1])

    def _note(
        self, level: int, text: str, values: tuple[object, ...], error: BaseException | None
    ) -> None:
        if _write is None:
            # Who wants to hear of less than a warning has loaded it.
            if level >= _WARNING or "logging" in sys.modules:
                import logging

                logger = logging.getLogger(self._name)
                logger.log(level, text, *values, exc_info=error, stacklevel=3)
        elif level >= _WARNING:
            try:
                line = f"{_NAMES[level]}:{self._name}:{text % values if values else text}"
                _write(line if error is None else f"{line}\n{_traceback(error)}")
            except Exception:  # noqa: BLE001, S110 - short of memory: who notes is not to fail by that
                pass


def write_to(write: Callable[[str], object] | None) -> None:
    """Have warnings and errors of this process written by this from now on; None: by `logging`.

    What libraries say by `logging` is written, too, of those that `hear_libraries` was told of.
    """
    global _write
    _write = write


def hear_libraries() -> None:
    """Write what libraries warn of by `logging`; for who has just loaded one that uses it."""
    if _write is None:
        return
    import logging

    class Handler(logging.Handler):
        """Passes on to whoever writes."""

        def emit(self, record: logging.LogRecord) -> None:
            if _write is not None:
                _write(f"{record.levelname}:{record.name}:{self.format(record)}")

    # Does nothing where there is a handler.
    logging.basicConfig(level=logging.WARNING, handlers=[Handler()], format="%(message)s")


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
