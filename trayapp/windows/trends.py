"""`memtray trends`: the history, or recordings, in a window or as a picture."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trayapp.charts.labels import plain_name
from trayapp.charts.picture import check_picture_name, save_picture
from trayapp.charts.selection import Selection
from trayapp.dataclass import dataclass, replace
from trayapp.errors import MemtrayError, WindowError
from trayapp.language.catalogue import _
from trayapp.language.extras import CHARTS, what_it_needs
from trayapp.recording.files import is_store, split_files
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.windows.opening import is_dark, no_toolkit
from trayapp.windows.selecting import (
    first_selection,
    narrow_selection,
    program_names,
    recording_selection,
    target_names,
)
from trayapp.windows.single_instance import Listener, claim

if TYPE_CHECKING:
    from trayapp.history.sources import CurveSource
    from trayapp.windows.recordings import RecordingSource

PICTURE_INCHES = (11.0, 6.6)
PICTURE_DPI = 160.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendOptions:
    """The options of the command line and the settings."""

    history_file: Path
    runtime: Path
    """The folder for the lock, the socket and a picture that stands in for the window."""
    targets: tuple[str, ...] = ()
    """Names to show, also "system" and "memtray"; empty: the system and the largest targets.

    Files of recordings are shown instead of the history; names then choose among their processes.
    """
    instructions: Instructions = NO_INSTRUCTIONS
    """How recordings are read."""
    since_seconds: float | None = None
    at_wall_seconds: float | None = None
    """Show the time around this moment instead of the last so many seconds."""
    save: Path | None = None
    """Write a picture there instead of opening a window."""
    dark: bool | None = None
    """None: as the desktop is."""
    chart_height_percent: int = 100
    """40 to 150, of the usual height."""
    metric: str | None = None
    """Which memory of the targets; None: the resident set."""
    stacked: bool = False
    runs: bool = False
    """Lay the runs of the one target that is named over each other."""

    def request(self) -> dict[str, Any]:
        """Return what is asked of the selection, which a second start tells the first."""
        return {
            "targets": self.targets,
            "since_seconds": self.since_seconds,
            "at_wall_seconds": self.at_wall_seconds,
            "metric": self.metric,
            "stacked": self.stacked or None,
            "runs_of": self.runs or None,
        }


def main(options: TrendOptions, open_file: Callable[[Path], object] | None = None) -> int:
    """Show the trends until the person closes the window; main thread of a child process.

    `open_file` shows a picture in the person's viewer, for where there is no Tk or no display.

    Returns: the exit code, 0. Also 0 at once if an open window has taken over the request.
    Raises: WindowError, UsageError, HistoryError or RecordingError, with one line for the person.
    """
    if options.save is not None:
        check_picture_name(options.save)
    # Nothing here multiplies matrices; without this numpy starts a thread per core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Meant for notebooks and CI; matplotlib would even refuse to be imported for a bad one.
    os.environ.pop("MPLBACKEND", None)
    files, names = split_files(options.targets)
    if not CHARTS.is_installed:
        return _without_charts(options, files, names)
    if len(files) == 1 and is_store(files[0]):
        foreign = replace(options, history_file=files[0], targets=names)
        return _show_history(foreign, open_file, is_own=False)
    if files:
        return _show_recordings(replace(options, targets=names), files, open_file)
    return _show_history(options, open_file)


def _without_charts(options: TrendOptions, files: Sequence[Path], names: Sequence[str]) -> int:
    """Draw in the terminal what would be in the window, and say what draws windows."""
    from trayapp.windows.terminal_trends import print_history, print_recordings

    if options.save is not None:
        raise WindowError(what_it_needs(_("Saving a chart"), CHARTS))
    print(f"memtray: {what_it_needs(_('The trend window'), CHARTS)}", file=sys.stderr)
    if files and not (len(files) == 1 and is_store(files[0])):
        print_recordings(files, names, options.instructions)
        return 0
    file = files[0] if files else options.history_file
    if not file.is_file():
        raise WindowError(_("no history yet; start memtray first"))
    print_history(file, replace(options, targets=tuple(names)).request(), is_own=not files)
    return 0


def _show_recordings(
    options: TrendOptions, files: Sequence[Path], open_file: Callable[[Path], object] | None
) -> int:
    from trayapp.windows.recordings import RecordingSource

    source = RecordingSource(files, options.instructions)
    for note in source.notes:
        print(f"memtray: {note}", file=sys.stderr)
    selection = narrow_selection(
        recording_selection(source),
        target_names(source.series()),
        **options.request(),
    )
    if options.save is not None:
        _save(source, selection, options, options.save)
    else:
        _show(source, selection, options, None, open_file, recording=source)
    return 0


def _show_history(
    options: TrendOptions, open_file: Callable[[Path], object] | None, *, is_own: bool = True
) -> int:
    from trayapp.history.left_out import left_out_lines
    from trayapp.history.reader import HistoryReader

    if not options.history_file.is_file():
        raise WindowError(_("no history yet; start memtray first"))
    with HistoryReader(options.history_file, is_copy=not is_own) as reader:
        span = reader.span()
        if span is None:
            name = plain_name(options.history_file.name, 60)
            nothing = _("no samples in {names}").format(names=name)
            raise WindowError(_("no history yet; start memtray first") if is_own else nothing)
        selection = narrow_selection(
            first_selection(reader),
            program_names(reader.series()),
            last_wall_seconds=span[1],
            **options.request(),
        )
        left_out = left_out_lines(reader)
        if options.save is not None:
            _save(reader, selection, options, options.save)
            for line in left_out:
                print(f"memtray: {line}", file=sys.stderr)
        elif not is_own:
            # The one window of a user is for the history of that user.
            _show(reader, selection, options, None, open_file, notes=left_out)
        elif (listener := claim(options.runtime, "trends", options.request())) is not None:
            try:
                _show(reader, selection, options, listener, open_file, notes=left_out)
            finally:
                listener.close()
    return 0


def _show(
    reader: CurveSource,
    selection: Selection,
    options: TrendOptions,
    listener: Listener | None,
    open_file: Callable[[Path], object] | None,
    recording: RecordingSource | None = None,
    notes: Sequence[str] = (),
) -> None:
    try:
        from trayapp.windows.trend_window import TrendWindow

        window = TrendWindow(
            reader,
            selection,
            listener,
            dark=is_dark(options.dark),
            height_percent=options.chart_height_percent,
            recording=recording.title if recording else None,
            hint=" · ".join(recording.notes if recording else notes),
            runtime=options.runtime if listener else None,
        )
    except (ImportError, WindowError) as error:
        reason = no_toolkit(error) if isinstance(error, ImportError) else error
    else:
        window.run(follow_desktop=options.dark is None)
        return
    picture = options.runtime / "trends.png"
    # Of a recording alone: nothing has made the folder so far.
    picture.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _save(reader, selection, options, picture)
    told = _("Cannot show a window here ({reason}); the chart was saved as {picture}")
    print(told.format(reason=reason, picture=picture), file=sys.stderr)
    if open_file is not None:
        try:
            open_file(picture)
        except (MemtrayError, OSError) as error:
            print(_("Cannot open a viewer: {error}").format(error=error), file=sys.stderr)


def _save(reader: CurveSource, selection: Selection, options: TrendOptions, path: Path) -> None:
    from trayapp.charts.fonts import use_chart_fonts
    from trayapp.charts.palette import palette_for
    from trayapp.charts.plot import trend_figure
    from trayapp.history.growth_verdicts import (
        growths_of_status,
        heap_limits_of_status,
        limits_of_status,
    )
    from trayapp.windows.recordings import RecordingSource
    from trayapp.windows.trend_reading import learned_now, read_trends

    use_chart_fonts()
    width, height = PICTURE_INCHES
    # A recording's programs only go by the names of those that run now.
    status = {} if isinstance(reader, RecordingSource) else _status_now(options)
    figure = trend_figure(
        read_trends(
            reader,
            selection,
            growths_of_status(status) if status else None,
            limits_of_status(status),
            heap_limits_of_status(status),
            learned_now(),
        ),
        # A picture goes into documents, which are light, whatever the desktop is.
        palette_for(bool(options.dark)),
        now_wall_seconds=time.time(),
        size_inches=(width, height * options.chart_height_percent / 100),
        dpi=PICTURE_DPI,
    )
    save_picture(figure, path)


def _status_now(options: TrendOptions) -> Mapping[str, Any]:
    """Return what the running applet knows of growth and limits; empty where none runs."""
    from trayapp.control.client import call

    try:
        return call(options.runtime, "status")
    except MemtrayError:
        return {}
