"""Equations between a few unknowns, more of them than unknowns, solved for the least error."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.dataclass import NamedTuple


class Equation(NamedTuple):
    """A weighted sum of unknowns, and what it was measured to be."""

    factors: dict[str, int]
    result: float
    weight: float


def solve(names: Sequence[str], equations: Sequence[Equation]) -> dict[str, float]:
    """Return the value of each name that makes the sum of weighted squared errors least.

    A name that no equation decides is 0. Takes time by the cube of their number.
    """
    size = len(names)
    place = {name: at for at, name in enumerate(names)}
    matrix = [[0.0] * (size + 1) for _ in range(size)]
    for factors, result, weight in equations:
        for name, factor in factors.items():
            row = matrix[place[name]]
            for other, its in factors.items():
                row[place[other]] += weight * factor * its
            row[size] += weight * factor * result
    return dict(zip(names, _eliminate(matrix), strict=True))


def solve_positive(names: Sequence[str], equations: Sequence[Equation]) -> dict[str, float]:
    """As `solve`, but no value is below 0."""
    values = dict.fromkeys(names, 0.0)
    left = list(names)
    while left:
        kept = set(left)
        known = [
            each._replace(factors={name: n for name, n in each.factors.items() if name in kept})
            for each in equations
        ]
        found = solve(left, known)
        values.update(found)
        left = [name for name in left if found[name] >= 0]
        if len(left) == len(found):
            break
        values.update((name, 0.0) for name in found if found[name] < 0)
    return values


def error_of(equations: Sequence[Equation], values: dict[str, float]) -> float:
    """Return the mean squared error of the equations, by their weights, with these values."""
    error = weight = 0.0
    for each in equations:
        found = sum(factor * values[name] for name, factor in each.factors.items())
        error += each.weight * (each.result - found) ** 2
        weight += 1.0
    return error / weight if weight else 0.0


def _eliminate(matrix: list[list[float]]) -> list[float]:
    """Solve a symmetric system that is given with its right-hand side as the last column."""
    size = len(matrix)
    scale = max((abs(row[at]) for at, row in enumerate(matrix)), default=0.0)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(matrix[row][at]))
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        first = matrix[at]
        if abs(first[at]) <= 1e-12 * scale or not first[at]:
            continue
        for row in matrix[at + 1 :]:
            share = row[at] / first[at]
            if share:
                for column in range(at, size + 1):
                    row[column] -= share * first[column]
    values = [0.0] * size
    for at in range(size - 1, -1, -1):
        row = matrix[at]
        if abs(row[at]) > 1e-12 * scale:
            known = sum(row[other] * values[other] for other in range(at + 1, size))
            values[at] = (row[size] - known) / row[at]
    return values
