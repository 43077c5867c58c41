"""Print how the product's code is built: sizes, import circles, names and docstrings.

`python -m tests.benchmarks.house` measures this checkout; with a folder as argument, the `trayapp`
below that (an older checkout, say), so that two states can be laid side by side.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.imports import circles, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(node: ast.ClassDef | Function) -> int:
    """Return how many lines a class or a function takes, its decorators left out."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def documented(tree: ast.Module) -> Iterator[str]:
    """Yield the first line of every docstring below the module's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text.partition("\n")[0]


def main() -> None:
    """Print the figures, one a line."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]) / "trayapp"
    files = modules(root)
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    trees = {name: ast.parse(text) for name, text in texts.items()}
    lines = {name: text.count("\n") for name, text in texts.items()}
    nodes = [(name, node) for name, tree in trees.items() for node in ast.walk(tree)]
    functions = [
        length(node)
        for _, node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    classes = [
        (length(node), f"{name}.{node.name}")
        for name, node in nodes
        if isinstance(node, ast.ClassDef)
    ]
    summaries = [summary for tree in trees.values() for summary in documented(tree)]
    stems = Counter(file.stem for file in files.values() if not file.stem.startswith("__"))
    loose = sorted(file.name for file in root.glob("*.py"))
    widest = statistics.quantiles(functions, n=10)[-1]
    for title, figures in (
        ("files", [len(files)]),
        ("lines", [sum(lines.values())]),
        ("lines a file, median and most", [statistics.median(lines.values()), max(lines.values())]),
        ("modules above 400 lines", [f"{name} {n}" for name, n in lines.items() if n > 400]),
        ("classes above 300 lines", [f"{name} {n}" for n, name in classes if n > 300]),
        ("loose modules", loose),
        ("functions", [len(functions)]),
        ("lines of nine functions in ten", [widest]),
        ("functions above 50 lines", [sum(count > 50 for count in functions)]),
        ("import circles", [" ".join(group) for group in circles(root)]),
        ("file names twice", [f"{name} {n}" for name, n in stems.items() if n > 1]),
        ("docstrings", [len(summaries)]),
        ("under five words", [sum(len(summary.split()) < 5 for summary in summaries)]),
        ("beginning with What or See", [sum(s.startswith(("What ", "See ")) for s in summaries)]),
    ):
        print(f"{title}: {', '.join(map(str, figures)) or 'none'}")


if __name__ == "__main__":
    main()
