"""What all windows have in common that follow the running applet."""

from __future__ import annotations

import signal
import tkinter as tk
from collections.abc import Callable, Mapping

from trayapp.charts.palette import palette_for
from trayapp.paths import current_paths
from trayapp.windows.applet_client import Applet
from trayapp.windows.single_instance import Listener
from trayapp.windows.style import apply_style, open_root, pixel_scale, raise_window
from trayapp.windows.theme_watcher import ThemeWatcher
from trayapp.windows.window_sizes import KeptSize

POLL_MILLISECONDS = 50
"""For answers, wishes of a second start, and Ctrl-C, which Tk alone would not notice."""
REFRESH_MILLISECONDS = 1000


class LiveWindow:
    """One window: its life, its colours, and asking again as long as somebody can see it.

    Everything but `_on_signal` happens in the main thread.
    """

    SIZE_NAME = ""
    """Under which its size is kept; empty: it is not."""

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
        self.root.bind("<Control-w>", lambda _: self.close())
        self.root.bind("<Control-d>", lambda _: self._toggle_dark())
        # Tk's own buttons take the space bar alone.
        self.root.tk.eval("bind TButton <Return> {%W invoke; break}")
        # On X11, fields take the two for themselves: they would cut and delete what is in there.
        self.root.event_delete("<<Cut>>", "<Control-w>")
        for kind in ("TEntry", "TCombobox"):
            self.root.unbind_class(kind, "<Control-d>")
        self.root.bind("<Visibility>", self._on_visibility)

    # -- for windows of a kind

    def px(self, pixels: float) -> int:
        """Pixels of this screen for pixels of an ordinary one."""
        return round(pixels * self.scale)

    def restyle(self) -> None:
        """Colour everything; again after the palette has changed."""
        apply_style(self.root, self.palette)

    def refresh(self) -> None:
        """Ask for what is new, by `ask_once`; called every second while it can be seen."""

    def receive(self, message: Mapping[str, object]) -> None:
        """Do what a second start wants, apart from coming to the front."""

    def bring_up(self) -> None:
        """Come to the front."""
        raise_window(self.root)

    def ask_once(
        self,
        verb: str,
        arguments: Mapping[str, object],
        done: Callable[[Mapping[str, object]], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Ask unless the answer before is still to come: a slow applet is not asked twice."""
        if self._is_asking:
            return
        self._is_asking = True

        def end(call: Callable[[object], object], answer: object) -> None:
            self._is_asking = False
            call(answer)

        self.applet.ask(
            verb,
            arguments,
            lambda told: end(done, told),  # type: ignore[arg-type]
            lambda error: end(failed, error),  # type: ignore[arg-type]
        )

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
        self.root.after(REFRESH_MILLISECONDS, self._tick)
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
        """End soon."""
        self._keep_size()
        self._is_closing = True
        self.root.withdraw()

    def _keep_size(self) -> None:
        if self._kept_size is not None:
            self._kept_size.keep()

    def _tick(self) -> None:
        if self.root.winfo_viewable() and not self._is_covered:
            self.refresh()
        self.root.after(REFRESH_MILLISECONDS, self._tick)

    def _poll(self) -> None:
        if self._is_closing:
            self.root.destroy()
            return
        self.applet.poll()
        while self._listener is not None and (message := self._listener.poll()) is not None:
            self.receive(message)
            self.bring_up()
        self.root.after(POLL_MILLISECONDS, self._poll)

    def _toggle_dark(self) -> None:
        self._set_dark(not self.palette.dark)

    def _set_dark(self, dark: bool) -> None:
        self.palette = palette_for(dark)
        self.restyle()

    def _on_visibility(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self.root:
            self._is_covered = event.state == "VisibilityFullyObscured"

    def _on_signal(self, *_: object) -> None:
        self._is_closing = True
