"""Importing pystray without what its own choice of a backend drags in.

`import pystray` picks a backend by trying, which loads GTK or Xlib and raises whatever they raise.
Here the package is loaded with its dummy backend, and a real one only by name.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from trayapp.log import hear_libraries

_VARIABLE = "PYSTRAY_BACKEND"
_chosen = os.environ.get(_VARIABLE)
os.environ[_VARIABLE] = "dummy"
try:
    from pystray._base import Icon, Menu, MenuItem
finally:
    if _chosen is None:
        del os.environ[_VARIABLE]
    else:
        os.environ[_VARIABLE] = _chosen
hear_libraries()

__all__ = ["Icon", "Menu", "MenuItem", "load_icon_class"]


def load_icon_class(name: str) -> type[Any]:
    """Return the `Icon` of pystray's backend: "appindicator", "gtk", "xorg", "darwin" or "win32".

    Raises: anything at all; ValueError, ImportError and Xlib's own errors have been seen.
    """
    icon_class: type[Any] = importlib.import_module(f"pystray._{name}").Icon
    return icon_class
