"""The icon at several sizes, as StatusNotifierItem hosts are offered it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_argb

if TYPE_CHECKING:
    from PIL.Image import Image

ICON_SIZES_PX = (16, 22, 24, 32, 33, 36, 44, 48, 96)
"""What hosts are offered: slots of 16 to 24 on screens at 100, 150 and 200 percent. Most take the
one that fits. Some shrink the largest to whatever they have, such as waybar to 16 or 21: bars as
broad as its still stand out then. Each more is drawn and sent at every change, and costs that."""
SIZES_BY_PANEL_PX = {
    "XFCE": (22, 44, 88),
    "KDE": (16, 22, 32, 33, 44),
    "GNOME": (16, 22, 24, 32, 48),
}
"""Where more is known. XFCE looks at the largest alone and shrinks it, but has slots of 22 and 44
pixels, in which whole pixels stay whole; the others are for whoever else listens. Plasma and GNOME
Shell have slots of few sizes, and keep all they were sent until they collect garbage: in Plasma,
after 1,800 changes, that is 33 MiB of these and 112 of those above; in GNOME Shell 43, 7 and 40 KiB
for each change."""

Pixmap = tuple[int, int, bytes]
"""Width, height, and four bytes per pixel: alpha, red, green, blue."""


class PixmapCache:
    """Draws when asked, and not twice: hosts ask again after each change of a text."""

    def __init__(self) -> None:
        self._source: Any = None
        self._pixmaps: list[Pixmap] = []

    def draw(self, icon: Any, panel_kind: str) -> list[Pixmap]:
        """Return the icon in the sizes of that panel; nothing for None."""
        if icon is None:
            return []
        sizes_px = SIZES_BY_PANEL_PX.get(panel_kind, ICON_SIZES_PX)
        if (icon, sizes_px) != self._source:
            self._source = icon, sizes_px
            if isinstance(icon, IconPicture):
                drawn = draw_argb(icon, sizes_px)
                self._pixmaps = [
                    (size, size, data) for size, data in zip(sizes_px, drawn, strict=True)
                ]
            else:
                self._pixmaps = [_as_pixmap(icon)]
        return self._pixmaps


def _as_pixmap(image: Image) -> Pixmap:
    rgba = image.convert("RGBA").tobytes()
    argb = bytearray(len(rgba))
    for place in range(4):
        argb[place::4] = rgba[(place + 3) % 4 :: 4]
    return image.width, image.height, bytes(argb)
