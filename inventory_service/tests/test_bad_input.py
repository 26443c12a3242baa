"""Whatever is sent, the answer is a problem of the 4xx kind and nothing changes."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient

from carts.models import Cart
from catalogue.models import Product, Variant
from chassis.testing import ClientFactory, make_token
from stock.models import Reservation, StockMovement
from tests.factories import make_cart, make_category, make_variant

pytestmark = pytest.mark.django_db

BODIES = [b"{", b"", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"title": "\\ud800", "category": "mugs"}', b"7"]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_malformed_bodies_are_refused(client_for: ClientFactory, body: bytes) -> None:
    make_category("mugs")
    variant = make_variant()
    cart = make_cart()
    seller = client_for(account=variant.seller, roles=["seller"])
    service = client_for(roles=["service"], scopes=["inventory.reserve"])
    before = (Product.objects.count(), Variant.objects.count(), StockMovement.objects.count())
    calls: list[tuple[APIClient, str, str]] = [
        (seller, "POST", "/seller/products"),
        (seller, "POST", "/seller/variants"),
        (seller, "PUT", f"/seller/products/{variant.product_id}"),
        (seller, "PUT", f"/seller/variants/{variant.pk}"),
        (seller, "POST", f"/seller/variants/{variant.pk}/movements"),
        (APIClient(), "PUT", f"/carts/{cart.pk}/lines/{variant.pk}"),
        (service, "PUT", f"/reservations/{uuid.uuid4()}"),
    ]
    for client, method, path in calls:
        answer = client.generic(method, f"/api/v1{path}", body, content_type="application/json")  # type: ignore[arg-type]
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), (method, path)
    assert (Product.objects.count(), Variant.objects.count(), StockMovement.objects.count()) == before
    assert (Reservation.objects.count(), cart.lines.count()) == (0, 0)


def test_another_media_type_is_refused(anonymous: APIClient) -> None:
    cart, variant = make_cart(), make_variant()
    url = f"/api/v1/carts/{cart.pk}/lines/{variant.pk}"
    assert anonymous.generic("PUT", url, "<quantity/>", content_type="application/xml").status_code == 415


@pytest.mark.parametrize(
    "claims",
    [
        {"expires_in": timedelta(minutes=-5)},
        {"iss": "another"},
        {"kid": None},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"key": "a-shared-secret-that-is-long-enough-for-hs256", "algorithm": "HS256"},
    ],
    ids=str,
)
def test_forged_and_expired_tokens_are_refused_everywhere(anonymous: APIClient, claims: dict[str, Any]) -> None:
    cart = make_cart()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(roles=['admin', 'seller'], **claims)}")
    for method, path in (
        ("get", "/products"),
        ("get", "/categories"),
        ("post", "/carts"),
        ("get", f"/carts/{cart.pk}"),
        ("get", "/seller/products"),
        ("put", f"/reservations/{uuid.uuid4()}"),
    ):
        assert getattr(anonymous, method)(f"/api/v1{path}").status_code == 401
    assert Cart.objects.count() == 1


def test_a_key_reused_with_another_body_is_refused(client_for: ClientFactory) -> None:
    make_category("mugs")
    seller, headers = client_for(roles=["seller"], account=uuid.uuid4()), {"Idempotency-Key": "k"}
    body = {"category": "mugs", "title": "Mug"}
    first = seller.post("/api/v1/seller/products", body, headers=headers)
    assert seller.post("/api/v1/seller/products", body, headers=headers).content == first.content
    answer = seller.post("/api/v1/seller/products", body | {"title": "Cup"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Product.objects.count() == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/products", "/categories", "/products/mug"])
def test_public_reads_take_no_writes(client_for: ClientFactory, method: str, path: str) -> None:
    assert getattr(client_for(roles=["admin"]), method)(f"/api/v1{path}").status_code == 405


def test_refusals_are_told_in_french(anonymous: APIClient) -> None:
    answer = anonymous.get("/api/v1/products/nothing", headers={"accept-language": "fr"})
    assert answer.json()["detail"] == "Ce produit n’existe pas."
