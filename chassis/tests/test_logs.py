"""Log lines: JSON, one a line, with what finds a request again, and nothing that is nobody's business."""

import json
import logging
import uuid
from collections.abc import Iterator
from io import StringIO
from logging.config import dictConfig
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from chassis.logs import logging_config, request_id
from chassis.testing import make_token
from tests.parcels.views import ParcelViewSet

TRACED = {
    "X-Request-ID": "request-0001",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}


class Text(str):
    """As a template's safe text is."""


class Lines(StringIO):
    """What was written, line by line."""

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


def _configure(stream: StringIO, level: str) -> None:
    config = logging_config(service="parcels", level=level)
    config["handlers"]["stdout"]["stream"] = stream
    dictConfig(config)


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = Lines()
    _configure(stream, "INFO")
    yield stream
    dictConfig(settings.LOGGING)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**80, 2**80),
        ("half a character: \ud800", "half a character: \ud800"),
        (uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (Text("plain"), "plain"),
    ],
    ids=["large number", "surrogate", "id", "subclass"],
)
def test_whatever_a_line_holds_is_written_in_ascii(lines: Lines, value: Any, written: Any) -> None:
    logging.getLogger("shop").info("odd", extra={"value": value})
    assert lines.getvalue().isascii()
    assert [line["value"] for line in lines.all()] == [written]


def test_a_line_has_all_its_keys(lines: Lines) -> None:
    token = request_id.set("request-0001")
    logging.getLogger("shop").warning("“%s” left\nand\u2028gone", "Zoé", extra={"parcel": Path("a"), "at": 3})
    request_id.reset(token)
    (line,) = lines.all()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "service": "parcels",
        "logger": "shop",
        "message": "“Zoé” left\nand\u2028gone",
        "request_id": "request-0001",
        "account_id": "",
        "trace_id": "",
        "parcel": "a",
        "at": 3,
    }


def test_an_exception_is_one_line(lines: Lines) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("shop").exception("it failed")
    (line,) = lines.all()
    assert line["message"] == "it failed"
    assert line["exc_info"].startswith("Traceback")
    assert line["exc_info"].endswith("ValueError: first\nsecond")


def test_half_a_surrogate_pair_and_controls_are_written_escaped(lines: Lines) -> None:
    logging.getLogger("shop").info("a\ud800b\x00c\x1b[31m")
    assert lines.getvalue().isascii()
    assert lines.all()[0]["message"] == "a\ud800b\x00c\x1b[31m"


@pytest.mark.parametrize(
    "address", ["someone@example.com", "o'brien+shop@mail.example.co.uk", "a@b.fr", "x_y.z@xn--bcher-kva.example"]
)
def test_addresses_are_not_written(lines: Lines, address: str) -> None:
    try:
        raise ValueError(f"DETAIL:  Key (email)=({address}) already exists.")
    except ValueError:
        logging.getLogger("shop").exception("no mail to %s", address, extra={"to": [address]})
    (line,) = lines.all()
    assert address not in lines.getvalue()
    assert line["message"] == "no mail to [e-mail]"
    assert line["exc_info"].endswith("(email)=([e-mail]) already exists.")
    assert line["to"] == ["[e-mail]"]


def test_what_opens_something_is_not_written(lines: Lines) -> None:
    token, opening = make_token(), str(uuid.uuid4())
    known = {"order": "0190f0c2-7b7e-7c9a-4b1e-4d9f3f1d2c11", "saga": str(uuid.uuid5(uuid.NAMESPACE_URL, "a"))}
    given = request_id.set(str(uuid.uuid4()))
    logging.getLogger("shop").info("call with %s to /carts/%s", token, opening.upper(), extra={**known, "id": opening})
    expected = request_id.get()
    request_id.reset(given)
    (line,) = lines.all()
    assert line["message"] == "call with [token] to /carts/[random id]"
    assert (line["id"], line["request_id"]) == ("[random id]", expected)
    assert {name: line[name] for name in known} == known


@pytest.mark.django_db
def test_no_access_line_tells_what_opens_something(lines: Lines) -> None:
    opening = uuid.uuid4()
    APIClient().get(f"/api/v1/parcels/{opening}?token=hidden", headers={"cookie": "chassis_session=hidden"})
    (line,) = lines.all()
    assert line["path"] == "/api/v1/parcels/[random id]"
    assert "hidden" not in lines.getvalue()


@pytest.mark.django_db
def test_a_traceback_shows_no_values(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        password = "hidden".upper()
        raise KeyError(len(password))

    monkeypatch.setattr(ParcelViewSet, "get_queryset", fail)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    client.get("/api/v1/parcels")
    assert "KeyError: 6" in lines.all()[0]["exc_info"]
    assert "HIDDEN" not in lines.getvalue()


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_the_level_is_the_least_that_is_written(lines: Lines, level: str) -> None:
    _configure(lines, level)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logging.getLogger("shop").log(number, "line")
    levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert [line["level"] for line in lines.all()] == levels[levels.index(level) :]


@pytest.mark.django_db
def test_a_request_writes_one_line(lines: Lines) -> None:
    client = APIClient()
    token = make_token(account="01234567-89ab-7def-8123-456789abcdef")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = client.get("/api/v1/parcels?search=secret", headers=TRACED)
    assert answer.status_code == 200
    (line,) = lines.all()
    assert line.pop("duration_ms") > 0
    line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "service": "parcels",
        "logger": "access",
        "message": "request",
        "request_id": "request-0001",
        "account_id": "01234567-89ab-7def-8123-456789abcdef",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "method": "GET",
        "path": "/api/v1/parcels",
        "status": 200,
    }
    assert token not in lines.getvalue()
    assert request_id.get() == ""


@pytest.mark.django_db
def test_a_refused_request_writes_one_line_too(lines: Lines) -> None:
    for address, headers in (("/nowhere", {}), ("/api/v1/parcels", {"authorization": "Bearer a.b.c"})):
        APIClient().get(address, headers=headers)
    assert [(line["path"], line["status"]) for line in lines.all()] == [("/nowhere", 404), ("/api/v1/parcels", 401)]


@pytest.mark.django_db
def test_a_defect_writes_its_traceback_with_the_requests_id(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise KeyError("defect")

    monkeypatch.setattr(ParcelViewSet, "get_queryset", fail)
    client = APIClient(raise_request_exception=False)
    token = make_token()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    answer = client.get("/api/v1/parcels", headers={"X-Request-ID": "request-0001"})
    assert answer.status_code == 500
    defect, access = lines.all()
    assert (defect["level"], defect["request_id"], access["request_id"]) == ("ERROR", "request-0001", "request-0001")
    assert "KeyError: 'defect'" in defect["exc_info"]
    assert token not in lines.getvalue()


@pytest.mark.django_db
def test_requests_do_not_share_their_ids(lines: Lines) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    client.get("/api/v1/parcels")
    APIClient().get("/livez")
    first, second = lines.all()
    assert first["request_id"] != second["request_id"]
    assert first["account_id"] != ""
    assert second["account_id"] == ""


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "<script>alert", "request-001\u00e9", ""])
def test_an_id_of_another_form_is_replaced(given: str) -> None:
    answered = APIClient().get("/livez", headers={"X-Request-ID": given})["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32
