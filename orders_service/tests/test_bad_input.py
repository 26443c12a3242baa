"""What the checkout may not send: each is refused with a problem, and nothing is written."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from orders.models import Order
from tests.samples import content, line

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders"


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = body
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        place[last] = value

    change.__name__ = f"{path}={str(value)[:20]}"
    return change


def _repeat_variant(body: dict[str, Any]) -> None:
    body["lines"] = [body["lines"][0], {**body["lines"][0]}]


def _too_many_lines(body: dict[str, Any]) -> None:
    body["lines"] = [line() for _ in range(501)]


def _too_large_a_total(body: dict[str, Any]) -> None:
    body["lines"] = [line(amount=10**12, quantity=2)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_set("lines.0.quantity", 0), "lines.0.quantity"),
        (_set("lines.0.quantity", -1), "lines.0.quantity"),
        (_set("lines.0.quantity", 1000), "lines.0.quantity"),
        (_set("lines.0.quantity", 1.5), "lines.0.quantity"),
        (_set("lines.0.quantity", True), "lines.0.quantity"),
        (_set("lines.0.quantity", "many"), "lines.0.quantity"),
        (_set("lines.0.quantity", 10**30), "lines.0.quantity"),
        (_set("lines.0.quantity", None), "lines.0.quantity"),
        (_set("lines.0.unit_price", 1999), "lines.0.unit_price"),
        (_set("lines.0.unit_price", {"amount": -1, "currency": "EUR"}), "lines.0.unit_price.amount"),
        (_set("lines.0.unit_price", {"amount": 19.99, "currency": "EUR"}), "lines.0.unit_price.amount"),
        (_set("lines.0.unit_price", {"amount": True, "currency": "EUR"}), "lines.0.unit_price.amount"),
        (_set("lines.0.unit_price", {"amount": 1999, "currency": "USD"}), "lines.0.unit_price.currency"),
        (_set("lines.0.title", ""), "lines.0.title"),
        (_set("lines.0.title", "x" * 501), "lines.0.title"),
        (_set("lines.0.title", "a\x00b"), "lines.0.title"),
        (_set("lines.0.variant", "7"), "lines.0.variant"),
        (_set("lines.0.seller", None), "lines.0.seller"),
        (_set("lines.0", "a line"), "lines.0"),
        (_set("lines", []), "lines"),
        (_set("lines", {}), "lines"),
        (_set("lines", None), "lines"),
        (_repeat_variant, "lines"),
        (_too_many_lines, "lines"),
        (_too_large_a_total, "lines"),
        (_set("buyer", str(uuid.uuid4())), "buyer"),
        (_set("buyer.id", "me"), "buyer.id"),
        (_set("buyer.email", "nobody"), "buyer.email"),
        (_set("buyer.email", "a@example.com\nBcc: b@example.com"), "buyer.email"),
        (_set("buyer.language", "français"), "buyer.language"),
        (_set("shipping_address", "home"), "shipping_address"),
        (_set("currency", "USD"), "currency"),
        (_set("currency", "euro"), "currency"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_bad_placement_is_refused_field_by_field(
    checkout: APIClient, buyer: uuid.UUID, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    body = content(buyer)
    if isinstance(body["lines"], list) and change.__name__.startswith("lines.0="):
        body["lines"] = ["a line"]
    else:
        change(body)
    answer = checkout.put(f"{URL}/{uuid.uuid4()}", body)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert Order.objects.count() == 0


@pytest.mark.parametrize("body", ["{", "[]", '"order"', "null", "\xff", "{}"])
def test_malformed_json_is_a_400(checkout: APIClient, body: str) -> None:
    answer = checkout.generic("PUT", f"{URL}/{uuid.uuid4()}", body, content_type="application/json")
    assert answer.status_code == 400
    assert Order.objects.count() == 0


def test_only_json_and_forms_are_understood(checkout: APIClient) -> None:
    assert checkout.generic("PUT", f"{URL}/{uuid.uuid4()}", "x", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("ident", ["7", "order", "0" * 33, str(uuid.uuid4()).upper() + "x"])
def test_what_is_no_id_is_a_404(checkout: APIClient, buyer: uuid.UUID, ident: str) -> None:
    for answer in (
        checkout.get(f"{URL}/{ident}"),
        checkout.put(f"{URL}/{ident}", content(buyer)),
        checkout.post(f"{URL}/{ident}/confirm"),
    ):
        assert answer.status_code == 404
    assert Order.objects.count() == 0


@pytest.mark.parametrize("query", ["cursor=x", "cursor=%00", "page_size=-1", "page_size=all", "state=packed"])
def test_a_bad_query_of_a_list_is_a_400(seller_client: APIClient, query: str) -> None:
    assert seller_client.get(f"/api/v1/sales?{query}").status_code == 400


def test_orders_are_not_deleted_or_patched(checkout: APIClient) -> None:
    assert checkout.delete(f"{URL}/{uuid.uuid4()}").status_code == 405
    assert checkout.patch(f"{URL}/{uuid.uuid4()}", {}).status_code == 405


def test_errors_speak_french(checkout: APIClient, buyer: uuid.UUID) -> None:
    body = content(buyer, address=uuid.uuid4())
    answer = checkout.put(f"{URL}/{uuid.uuid4()}", body, headers={"accept-language": "fr"})
    assert answer.json()["detail"] == "Cette adresse n’est pas dans ce carnet d’adresses."
