import uuid

import pytest

from orders.models import Order
from orders.references import candidates, parse_reference
from tests.samples import placed


def test_a_reference_is_made_of_the_id_s_last_bits() -> None:
    assert next(candidates(uuid.UUID(int=0))) == "0000-0000-00"
    assert next(candidates(uuid.UUID(int=1))) == "0000-0000-01"
    assert next(candidates(uuid.UUID(int=2**128 - 1))) == "ZZZZ-ZZZZ-ZZ"
    assert next(candidates(uuid.UUID(int=0b10100 << 45))) == "M000-0000-00"


@pytest.mark.parametrize("typed", ["K7Q2-M9TX-4B", "k7q2m9tx4b", " K7Q2 M9TX 4B "])
def test_a_reference_is_read_as_people_type_it(typed: str) -> None:
    assert parse_reference(typed) == "K7Q2-M9TX-4B"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert parse_reference("OIL0-0000-00") == "0110-0000-00"


@pytest.mark.parametrize("typed", ["", "K7Q2", "claire@example.com", "K7Q2-M9TX-4U", "K7Q2-M9TX-4BB"])
def test_what_cannot_be_a_reference_is_none(typed: str) -> None:
    assert parse_reference(typed) is None


@pytest.mark.django_db
def test_an_order_whose_reference_is_taken_gets_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = placed()
    monkeypatch.setattr("orders.services.candidates", lambda order_id: iter([taken.reference, "0000-0000-01"]))
    assert placed().reference == "0000-0000-01"
    assert Order.objects.count() == 2
