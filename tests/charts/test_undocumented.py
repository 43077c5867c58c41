"""What matplotlib leaves out, and what it does all the same."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from trayapp.charts.undocumented import leave_out_help
if sys.argv[1] == "without":
    leave_out_help()
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
figure = Figure()
figure.add_subplot().plot([1, 2], [3, 5], label="x")
figure.legend()
canvas = FigureCanvasAgg(figure)
canvas.draw()
print(len(Line2D.set.__doc__), hash(bytes(canvas.buffer_rgba())))
"""


def numbers(which: str) -> list[int]:
    """How long the help is, and a number of the picture."""
    told = subprocess.run(
        [sys.executable, "-c", CODE, which],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "1"},
    )
    return [int(number) for number in told.stdout.split()]


def test_help_is_left_out_and_pictures_are_the_same() -> None:
    (long, picture), (short, same) = numbers("with"), numbers("without")
    assert 2 * short < long
    assert picture == same
