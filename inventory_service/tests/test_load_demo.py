"""The demo's shop: believable, complete, and the same however often it is loaded."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Min, Sum
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from catalogue.demo.drawings import SHAPES, draw
from catalogue.models import Category, Product, ProductImage, Variant
from stock.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db


@pytest.fixture
def sellers(tmp_path: Path) -> list[str]:
    return [str(uuid.uuid4()) for _number in range(5)]


@pytest.fixture
def accounts(tmp_path: Path, sellers: list[str]) -> Path:
    rows = [
        {"id": str(uuid.uuid4()), "roles": ["buyer"]},
        *({"id": one, "roles": ["buyer", "seller"]} for one in sellers),
    ]
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(rows))
    return path


def test_the_demo_is_complete_and_loads_once(
    accounts: Path, sellers: list[str], tmp_path: Path, settings: Settings, anonymous: APIClient
) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def counted() -> list[Any]:
        models = (Category, Product, Variant, ProductImage, StockMovement)
        return [*(model.objects.count() for model in models), StockLevel.objects.aggregate(Sum("on_hand"))]

    call_command("load_demo", accounts=accounts)
    before = counted()
    picture = next((tmp_path / "media" / "products").iterdir())
    written_at = picture.stat().st_mtime_ns
    call_command("load_demo", accounts=accounts)
    assert counted() == before
    assert picture.stat().st_mtime_ns == written_at

    assert Product.objects.visible().count() >= 200
    assert {str(one) for one in Product.objects.values_list("seller", flat=True)} == set(sellers)
    assert Category.objects.filter(parent=None).count() == 6
    assert not Category.objects.exclude(parent=None).annotate(n=Count("products")).filter(n__lt=8).exists()
    for row in Product.objects.values(
        "price_from", "description", n=Count("variants"), low=Min("variants__price_amount")
    ):
        assert 2 <= row["n"] <= 4
        assert row["price_from"] == row["low"]
        assert len(row["description"]) > 80
    assert len(list((tmp_path / "media" / "products").iterdir())) == Product.objects.count()
    image = anonymous.get("/api/v1/products").json()["results"][0]["image"]
    assert image.startswith("http://127.0.0.1:8000/media/products/")
    page = anonymous.get("/api/v1/products?category=kitchen&in_stock=true&search=stoneware").json()
    assert page["results"]


def test_every_shape_is_drawn_small_and_the_same(tmp_path: Path) -> None:
    for number, shape in enumerate(SHAPES):
        draw(shape, number=number, to=tmp_path / "one.webp")
        draw(shape, number=number, to=tmp_path / "two.webp")
        content = (tmp_path / "one.webp").read_bytes()
        assert content == (tmp_path / "two.webp").read_bytes()
        assert len(content) < 20_000
    assert Image.open(tmp_path / "one.webp").size == (600, 600)


def test_accounts_without_a_seller_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text("[]")
    with pytest.raises(CommandError):
        call_command("load_demo", accounts=path)
    assert Product.objects.count() == 0
