"""The catalogue as everybody sees it."""

import uuid
from typing import Any

import pytest
from django.db.models import Prefetch
from rest_framework.test import APIClient

from catalogue import selectors, services
from catalogue.api.serializers import ProductDetailSerializer, ProductSummarySerializer
from catalogue.models import Product, ProductImage, Variant
from chassis.money import Money
from chassis.testing import ClientFactory
from tests.factories import make_cart, make_category, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db
URL = "/api/v1/products"


def slugs(client: APIClient, query: str = "") -> list[str]:
    return [row["slug"] for row in client.get(f"{URL}?{query}").json()["results"]]


def test_a_list_shows_the_lowest_live_price_stock_and_first_image(anonymous: APIClient) -> None:
    product = make_product(title="Mug")
    make_variant(product=product, price=3000, stock_of=0)
    cheapest = make_variant(product=product, price=1000)
    make_variant(product=product, price=2000)
    services.archive_variant(variant_id=cheapest.pk)
    ProductImage.objects.create(product=product, file="products/b.webp", position=1)
    ProductImage.objects.create(product=product, file="products/a.webp", position=0)
    assert anonymous.get(URL).json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(product.pk),
                "slug": "mug",
                "title": "Mug",
                "seller": str(product.seller),
                "category": "mugs",
                "price": {"amount": 2000, "currency": "EUR"},
                "in_stock": True,
                "image": "http://127.0.0.1:8000/media/products/a.webp",
            }
        ],
    }


def test_a_list_says_what_is_sold_out(anonymous: APIClient) -> None:
    make_variant(product=make_product(title="Sold out"), stock_of=0)
    make_variant(product=make_product(title="There"), stock_of=1)
    listed = anonymous.get(f"{URL}?ordering=name").json()["results"]
    assert [(product["slug"], product["in_stock"]) for product in listed] == [("sold-out", False), ("there", True)]


def test_only_published_products_that_can_be_bought_are_visible(anonymous: APIClient) -> None:
    make_product(title="Without variants")
    draft = make_variant(product=make_product(title="Draft", state="draft")).product
    gone = make_variant(product=make_product(title="Archived")).product
    services.archive_product(product_id=gone.pk)
    emptied = make_variant(product=make_product(title="Emptied"))
    services.archive_variant(variant_id=emptied.pk)
    assert slugs(anonymous) == []
    for slug in ("without-variants", draft.slug, gone.slug, str(gone.pk), "emptied"):
        answer = anonymous.get(f"{URL}/{slug}")
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")


@pytest.fixture
def shop() -> dict[str, Product]:
    kitchen = make_category("kitchen")
    mugs, kitchenware = make_category("mugs", parent=kitchen), make_category("kitchenware")
    rows = [("Apple mug", mugs, 1000, 5), ("Bread knife", kitchen, 3000, 0), ("Cake stand", kitchenware, 2000, 1)]
    return {
        title: make_variant(product=make_product(title=title, category=where), price=price, stock_of=stock).product
        for title, where, price, stock in rows
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["cake-stand", "bread-knife", "apple-mug"]),
        ("ordering=newest", ["cake-stand", "bread-knife", "apple-mug"]),
        ("ordering=price", ["apple-mug", "cake-stand", "bread-knife"]),
        ("ordering=-price", ["bread-knife", "cake-stand", "apple-mug"]),
        ("ordering=name", ["apple-mug", "bread-knife", "cake-stand"]),
        ("category=kitchen&ordering=name", ["apple-mug", "bread-knife"]),
        ("category=mugs", ["apple-mug"]),
        ("category=unknown", []),
        ("min_price=2000&ordering=name", ["bread-knife", "cake-stand"]),
        ("max_price=2000&ordering=name", ["apple-mug", "cake-stand"]),
        ("min_price=1001&max_price=1999", []),
        ("in_stock=true&ordering=name", ["apple-mug", "cake-stand"]),
        ("in_stock=false", ["bread-knife"]),
        ("search=stands", ["cake-stand"]),
        ("search=apple%20mugs", ["apple-mug"]),
        ("search=mug%20-apple", []),
        ("search=the", []),
        ("search=%27%3A%26%21%28%22", []),
        ("search=&category=", ["cake-stand", "bread-knife", "apple-mug"]),
    ],
)
def test_a_list_is_filtered_and_ordered(
    anonymous: APIClient, shop: dict[str, Product], query: str, expected: list[str]
) -> None:
    assert slugs(anonymous, query) == expected


def test_a_list_is_filtered_by_seller(anonymous: APIClient, shop: dict[str, Product]) -> None:
    assert slugs(anonymous, f"seller={shop['Cake stand'].seller}") == ["cake-stand"]
    assert slugs(anonymous, f"seller={uuid.uuid4()}") == []


@pytest.mark.parametrize("ordering", ["newest", "price", "-price", "name"])
def test_pages_of_every_order_give_each_product_once(anonymous: APIClient, ordering: str) -> None:
    for number in range(7):
        make_variant(product=make_product(title=f"Mug {number % 2}"), price=1000 + number % 3)
    seen: list[str] = []
    url: str | None = f"{URL}?page_size=3&ordering={ordering}"
    while url:
        page = anonymous.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 7
    assert seen == [row["id"] for row in anonymous.get(f"{URL}?ordering={ordering}").json()["results"]]


