"""Answers as JSON."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from rest_framework import renderers
from rest_framework.exceptions import ErrorDetail

from chassis.renderers import JSONRenderer
from tests.parcels.models import ParcelState


@pytest.mark.parametrize(
    "value",
    [
        {"text": "Crème brûlée – 100 % “à la carte” \U0001f382", "none": None, "yes": True, "number": 2**53},
        {"at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "second": datetime(2026, 1, 2, tzinfo=UTC)},
        {"id": uuid.UUID(int=5), "day": date(2026, 1, 2), "decimal": Decimal("1.50"), "delta": timedelta(seconds=3)},
        {"lazy": gettext_lazy("Not found"), "detail": ErrorDetail("no", code="no"), "state": ParcelState.SENT},
        [(1, 2), {"nested": [{}]}],
        {"large": 10**30, 5: "a key that is no text"},
        "",
        [],
    ],
)
def test_answers_say_what_drf_s_own_would(value: Any) -> None:
    assert json.loads(JSONRenderer().render(value)) == json.loads(renderers.JSONRenderer().render(value))


def test_nothing_is_no_bytes() -> None:
    assert JSONRenderer().render(None) == b""


def test_people_get_it_indented() -> None:
    assert JSONRenderer().render({"a": 1}, "application/json; indent=4") == b'{\n    "a": 1\n}'
    assert JSONRenderer().render({"a": 1}, "application/json", {"indent": 4}) == b'{\n    "a": 1\n}'
