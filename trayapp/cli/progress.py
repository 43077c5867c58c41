"""Writing a large file, for a person at a terminal or for a window: progress, and a way to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from trayapp.language.units import format_percent
from trayapp.recording.progress import Progress


@contextmanager
def progress_reporter(text: str, *, to_window: bool) -> Iterator[Callable[[float], None]]:
    """Yield what is to be called with the share that is done, 0 to 1. The main thread.

    A terminal shows `text` with its {share}. A window gets one share per line on standard output,
    and cancels by closing our standard input, which works on every system and also where the
    window has crashed. Ended from outside, SIGTERM too, it is as after Ctrl-C: KeyboardInterrupt.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if to_window:
        # It may have been started with this signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_end_with_input, daemon=True).start()
        yield lambda share: print(f"{share:.3f}", flush=True)
        return
    progress = Progress(sys.stderr)
    try:
        yield lambda share: progress.show(text.format(share=format_percent(share)))
    finally:
        progress.clear()


def _end_with_input() -> None:
    import _thread

    # Not by sys.stdin, whose lock would be held at the end of the process.
    while os.read(0, 1024):
        pass
    _thread.interrupt_main()
