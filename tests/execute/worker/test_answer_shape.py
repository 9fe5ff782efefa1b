"""Whether a value has a type with all its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from assay.execute.worker.answer_shape import misfit
from assay.execute.worker.requests import OfferedOperation, Predicted
from assay.records.metrics import Metrics, Value

OPERATION = {"name": "encode", "clock": "cpu", "tokens": 3, "size": None}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (type(None), None),
        (float, 1),
        (float, float("inf")),
        (tuple[list[int] | None, ...], ([1, 2], None)),
        (Mapping[str, Mapping[str, str | None]], {"a": {"b": None, "c": "d"}}),
        (Predicted, Predicted(metrics=Metrics(a=1, b=float("nan")), room=None)),
        (OfferedOperation, OfferedOperation(**OPERATION)),
        (Value | None, None),
        (Value, True),
    ],
)
def test_what_fits(kind: Any, value: object) -> None:
    assert misfit(kind, value) is None


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        (type(None), 0, "0 is not of the type NoneType"),
        (int, True, "True is not of the type int"),
        (int, 2**63, "is not of the type int"),
        (float, float("nan"), "nan is not of the type float"),
        (float, 10**400, "is not of the type"),
        (bool, 1, "1 is not of the type bool"),
        (tuple[str, ...], ["a"], "is not of the type tuple"),
        (tuple[list[int] | None, ...], ([1, "2"],), "[1, '2'] is not of the type"),
        (Mapping[str, Mapping[str, str | None]], {"a": {"b": 1}}, "1 is not of the type str"),
        (Mapping[str, Mapping[str, str | None]], [], "is not of the type"),
        (Predicted, Predicted(metrics=Metrics(a=2**63), room=None), "metrics: 9223372036854775808"),
        (Predicted, Predicted(metrics=Metrics({"a": [1]}), room=None), "metrics: [1]"),  # type: ignore[dict-item]
        (Predicted, Predicted(metrics=Metrics(predicted_bytes="x"), room=None), "predicted_bytes: 'x' is not of"),
        (Predicted, Predicted(metrics=Metrics(documents=True), room=None), "documents: True is not of"),
        (Predicted, Predicted(metrics=Metrics(documents=float("inf")), room=None), "documents: inf is not of"),
        (Predicted, Predicted(metrics=Metrics(baseline=1), room=None), "baseline: 1 is not of the type text"),
        (Predicted, Predicted(metrics=Metrics(), room=0.5), "room: 0.5"),  # type: ignore[arg-type]
        (OfferedOperation, OfferedOperation(**OPERATION | {"clock": "sun"}), "clock: 'sun'"),
    ],
)
def test_what_does_not_fit(kind: Any, value: object, fault: str) -> None:
    found = misfit(kind, value)
    assert found is not None
    assert fault in found
