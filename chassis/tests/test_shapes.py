"""Serializers that are shared by requests."""

import threading
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from chassis.fields import MoneySerializer
from chassis.money import Money
from chassis.shapes import parsed, shown


class BoxSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=5)
    price = MoneySerializer()
    tags = serializers.ListField(child=serializers.CharField(), required=False)

    def validate_name(self, value: str) -> str:
        if value == "never":
            raise serializers.ValidationError("Not this one.", code="never")
        return value


def refusal_of(data: Any) -> tuple[Any, Any]:
    with pytest.raises(ValidationError) as refused:
        parsed(BoxSerializer, data)
    own = BoxSerializer(data=data)
    with pytest.raises(ValidationError) as usual:
        own.is_valid(raise_exception=True)
    return refused.value.get_full_details(), usual.value.get_full_details()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"name": "too long", "price": {"amount": -1, "currency": "EUR"}},
        {"name": "never", "price": {"amount": 1, "currency": "EUR"}},
        {"name": "a", "price": {"amount": 1, "currency": "USD"}, "tags": [{}]},
    ],
)
def test_what_is_refused_is_refused_as_a_serializer_of_its_own_would(data: Any) -> None:
    shared, usual = refusal_of(data)
    assert shared == usual


def test_nothing_of_one_request_stays_for_the_next() -> None:
    full = parsed(BoxSerializer, {"name": "a", "price": {"amount": 1, "currency": "EUR"}, "tags": ["x"]})
    assert full == {"name": "a", "price": Money(1, "EUR"), "tags": ["x"]}
    assert parsed(BoxSerializer, {"name": "b", "price": {"amount": 2, "currency": "EUR"}}) == {
        "name": "b",
        "price": Money(2, "EUR"),
    }


def test_threads_that_share_one_do_not_meet() -> None:
    wrong = []

    def work(number: int) -> None:
        for _ in range(300):
            name = f"n{number}"
            if parsed(BoxSerializer, {"name": name, "price": {"amount": number, "currency": "EUR"}}) != {
                "name": name,
                "price": Money(number, "EUR"),
            }:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_instance_is_shown_as_by_its_serializer() -> None:
    box = {"name": "a", "price": Money(1, "EUR"), "tags": ["x"]}
    assert shown(BoxSerializer, box) == BoxSerializer(box).data
