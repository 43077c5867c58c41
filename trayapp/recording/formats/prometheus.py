"""What Prometheus answers to `/api/v1/query_range`: process-exporter's figures, and others.

Of process-exporter's `namedprocess_namegroup_memory_bytes` the resident size of each group is
taken (the proportional one where that was not asked for), and from `…_num_procs` how many
processes it was. Of any other query every series is taken whose name says memory, or that has none
because it was summed up; values are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.metrics import GROUP_METRIC, Metrics
from trayapp.recording.source import Source, Start

NAME = "Prometheus"
EXPECTS = N_("Prometheus' answer to query_range")


def resembles(start: Start) -> float:
    """By the keys of an answer, or of the bare list that `promtool query range -o json` prints."""
    if not start.is_json:
        return 0.0
    top = start.text[:2000]
    if '"resultType"' in top or ('"status"' in top and ('"data"' in top or '"error"' in top)):
        return 1.0
    return 1.0 if start.text[:1] == "[" and '"metric"' in top and '"values"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read an answer, series by series.

    Raises: RecordingError if it is of another kind, an error, or without memory.
    """
    reading = _Reading(source, found)
    try:
        for place, value in source.json().values(*_PLACES):
            reading.take(place[1:], value)
    except JsonError as error:
        found.note(broken(error))
    reading.finish()


_PLACES = (
    "*.status", "*.error", "*.data.resultType", "*.data.result.*.metric",
    "*.data.result.*.values.*", "*.data.result.*.value", "*.*.metric", "*.*.values.*",
)  # fmt: skip


class _Reading:
    """One answer while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._path = source.path
        self._metrics = Metrics(found)

    def take(self, place: tuple[str | int, ...], value: Any) -> None:
        """Raises: RecordingError."""
        if place == ("error",):
            text = _("{path} is an error of Prometheus: {error}")
            raise RecordingError(text.format(path=self._path, error=str(value)[:200]))
        if place == ("status",):
            return
        if place[-1] == "resultType" or place[-1] == "value":
            if value != "matrix":
                raise RecordingError(
                    _(
                        "{path} is no answer to a range query; ask /api/v1/query_range, which"
                        " gives a matrix"
                    ).format(path=self._path)
                )
            return
        number = next((part for part in place if isinstance(part, int)), 0)
        if place[-1] == "metric":
            if isinstance(value, Mapping):
                labels = {str(key): str(one) for key, one in value.items()}
                self._metrics.meet(number, labels)
            return
        self._sample(number, value)

    def _sample(self, number: int, pair: Any) -> None:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], (int, float)):
            return
        self._metrics.sample(number, number_of(pair[0]), number_of(pair[1]))

    def finish(self) -> None:
        """Choose what is shown, and name it.

        Raises: RecordingError.
        """
        if not self._metrics.finish():
            raise RecordingError(
                _("{path} has no memory in it; query {metric} or another size in bytes").format(
                    path=self._path, metric=GROUP_METRIC
                )
            )