@pytest.mark.parametrize(
    "query",
    [
        "seller=me",
        "min_price=-1",
        "min_price=cheap",
        "max_price=1.5",
        "max_price=99999999999999999999",
        "in_stock=maybe",
        "ordering=random",
        "search=%00",
        "category=%00",
        "search=" + "x" * 201,
        "page_size=0",
        "cursor=x",
    ],
)
def test_a_bad_filter_is_a_400(anonymous: APIClient, query: str) -> None:
    answer = anonymous.get(f"{URL}?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_detail_is_found_by_id_and_slug(anonymous: APIClient) -> None:
    product = make_product(title="Mug", description="Thrown by hand.")
    blue = make_variant(product=product, price=2490, stock_of=10)
    services.update_variant(variant_id=blue.pk, options={"colour": "blue"})
    services.archive_variant(variant_id=make_variant(product=product).pk)
    ProductImage.objects.create(product=product, file="products/mug.webp", alt="A mug")
    reserve(make_cart((blue, 3)))
    expected = {
        "id": str(product.pk),
        "slug": "mug",
        "title": "Mug",
        "description": "Thrown by hand.",
        "seller": str(product.seller),
        "category": "mugs",
        "images": [{"url": "http://127.0.0.1:8000/media/products/mug.webp", "alt": "A mug"}],
        "variants": [
            {
                "id": str(blue.pk),
                "sku": blue.sku,
                "title": "Blue",
                "options": {"colour": "blue"},
                "price": {"amount": 2490, "currency": "EUR"},
                "available": 7,
            }
        ],
        "created_at": product.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert anonymous.get(f"{URL}/mug").json() == expected
    assert anonymous.get(f"{URL}/{product.pk}").json() == expected


@pytest.mark.parametrize("key", ["nothing", str(uuid.uuid4()), "x" * 36, "x" * 300])
def test_an_unknown_product_is_a_404(anonymous: APIClient, key: str) -> None:
    assert anonymous.get(f"{URL}/{key}").status_code == 404


def test_categories_are_listed_parents_first(anonymous: APIClient) -> None:
    home = make_category("home")
    make_category("garden")
    kitchen = make_category("kitchen", parent=home)
    assert [(row["slug"], row["parent"]) for row in anonymous.get("/api/v1/categories").json()["results"]] == [
        ("garden", None),
        ("home", None),
        ("kitchen", str(home.pk)),
    ]
    assert kitchen.path == "home/kitchen/"


@pytest.mark.parametrize("path", ["/products", "/products/mug", "/categories"])
def test_public_reads_need_no_token_but_refuse_a_bad_one(anonymous: APIClient, path: str) -> None:
    make_variant(product=make_product(title="Mug"))
    assert anonymous.get(f"/api/v1{path}").status_code == 200
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer broken.token.here")
    assert anonymous.get(f"/api/v1{path}").status_code == 401


def test_any_caller_may_browse(client_for: ClientFactory) -> None:
    for roles in (["buyer"], ["seller"], ["admin"], ["service"]):
        assert client_for(roles=roles).get(URL).status_code == 200


def test_lists_and_details_cost_few_queries(anonymous: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(5):
        product = make_product(title=f"Mug {number}")
        ProductImage.objects.create(product=product, file="products/mug.webp")
        make_variant(product=product)
        make_variant(product=product)
    with django_assert_num_queries(1):
        anonymous.get(f"{URL}?search=mug&in_stock=true&min_price=1")
    with django_assert_num_queries(2):
        anonymous.get(f"{URL}?category=mugs")
    with django_assert_num_queries(1):
        anonymous.get(f"{URL}/mug-1")
    with django_assert_num_queries(1):
        anonymous.get("/api/v1/categories")


def test_two_products_of_one_title_have_slugs_of_their_own() -> None:
    first, second = make_product(title="Mug"), make_product(title="Mug")
    assert first.slug == "mug"
    assert second.slug == f"mug-{second.id.hex[-10:]}"


def test_a_title_that_looks_like_an_id_does_not_hide_a_product() -> None:
    product = make_product(title=str(uuid.uuid4()))
    assert len(product.slug) > 36
    assert make_product(title="茶碗").slug == "product"


def test_lists_say_what_their_serializer_tells_the_spec(anonymous: APIClient) -> None:
    for number in range(3):
        product = make_product(title=f"Mug {number}")
        make_variant(product=product, price=1000 + number, stock_of=number)
    ProductImage.objects.create(product=product, file="products/mug.webp")
    rows = selectors.public_products().order_by("-created_at", "-id")
    summaries = [{**one, "price": Money(**one["price"])} for one in selectors.product_summaries(rows)]
    usual = ProductSummarySerializer(summaries, many=True).data
    assert anonymous.get(URL).json()["results"] == usual
    assert len(usual) == 3


def test_a_detail_says_what_its_serializer_tells_the_spec(anonymous: APIClient) -> None:
    product = make_product(title="Crème brûlée, 100 %")
    make_variant(product=product, price=3000, stock_of=4)
    make_variant(product=product, price=1000, stock_of=0)
    gone = make_variant(product=product, price=500)
    services.archive_variant(variant_id=gone.pk)
    ProductImage.objects.create(product=product, file="products/b.webp", alt="Second", position=1)
    ProductImage.objects.create(product=product, file="products/a.webp", alt='"First"', position=0)
    live = Prefetch("variants", Variant.objects.live().select_related("stock_level"), to_attr="live_variants")
    found = Product.objects.prefetch_related(live).get(pk=product.pk)
    for key in (product.slug, product.pk):
        shown = anonymous.get(f"{URL}/{key}").json()
        assert shown == ProductDetailSerializer(found).data
    assert [len(shown["variants"]), len(shown["images"])] == [2, 2]


def test_a_detail_without_images_and_options_has_empty_ones(anonymous: APIClient) -> None:
    product = make_product(title="Bare")
    make_variant(product=product)
    shown = anonymous.get(f"{URL}/bare").json()
    assert (shown["images"], shown["variants"][0]["options"]) == ([], {})
