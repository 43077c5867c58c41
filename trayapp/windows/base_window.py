"""A window's life: opened, kept up to date while somebody can see it, coloured, closed."""

from __future__ import annotations

import signal
import tkinter as tk
from collections.abc import Callable, Mapping, Sequence

from trayapp.charts.palette import palette_for
from trayapp.errors import MemtrayError
from trayapp.paths import current_paths
from trayapp.windows.applet_client import Answer, Applet, Failed
from trayapp.windows.geometry import KeptSize
from trayapp.windows.single_instance import Listener
from trayapp.windows.style import apply_style, open_root, pixel_scale, raise_window
from trayapp.windows.theme_watcher import ThemeWatcher


class BaseWindow:
    """One window; everything but `_on_signal` happens in the main thread."""

    SIZE_NAME = ""
    """Under which its size is kept; empty: it is not."""
    POLL_MILLISECONDS = 50
    """For answers, messages of a second start, and Ctrl-C, which Tk alone would not notice."""
    REFRESH_MILLISECONDS = 1000

    def __init__(
        self, title: str, applet: Applet, listener: Listener | None, *, dark: bool
    ) -> None:
        """Make the hidden window. Raises: WindowError where there is no display."""
        self.root = open_root(title)
        self.applet = applet
        self.palette = palette_for(dark)
        self.scale = pixel_scale(self.root)
        self._listener = listener
        self._is_covered = False
        self._is_closing = False
        self._is_asking = False
        self._kept_size: KeptSize | None = None
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        self.bind_keys(("<Control-w>",), self.close)
        self.bind_keys(("<Control-d>",), self.toggle_dark)
        self.bind_keys(("<Escape>",), self.on_escape)
        # On X11, Tk has the line's beginning there.
        self.root.event_delete("<<LineStart>>", "<Control-a>")
        self.root.event_add("<<SelectAll>>", "<Control-a>")
        # Tk's own buttons take the space bar alone.
        self.root.tk.eval("bind TButton <Return> {%W invoke; break}")
        # On X11, fields take the two for themselves: they would cut and delete what is in there.
        self.root.event_delete("<<Cut>>", "<Control-w>")
        for kind in ("TEntry", "TCombobox"):
            self.root.unbind_class(kind, "<Control-d>")
        self.root.bind("<Visibility>", self._on_visibility)

    # -- for windows of a kind

    def px(self, pixels: float) -> int:
        """Return the pixels of this screen for pixels of an ordinary one."""
        return round(pixels * self.scale)

    def bind_keys(self, keys: Sequence[str], action: Callable[[], object]) -> None:
        """Let each of these keys do the same, wherever the focus is."""
        for key in keys:
            self.root.bind(key, lambda _: action())

    def restyle(self) -> None:
        """Colour everything; again after the palette has changed."""
        apply_style(self.root, self.palette)

    def refresh(self) -> None:
        """Bring the window up to date; called every so often while it can be seen."""

    def receive(self, message: Mapping[str, object]) -> None:
        """Do as a second start asks, apart from coming to the front."""

    def bring_up(self) -> None:
        raise_window(self.root)

    def ask_once(
        self, verb: str, arguments: Answer, done: Callable[[Answer], object], failed: Failed
    ) -> None:
        """Ask unless the answer before is still to come: a slow applet is not asked twice."""
        if self._is_asking:
            return
        self._is_asking = True

        def on_answer(answer: Answer) -> None:
            self._is_asking = False
            done(answer)

        def on_failure(error: MemtrayError) -> None:
            self._is_asking = False
            failed(error)

        self.applet.ask(verb, arguments, on_answer, on_failure)

    def run_errand(self, errand: Callable[[], object], failed: Failed) -> None:
        """Run what may take time in a thread of its own; `failed` gets its MemtrayError."""

        def work() -> Answer:
            errand()
            return {}

        self.applet.do(work, lambda _answer: None, failed)

    # -- life

    def run(self, *, follow_desktop: bool = False) -> None:
        """Show the window and return when it is closed.

        follow_desktop: become dark or light when the desktop does.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self.restyle()
        self.refresh()
        self.show()
        self.root.after(self.REFRESH_MILLISECONDS, self._tick)
        if follow_desktop:
            ThemeWatcher(self.root, self._set_dark)
        self._poll()
        self.root.mainloop()

    def show(self) -> None:
        """Make it visible for the first time, no wider than the screen."""
        root = self.root
        root.update_idletasks()
        most = root.winfo_screenwidth() - self.px(16)
        if root.winfo_reqwidth() > most:
            root.geometry(f"{most}x{root.winfo_reqheight()}")
        if self.SIZE_NAME:
            self._kept_size = KeptSize(root, current_paths().windows, self.SIZE_NAME)
        root.deiconify()

    def close(self) -> None:
        """End soon, and keep the size."""
        if self._kept_size is not None:
            self._kept_size.keep()
        self._is_closing = True
        self.root.withdraw()

    def on_escape(self) -> None:
        """Close; a window in which something else goes first does that."""
        self.close()

    def toggle_dark(self) -> None:
        self._set_dark(not self.palette.dark)

    def _tick(self) -> None:
        if self.root.winfo_viewable() and not self._is_covered:
            self.refresh()
        self.root.after(self.REFRESH_MILLISECONDS, self._tick)

    def _poll(self) -> None:
        if self._is_closing:
            self.root.destroy()
            return
        self.applet.poll()
        while self._listener is not None and (message := self._listener.poll()) is not None:
            self.receive(message)
            self.bring_up()
        self.root.after(self.POLL_MILLISECONDS, self._poll)

    def _set_dark(self, dark: bool) -> None:
        if dark == self.palette.dark:
            return
        self.palette = palette_for(dark)
        self.restyle()

    def _on_visibility(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self.root:
            self._is_covered = event.state == "VisibilityFullyObscured"

    def _on_signal(self, *_: object) -> None:
        self._is_closing = True
