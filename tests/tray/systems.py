"""Stand-ins for the calls to Windows and macOS that ask what is behind an icon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from PIL import Image


class FakeRegistry(ModuleType):
    """Of Python's `winreg`, what opens one key and reads its values."""

    HKEY_CURRENT_USER = object()

    def __init__(self, values: Mapping[str, int]) -> None:
        """`values`: of the key "Personalize"; without any, there is no such key."""
        super().__init__("winreg")
        self.values = dict(values)

    @contextmanager
    def OpenKey(self, root: object, path: str) -> Iterator[str]:  # noqa: N802 - as in winreg
        """Open a key. Raises: FileNotFoundError."""
        assert root is self.HKEY_CURRENT_USER
        if not self.values or not path.endswith(r"\Themes\Personalize"):
            raise FileNotFoundError(2, "The system cannot find the file specified", path)
        yield path

    def QueryValueEx(self, _key: str, name: str) -> tuple[int, int]:  # noqa: N802 - as in winreg
        """A value and its type. Raises: FileNotFoundError."""
        if name not in self.values:
            raise FileNotFoundError(2, "The system cannot find the file specified", name)
        return self.values[name], 4


class FakeImage:
    """An `NSImage`."""

    def __init__(self, drawn: Image.Image) -> None:
        self.drawn = drawn
        self._is_template = False

    def isTemplate(self) -> bool:  # noqa: N802 - as in AppKit
        """Whether the system gives it its colour."""
        return self._is_template

    def setTemplate_(self, value: bool) -> None:  # noqa: N802 - as in AppKit
        """Set that."""
        self._is_template = value


class FakeStatusButton:
    """An `NSStatusBarButton`, which draws an image when it gets it."""

    def __init__(self) -> None:
        self.appearance = "NSAppearanceNameAqua"
        self.image = FakeImage(Image.new("RGBA", (1, 1)))
        self.drawn_as_template = False

    def setImage_(self, image: FakeImage) -> None:  # noqa: N802 - as in AppKit
        """Show an image."""
        self.image = image
        self.drawn_as_template = image.isTemplate()

    def effectiveAppearance(self) -> Any:  # noqa: N802 - as in AppKit
        """An `NSAppearance`."""
        return self

    def bestMatchFromAppearancesWithNames_(self, names: list[str]) -> str | None:  # noqa: N802
        """The one of `names` that is nearest to it, with vibrancy or without."""
        nearest = self.appearance.replace("VibrantDark", "DarkAqua").replace("VibrantLight", "Aqua")
        return nearest if nearest in names else None
