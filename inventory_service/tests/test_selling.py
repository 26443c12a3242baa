"""What sellers do with their products, variants and stock."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from catalogue.models import Category, Product, Variant
from chassis.testing import ClientFactory
from stock.models import StockMovement
from tests.factories import level_of, make_cart, make_category, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db
PRODUCTS, VARIANTS = "/api/v1/seller/products", "/api/v1/seller/variants"


@pytest.fixture
def seller() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def client(client_for: ClientFactory, seller: uuid.UUID) -> APIClient:
    return client_for(account=seller, roles=["buyer", "seller"])


@pytest.fixture
def mugs() -> Category:
    return make_category("mugs")


def test_a_seller_offers_a_product(client: APIClient, anonymous: APIClient, seller: uuid.UUID, mugs: Category) -> None:
    answer = client.post(PRODUCTS, {"category": "mugs", "title": "Mug", "description": "Thrown by hand."})
    assert answer.status_code == 201
    product = answer.json()
    assert product == {
        "id": product["id"],
        "slug": "mug",
        "seller": str(seller),
        "category": "mugs",
        "title": "Mug",
        "description": "Thrown by hand.",
        "state": "draft",
        "price_from": None,
        "created_at": product["created_at"],
    }
    answer = client.post(
        VARIANTS,
        {
            "product": product["id"],
            "sku": "MUG-1",
            "title": "Blue",
            "options": {"colour": "blue"},
            "price_amount": 1999,
        },
    )
    assert answer.status_code == 201
    variant = answer.json()
    assert variant == {
        "id": variant["id"],
        "product": product["id"],
        "sku": "MUG-1",
        "title": "Blue",
        "options": {"colour": "blue"},
        "price_amount": 1999,
        "currency": "EUR",
        "position": 0,
        "on_hand": 0,
        "reserved": 0,
        "archived_at": None,
        "created_at": variant["created_at"],
    }
    answer = client.post(f"{VARIANTS}/{variant['id']}/movements", {"delta": 5, "reason": "receipt"})
    assert answer.status_code == 201
    movement = answer.json()
    assert movement == {
        "id": movement["id"],
        "variant": variant["id"],
        "delta": 5,
        "reason": "receipt",
        "reservation": None,
        "actor": str(seller),
        "created_at": movement["created_at"],
    }
    assert client.get(f"{VARIANTS}/{variant['id']}/movements").json()["results"] == [movement]
    assert client.get(f"{VARIANTS}/{variant['id']}").json() == {**variant, "on_hand": 5}

    assert client.post(f"{PRODUCTS}/{product['id']}/publish").json()["state"] == "published"
    assert anonymous.get("/api/v1/products/mug").json()["variants"][0]["available"] == 5
    assert client.post(f"{PRODUCTS}/{product['id']}/unpublish").json()["state"] == "draft"
    assert anonymous.get("/api/v1/products/mug").status_code == 404


def test_publishing_may_be_repeated(client: APIClient, seller: uuid.UUID) -> None:
    product = make_product(seller=seller, state="draft")
    for action, state in (("publish", "published"), ("publish", "published"), ("unpublish", "draft")):
        assert client.post(f"{PRODUCTS}/{product.pk}/{action}").json()["state"] == state


def test_prices_change_and_the_lowest_follows(client: APIClient, seller: uuid.UUID) -> None:
    product = make_product(seller=seller)
    one, other = make_variant(product=product, price=3000), make_variant(product=product, price=2000)
    assert client.patch(f"{VARIANTS}/{one.pk}", {"price_amount": 1000}).json()["price_amount"] == 1000
    product.refresh_from_db()
    assert product.price_from == 1000
    assert client.delete(f"{VARIANTS}/{one.pk}").status_code == 204
    product.refresh_from_db()
    assert product.price_from == 2000
    client.delete(f"{VARIANTS}/{other.pk}")
    product.refresh_from_db()
    assert product.price_from is None


def test_a_product_is_changed_and_keeps_its_slug(client: APIClient, seller: uuid.UUID) -> None:
    make_category("cups")
    product = make_product(seller=seller, title="Mug")
    changed = client.patch(f"{PRODUCTS}/{product.pk}", {"title": "Tall mug"}).json()
    assert (changed["title"], changed["slug"], changed["category"]) == ("Tall mug", "mug", "mugs")
    changed = client.put(f"{PRODUCTS}/{product.pk}", {"title": "Cup", "category": "cups", "state": "archived"}).json()
    assert (changed["title"], changed["category"], changed["state"]) == ("Cup", "cups", "published")


def test_archiving_is_final_and_may_be_repeated(client: APIClient, seller: uuid.UUID) -> None:
    product = make_product(seller=seller)
    make_variant(product=product)
    for _time in range(2):
        assert client.delete(f"{PRODUCTS}/{product.pk}").status_code == 204
    assert client.get(PRODUCTS).json()["results"] == []
    assert [row["state"] for row in client.get(f"{PRODUCTS}?state=archived").json()["results"]] == ["archived"]
    for answer in (
        client.post(f"{PRODUCTS}/{product.pk}/publish"),
        client.patch(f"{PRODUCTS}/{product.pk}", {"title": "Cup"}),
        client.post(VARIANTS, {"product": str(product.pk), "sku": "A", "title": "A", "price_amount": 1}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "product_archived")
    product.refresh_from_db()
    assert (product.title, product.variants.count()) == ("Stoneware mug", 1)


def test_an_archived_variant_is_changed_no_more(client: APIClient, seller: uuid.UUID) -> None:
    variant = make_variant(product=make_product(seller=seller))
    for _time in range(2):
        assert client.delete(f"{VARIANTS}/{variant.pk}").status_code == 204
    answer = client.patch(f"{VARIANTS}/{variant.pk}", {"price_amount": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "variant_archived")
    variant.refresh_from_db()
    assert variant.price_amount == 2490


def test_an_sku_is_taken_once_per_seller_and_freed_by_archiving(client: APIClient, seller: uuid.UUID) -> None:
    product = make_product(seller=seller)
    body = {"product": str(product.pk), "sku": "A-1", "title": "A", "price_amount": 100}
    first = client.post(VARIANTS, body)
    answer = client.post(VARIANTS, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (409, "sku_taken", "sku")
    other = make_variant(product=product)
    assert client.patch(f"{VARIANTS}/{other.pk}", {"sku": "A-1"}).status_code == 409
    assert Variant.objects.filter(sku="A-1").count() == 1
    client.delete(f"{VARIANTS}/{first.json()['id']}")
    assert client.post(VARIANTS, body).status_code == 201


def test_others_things_do_not_exist(client: APIClient) -> None:
    variant = make_variant(stock_of=5)
    product = f"{PRODUCTS}/{variant.product_id}"
    answers = [
        client.get(product),
        client.patch(product, {"title": "Mine"}),
        client.put(product, {"title": "Mine", "category": "mugs"}),
        client.delete(product),
        client.post(f"{product}/publish"),
        client.post(f"{product}/unpublish"),
        client.get(f"{VARIANTS}/{variant.pk}"),
        client.patch(f"{VARIANTS}/{variant.pk}", {"price_amount": 1}),
        client.delete(f"{VARIANTS}/{variant.pk}"),
        client.get(f"{VARIANTS}/{variant.pk}/movements"),
        client.post(f"{VARIANTS}/{variant.pk}/movements", {"delta": 1, "reason": "receipt"}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert client.get(PRODUCTS).json()["results"] == client.get(VARIANTS).json()["results"] == []
    body = {"product": str(variant.product_id), "sku": "A", "title": "A", "price_amount": 1}
    assert client.post(VARIANTS, body).json()["errors"][0] == {
        "field": "product",
        "code": "does_not_exist",
        "message": f'Invalid pk "{variant.product_id}" - object does not exist.',
    }
    assert Variant.objects.get() == variant
    assert (variant.product.state, level_of(variant)) == ("published", (5, 0))


def test_an_admin_manages_everybodys(client_for: ClientFactory) -> None:
    admin = client_for(roles=["admin"])
    variant = make_variant(stock_of=5)
    assert len(admin.get(PRODUCTS).json()["results"]) == 1
    assert admin.patch(f"{VARIANTS}/{variant.pk}", {"price_amount": 5}).status_code == 200
    assert admin.post(f"{VARIANTS}/{variant.pk}/movements", {"delta": -1, "reason": "loss"}).status_code == 201
    assert level_of(variant) == (4, 0)


def test_an_admin_says_whose_product_is_added(client_for: ClientFactory, client: APIClient, mugs: Category) -> None:
    admin, someone = client_for(roles=["admin"]), str(uuid.uuid4())
    body = {"category": "mugs", "title": "Mug"}
    assert admin.post(PRODUCTS, body).json()["errors"][0]["field"] == "seller"
    assert admin.post(PRODUCTS, {**body, "seller": someone}).json()["seller"] == someone
    assert client.post(PRODUCTS, {**body, "seller": someone}).json()["errors"][0]["code"] == "not_own"
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/products"),
        ("post", "/products"),
        ("get", "/products/{id}"),
        ("delete", "/products/{id}"),
        ("post", "/products/{id}/publish"),
        ("get", "/variants"),
        ("post", "/variants"),
        ("patch", "/variants/{id}"),
        ("get", "/variants/{id}/movements"),
        ("post", "/variants/{id}/movements"),
    ],
)
def test_selling_is_for_sellers_and_admins(
    client_for: ClientFactory, anonymous: APIClient, method: str, path: str
) -> None:
    url = f"/api/v1/seller{path.format(id=uuid.uuid4())}"
    assert getattr(anonymous, method)(url).status_code == 401
    assert getattr(client_for(roles=["buyer"]), method)(url).status_code == 403
    service = client_for(roles=["service"], scopes=["inventory.reserve"])
    assert getattr(service, method)(url).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "category"),
        ({"category": "unknown"}, "category"),
        ({"category": 7}, "category"),
        ({"category": "a\u0000b"}, "category"),
        ({"category": None}, "category"),
        ({"title": ""}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"title": {"en": "Mug"}}, "title"),
        ({"description": "x" * 20_001}, "description"),
        ({"state": "archived"}, "state"),
        ({"state": 1}, "state"),
        ({"seller": "me"}, "seller"),
    ],
    ids=str,
)
def test_bad_products_are_refused(client: APIClient, mugs: Category, body: dict[str, Any], field: str) -> None:
    valid: dict[str, Any] = {"category": "mugs", "title": "Mug"} if body else {}
    answer = client.post(PRODUCTS, valid | body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert Product.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"product": "mug"}, "product"),
        ({"product": 7}, "product"),
        ({"product": str(uuid.uuid4())}, "product"),
        ({"sku": ""}, "sku"),
        ({"sku": "x" * 65}, "sku"),
        ({"title": "x" * 101}, "title"),
        ({"price_amount": 0}, "price_amount"),
        ({"price_amount": -1}, "price_amount"),
        ({"price_amount": 10_000_001}, "price_amount"),
        ({"price_amount": 19.99}, "price_amount"),
        ({"price_amount": "free"}, "price_amount"),
        ({"price_amount": True}, "price_amount"),
        ({"price_amount": None}, "price_amount"),
        ({"price_amount": 10**40}, "price_amount"),
        ({"position": -1}, "position"),
        ({"position": 40_000}, "position"),
        ({"options": []}, "options"),
        ({"options": "size"}, "options"),
        ({"options": {"size": 4}}, "options"),
        ({"options": {"size": "x" * 51}}, "options"),
        ({"options": {"size": "a\u0000b"}}, "options"),
        ({"options": {"": "M"}}, "options"),
        ({"options": {str(number): "x" for number in range(11)}}, "options"),
        ({"options": None}, "options"),
    ],
    ids=str,
)
def test_bad_variants_are_refused(client: APIClient, seller: uuid.UUID, body: dict[str, Any], field: str) -> None:
    product = make_product(seller=seller)
    valid = {"product": str(product.pk), "sku": "A", "title": "A", "price_amount": 100}
    answer = client.post(VARIANTS, valid | body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Variant.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "delta"),
        ({"delta": 0, "reason": "correction"}, "delta"),
        ({"delta": -1, "reason": "receipt"}, "delta"),
        ({"delta": 1, "reason": "loss"}, "delta"),
        ({"delta": 1_000_001, "reason": "receipt"}, "delta"),
        ({"delta": "many", "reason": "receipt"}, "delta"),
        ({"delta": 1.5, "reason": "receipt"}, "delta"),
        ({"delta": -1, "reason": "sale"}, "reason"),
        ({"delta": 1, "reason": "magic"}, "reason"),
        ({"delta": 1}, "reason"),
    ],
    ids=str,
)
def test_bad_movements_are_refused(client: APIClient, seller: uuid.UUID, body: dict[str, Any], field: str) -> None:
    variant = make_variant(product=make_product(seller=seller), stock_of=5)
    answer = client.post(f"{VARIANTS}/{variant.pk}/movements", body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert level_of(variant) == (5, 0)
    assert StockMovement.objects.count() == 1


def test_what_is_reserved_cannot_be_taken_away(client: APIClient, seller: uuid.UUID) -> None:
    variant = make_variant(product=make_product(seller=seller), stock_of=5)
    reserve(make_cart((variant, 3)))
    url = f"{VARIANTS}/{variant.pk}/movements"
    answer = client.post(url, {"delta": -3, "reason": "correction"})
    assert answer.status_code == 409
    assert {name: answer.json()[name] for name in ("code", "on_hand", "reserved")} == {
        "code": "stock_reserved",
        "on_hand": 5,
        "reserved": 3,
    }
    assert client.post(url, {"delta": -6, "reason": "loss"}).json()["code"] == "insufficient_stock"
    assert level_of(variant) == (5, 3)
    assert client.post(url, {"delta": -2, "reason": "loss"}).status_code == 201
    assert level_of(variant) == (3, 3)


def test_a_movement_with_a_key_happens_once(client: APIClient, seller: uuid.UUID) -> None:
    variant = make_variant(product=make_product(seller=seller), stock_of=0)
    url, headers = f"{VARIANTS}/{variant.pk}/movements", {"Idempotency-Key": "delivery-7"}
    first = client.post(url, {"delta": 5, "reason": "receipt"}, headers=headers)
    again = client.post(url, {"delta": 5, "reason": "receipt"}, headers=headers)
    assert first.content == again.content
    assert client.post(url, {"delta": 6, "reason": "receipt"}, headers=headers).status_code == 422
    assert level_of(variant) == (5, 0)


def test_lists_cost_few_queries(client: APIClient, seller: uuid.UUID, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        variant = make_variant(product=make_product(seller=seller))
    with django_assert_num_queries(1):
        client.get(PRODUCTS)
    with django_assert_num_queries(1):
        client.get(VARIANTS)
    with django_assert_num_queries(2):
        client.get(f"{VARIANTS}/{variant.pk}/movements")
