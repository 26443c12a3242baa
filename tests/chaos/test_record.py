import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.record import Answer, Kind, Record, findings

BOUGHT = Answer(
    Kind.CHECKOUT,
    at=1.5,
    seconds=0.25,
    buyer="b",
    key="k",
    status=201,
    checkout="c",
    order="o",
    total={"amount": 4980, "currency": "EUR"},
    state="completed",
    request="r",
)
SHOWN = replace(BOUGHT, kind=Kind.ORDER_SHOWN, key=None, status=200, checkout=None, state="confirmed")


def test_what_promises_something_is_written_down_as_the_audit_reads_it() -> None:
    file = io.StringIO()
    record = Record(file)
    no_answer = replace(BOUGHT, status=None, order=None, total=None)
    not_shown = replace(SHOWN, status=503, order=None, total=None)
    for answer in (BOUGHT, SHOWN, no_answer, not_shown, replace(BOUGHT, kind=Kind.CART, status=200)):
        record.add(answer)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["kind"] for line in lines] == ["checkout", "order_shown"]
    wanted = {"kind", "buyer", "key", "status", "checkout", "order", "total"}
    assert {name: lines[0][name] for name in wanted} == {
        "kind": "checkout",
        "buyer": "b",
        "key": "k",
        "status": 201,
        "checkout": "c",
        "order": "o",
        "total": {"amount": 4980, "currency": "EUR"},
    }
    assert lines[1]["state"] == "confirmed"
    assert len(record.answers) == 5


def test_a_record_in_a_file_is_there_before_it_is_closed(tmp_path: Path) -> None:
    record = Record.in_file(tmp_path / "record.jsonl")
    record.add(BOUGHT)
    assert json.loads((tmp_path / "record.jsonl").read_text())["order"] == "o"
    record.close()


def test_answers_that_agree_are_no_finding() -> None:
    undecided = replace(BOUGHT, status=202, order=None, total=None, state="processing")
    assert findings([undecided, BOUGHT, BOUGHT, SHOWN, replace(BOUGHT, key="other", order="o2")]) == []


def test_no_answer_is_no_finding() -> None:
    assert findings([replace(BOUGHT, kind=kind, status=None, order=None, total=None) for kind in Kind]) == []


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", [401, 500, 502])
def test_what_nobody_should_be_told_is_a_finding(kind: Kind, status: int) -> None:
    (found,) = findings([replace(BOUGHT, kind=kind, status=status, order=None, code="internal_error")])
    assert found == f"{kind} was answered {status} internal_error (request r)"


@pytest.mark.parametrize(
    "other",
    [
        replace(BOUGHT, order="another"),
        replace(BOUGHT, status=402, order=None, total=None, code="payment_declined"),
        replace(BOUGHT, status=409, order=None, total=None, code="out_of_stock"),
    ],
)
def test_two_ends_of_one_key_are_a_finding(other: Answer) -> None:
    (found,) = findings([BOUGHT, other])
    assert found.startswith("buyer b was told different ends of the checkout with the key k: ")


@pytest.mark.parametrize(("status", "bought"), [(200, True), (409, False)])
def test_a_cancellation_that_did_not_hold_is_a_finding(status: int, bought: bool) -> None:
    end = BOUGHT if bought else replace(BOUGHT, status=409, order=None, total=None, code="checkout_cancelled")
    cancelled = replace(BOUGHT, kind=Kind.CANCEL, status=status, order=None, total=None)
    (found,) = findings([cancelled, end])
    assert found.startswith(f"buyer b was told {status} when cancelling the checkout with the key k, which was ")
    other = BOUGHT if not bought else replace(BOUGHT, status=409, order=None, total=None, code="checkout_cancelled")
    assert findings([cancelled, other]) == []


def test_one_key_of_two_buyers_is_two_keys() -> None:
    assert findings([BOUGHT, replace(BOUGHT, buyer="b2", order="o2")]) == []


def test_an_order_with_two_totals_is_a_finding() -> None:
    (found,) = findings([BOUGHT, replace(SHOWN, total={"amount": 4981, "currency": "EUR"})])
    assert found == "order o was shown with the totals 4980 EUR, 4981 EUR"
