"""The command without a window: pictures in files, and errors in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.windows.stores import MIB, write_store
from trayapp.errors import UsageError, WindowError
from trayapp.windows.trends import TrendOptions, main

MAGIC = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}

CHILD = """
import sys
from pathlib import Path
from trayapp.windows.trends import TrendOptions, main
if "without-tk" in sys.argv:
    sys.modules["tkinter"] = None
home = Path(sys.argv[1])
save = [home / name for name in sys.argv[2:] if "." in name]
for file in save or [None]:
    options = TrendOptions(history_file=home / "h", runtime=home / "run", save=file)
    assert main(options, open_file=lambda path: print("opened", path)) == 0
print({"tkinter", "matplotlib.pyplot"} & set(sys.modules) or "neither Tk nor pyplot")
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return write_store(tmp_path / "h", {"web": lambda t: (50 + t / 60) * MIB})


def options(store: Path, **more: object) -> TrendOptions:
    return TrendOptions(history_file=store, runtime=store.parent / "run", **more)  # type: ignore[arg-type]


def run_child(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without any display, as on a server."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(store.parent), *arguments],
        env=env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip


def test_all_formats_are_saved_without_a_display(store: Path) -> None:
    """Neither Tk nor pyplot is even loaded for it."""
    done = run_child(store, "a.png", "b.svg", "c.pdf")
    assert done.stdout == "neither Tk nor pyplot\n"
    assert done.stderr == ""
    for name in ("a.png", "b.svg", "c.pdf"):
        file = store.parent / name
        assert file.read_bytes().startswith(MAGIC[file.suffix[1:]])
        assert not file.stat().st_mode & 0o111
    with Image.open(store.parent / "a.png") as picture:
        assert min(picture.size) > 800
        colours = picture.convert("RGB").getcolors(1_000_000)
    assert colours is not None
    assert len(colours) > 50
    assert not list(store.parent.glob("*.part"))


@pytest.mark.parametrize("arguments", [(), ("without-tk",)], ids=["no-display", "no-tk"])
def test_without_a_window_a_picture_is_opened(store: Path, arguments: tuple[str, ...]) -> None:
    picture = store.parent / "run" / "trends.png"
    done = run_child(store, *arguments)
    assert f"opened {picture}" in done.stdout
    assert done.stderr.count("\n") == 1
    assert str(picture) in done.stderr
    assert picture.read_bytes().startswith(MAGIC["png"])


def test_a_failed_save_leaves_the_old_file(store: Path) -> None:
    folder = store.parent / "a.png"
    folder.mkdir()
    with pytest.raises(WindowError, match=r"cannot save the chart to .*a\.png"):
        main(options(store, save=folder))
    with pytest.raises(WindowError, match="No such file"):
        main(options(store, save=store.parent / "nowhere" / "a.png"))
    assert not list(store.parent.glob(".memtray-*"))


@pytest.mark.parametrize("name", ["chart.gif", "chart", "chart.png.exe"])
def test_other_formats_are_refused(store: Path, name: str) -> None:
    with pytest.raises(WindowError, match=r"use one of \.png, \.svg, \.pdf"):
        main(options(store, save=store.parent / name))
    assert not (store.parent / name).exists()


def test_the_chart_height_is_that_of_the_picture(store: Path) -> None:
    sizes = []
    for percent in (40, 150):
        file = store.parent / f"{percent}.png"
        main(options(store, save=file, chart_height_percent=percent))
        with Image.open(file) as picture:
            sizes.append(picture.size)
    (narrow, low), (wide, high) = sizes
    assert narrow == wide
    assert high / low == pytest.approx(150 / 40, rel=0.01)


def test_errors_before_any_window(store: Path, tmp_path: Path) -> None:
    with pytest.raises(WindowError, match="no history yet; start memtray first"):
        main(options(tmp_path / "missing"))
    empty = write_store(tmp_path / "empty", {}, seconds=-1, step=1)
    with pytest.raises(WindowError, match="no history yet"):
        main(options(empty))
    with pytest.raises(UsageError, match="did you mean 'web'"):
        main(options(store, targets=("wep",)))
