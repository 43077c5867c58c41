"""The compact view on screen: the machine and the three largest, always on top."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping, Sequence
from functools import partial
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.judging.trend import trend_arrow
from trayapp.domain.records.levels import Level, as_level
from trayapp.domain.showing.table import (
    APPLICATION,
    TARGET,
    Order,
    TableRow,
    as_number,
    memory_text,
    name_text,
    row_from,
    sort_rows,
)
from trayapp.domain.showing.window_places import Area, corner, place
from trayapp.errors import NotRunningError
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.geometry import forget_place, load_place, save_place
from trayapp.windows.opening import LiveOptions, WindowActions
from trayapp.windows.screens import Screens
from trayapp.windows.single_instance import Listener

SHOWN_ROWS = 3
WIDTH_PIXELS, MARGIN_PIXELS, STEP_PIXELS = 290, 16, 16
"""On an ordinary screen; the last is how far an arrow key moves it."""
STAY_MILLISECONDS = 1000
_NAME_LENGTH = 26


class CompactWindow(BaseWindow):
    """The window; everything in it happens in the main thread."""

    def __init__(
        self, options: LiveOptions, actions: WindowActions, listener: Listener | None
    ) -> None:
        applet = Applet(options.runtime)
        super().__init__(_("Memtray – Compact"), applet, listener, dark=options.is_dark)
        self._options, self._actions = options, actions
        self._screens = Screens(self.root)
        self._system: Mapping[str, object] = {}
        self._rows: Sequence[TableRow] = ()
        self._problem = _("Waiting for the first sample…")
        self._paused = False
        self._switches = 0
        """How often pausing was asked for and done: what was asked before is out of date."""
        self._is_switching = False
        self._grip: tuple[int, int] | None = None
        self._wanted: tuple[int, int] | None = load_place(options.place_file)
        """Where the person put it; None: its corner."""
        self._build()

    def _build(self) -> None:
        root = self.root
        root.resizable(False, False)
        root.attributes("-topmost", True)
        system = root.tk.call("tk", "windowingsystem")
        if system == "x11":
            # Window managers give it no frame, and keep it on top as they do all above others.
            root.attributes("-type", "splash")
        elif system == "win32":
            root.overrideredirect(True)
        pad = self.px(10)
        self._frame = ttk.Frame(root, padding=(pad, self.px(8)), style="Overlay.TFrame")
        self._frame.pack(fill="both", expand=True)
        plain = tkfont.nametofont("TkDefaultFont", root)
        self._font, self._small = plain.copy(), plain.copy()
        self._small.configure(size=9)
        self._row = self._small.metrics("linespace") + self.px(4)
        self._canvas = tk.Canvas(
            self._frame, width=self.px(WIDTH_PIXELS), highlightthickness=0,
            height=self._font.metrics("linespace") + self.px(16) + SHOWN_ROWS * self._row,
            cursor="fleur",
        )  # fmt: skip
        self._canvas.pack(fill="x")
        bar = ttk.Frame(self._frame, style="Overlay.TFrame")
        bar.pack(fill="x", pady=(self.px(6), 0))
        self._pause = ttk.Button(bar, command=self._toggle_pause)
        self._pause.pack(side="left")
        self._expand = ttk.Button(bar, text=_("Expand"), command=self._open_table)
        self._expand.pack(side="left", padx=self.px(6))
        ttk.Button(bar, text=_("Close"), command=self.close).pack(side="right")
        for widget in (self._canvas, self._frame, bar):
            widget.bind("<ButtonPress-1>", self._on_press)
            widget.bind("<B1-Motion>", self._on_drag)
            widget.bind("<ButtonRelease-1>", self._on_release)
        self._canvas.bind("<Double-Button-1>", lambda _: self._open_table())
        for key, across, down in (
            ("<Left>", -1, 0), ("<Right>", 1, 0), ("<Up>", 0, -1), ("<Down>", 0, 1),
        ):  # fmt: skip
            self.bind_keys((key,), partial(self._step, across, down))
        self.bind_keys(("q", "Q"), self.close)
        self.bind_keys(("p", "P"), self._toggle_pause)
        self.bind_keys(("e", "E"), self._open_table)
        self.bind_keys(("<Home>",), self._reset_place)

    def restyle(self) -> None:
        super().restyle()
        palette, style = self.palette, ttk.Style(self.root)
        style.configure(
            "Overlay.TFrame", background=palette.background, bordercolor=palette.muted,
            lightcolor=palette.muted, darkcolor=palette.muted,
        )  # fmt: skip
        self._frame.configure(borderwidth=1, relief="solid")
        self._canvas.configure(background=palette.background)
        self._draw()

    # -- its place

    def show(self) -> None:
        """Show it where it was before, or in its corner."""
        self.root.update_idletasks()
        self._place()
        self.root.deiconify()
        # Some window managers place a new window themselves.
        self.root.after(STAY_MILLISECONDS, self._keep_visible)
        self._expand.focus_force()

    def _keep_visible(self) -> None:
        """Come back when the screen has gone, also while nobody can see the window."""
        if self._grip is None:
            self._place()
        self.root.after(STAY_MILLISECONDS, self._keep_visible)

    def _place(self) -> None:
        """Move it to where it was put, or as near to that as can be seen."""
        screens = self._screens.read()
        root = self.root
        width, height = root.winfo_reqwidth(), root.winfo_reqheight()
        if self._wanted is None:
            left, top = corner(width, height, screens, self.px(MARGIN_PIXELS))
        else:
            left, top = place(Area(*self._wanted, width, height), screens)
        if (root.winfo_x(), root.winfo_y()) != (left, top) or not root.winfo_ismapped():
            # With plus signs also beyond the left edge: "-5" would be from the right one.
            root.geometry(f"+{left}+{top}")

    def _reset_place(self) -> None:
        self._wanted = None
        forget_place(self._options.place_file)
        self._place()

    def _step(self, across: int, down: int) -> None:
        step = self.px(STEP_PIXELS)
        self._move_to(self.root.winfo_x() + across * step, self.root.winfo_y() + down * step)
        self._keep_place()

    def _on_press(self, event: tk.Event[tk.Misc]) -> None:
        self._grip = event.x_root - self.root.winfo_x(), event.y_root - self.root.winfo_y()
        self._expand.focus_force()

    def _on_drag(self, event: tk.Event[tk.Misc]) -> None:
        if self._grip is not None:
            self._move_to(event.x_root - self._grip[0], event.y_root - self._grip[1])

    def _on_release(self, _: object) -> None:
        self._grip = None
        self._keep_place()

    def _move_to(self, left: int, top: int) -> None:
        self._wanted = left, top
        self._place()

    def _keep_place(self) -> None:
        """Keep the place as it can be seen, not as it was asked for."""
        if self._wanted is not None:
            root = self.root
            area = Area(*self._wanted, root.winfo_reqwidth(), root.winfo_reqheight())
            self._wanted = place(area, self._screens.read())
            save_place(self._options.place_file, *self._wanted)

    def receive(self, message: Mapping[str, object]) -> None:
        """Go into the corner where a second start asks for that."""
        if message.get("reset") is True:
            self._reset_place()

    def bring_up(self) -> None:
        self.root.lift()
        self._expand.focus_force()

    # -- what it shows

    def refresh(self) -> None:
        asked = self._switches
        self.ask_once("table", {}, partial(self._on_answer, asked), self._on_failure)

    def _on_answer(self, asked: int, answer: Answer) -> None:
        system, found = answer.get("system"), answer.get("rows")
        self._system = system if isinstance(system, dict) else {}
        listed = found if isinstance(found, list) else []
        rows = self._options.sections.rows(row_from(one) for one in listed if isinstance(one, dict))
        targets = [row for row in rows if row.kind == TARGET and row.is_running]
        shown = targets or [row for row in rows if row.kind == APPLICATION]
        self._rows = sort_rows(shown, Order())[:SHOWN_ROWS]
        if asked == self._switches and not self._is_switching:
            self._paused = answer.get("paused") is True
        self._problem = "" if self._system else _("Waiting for the first sample…")
        self._draw()

    def _on_failure(self, error: Exception) -> None:
        self._system, self._rows = {}, ()
        is_off = isinstance(error, NotRunningError)
        self._problem = _("Memtray is not running") if is_off else _("Memtray does not respond")
        self._draw()

    def _draw(self) -> None:
        self._pause.configure(text=_("Resume") if self._paused else _("Pause"))
        self._pause.state(["!disabled"] if self._system else ["disabled"])
        canvas, palette, width = self._canvas, self.palette, self.px(WIDTH_PIXELS)
        canvas.delete("all")
        used, total = (as_number(self._system.get(key)) for key in ("used_bytes", "total_bytes"))
        if used is None or not total:
            canvas.create_text(
                width // 2, int(canvas["height"]) // 2, text=self._problem, fill=palette.muted,
                font=self._font, width=width, justify="center",
            )  # fmt: skip
            return
        share, level = used / total, as_level(self._system.get("level"))
        mark = "⚠ " if level > Level.NORMAL else ""
        text = _("{mark}Memory {share}").format(mark=mark, share=format_percent(share))
        note = _("{size} available").format(size=format_size(total - used))
        self._write(0, 0, text, palette.text, self._font)
        self._write(width, 0, _("paused") if self._paused else note, palette.muted)
        top = self._font.metrics("linespace") + self.px(3)
        canvas.create_rectangle(0, top, width, top + self.px(6), width=0, fill=palette.grid)
        canvas.create_rectangle(
            0, top, round(width * min(1.0, share)), top + self.px(6), width=0,
            fill=palette.levels[level] if level > Level.NORMAL else palette.system,
        )  # fmt: skip
        y = top + self.px(12)
        for row in self._rows:
            is_bad = row.level > Level.NORMAL
            colour = palette.levels[row.level] if is_bad else palette.text
            name = plain_name(name_text(row), _NAME_LENGTH)
            self._write(0, y, f"⚠ {name}" if is_bad else name, colour)
            figures = f"{memory_text(row)} {trend_arrow(row.slope_bytes_per_second)}"
            self._write(width, y, figures, colour)
            y += self._row

    def _write(
        self, x: int, y: int, text: str, colour: str, font: tkfont.Font | None = None
    ) -> None:
        """Write at the left edge, or right-aligned anywhere else."""
        self._canvas.create_text(
            x, y, text=text, anchor="ne" if x else "nw", fill=colour, font=font or self._small
        )

    # -- doing

    def _toggle_pause(self) -> None:
        if not self._system:
            return
        self._paused = not self._paused
        self._draw()
        self._switch()

    def _switch(self) -> None:
        """Have the applet do what is shown; one at a time, for errands may overtake each other."""
        self._switches += 1
        if self._is_switching:
            return
        self._is_switching, wanted = True, self._paused

        def on_answer(_: Answer) -> None:
            self._is_switching = False
            self._switches += 1
            if self._paused != wanted:
                self._switch()

        def on_failure(error: Exception) -> None:
            self._is_switching = False
            self._on_failure(error)

        self.applet.ask("pause" if wanted else "resume", {}, on_answer, on_failure)

    def _open_table(self) -> None:
        self.run_errand(lambda: self._actions.open_window("table"), self._on_problem)

    def _on_problem(self, error: Exception) -> None:
        self._system, self._problem = {}, str(error)
        self._draw()
