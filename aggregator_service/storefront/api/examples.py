"""Examples for the public API's documentation: one believable shop, told once."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

SELLER = {"id": "5e1f0a1e-6a3b-5a52-9a39-0a4f5b7c1d11", "name": "Atelier Margot"}
MUG = "01936b1c-0000-7000-8000-000000000001"
BLUE_MUG = "01936b1c-0000-7000-8000-000000000002"
BUYER = "5e1f0a1e-6a3b-5a52-9a39-0a4f5b7c1d22"
ORDER_ID = "8f14e45f-ceea-567a-9f3b-2d1c0a9b8c7d"
EUR_2490 = {"amount": 2490, "currency": "EUR"}
EUR_4980 = {"amount": 4980, "currency": "EUR"}
EUR_0 = {"amount": 0, "currency": "EUR"}
IMAGE = "http://127.0.0.1:8002/media/products/stoneware-mug.webp"
CREATED = "2026-11-22T10:15:00Z"

ACCOUNT = {
    "id": BUYER,
    "email": "ada@example.com",
    "full_name": "Ada Lovelace",
    "language": "en",
    "email_verified": True,
    "roles": ["buyer"],
    "created_at": CREATED,
}
CATEGORIES = {
    "results": [
        {"id": "01936b1c-0000-7000-8000-000000000003", "name": "Kitchen", "slug": "kitchen", "parent": None},
        {
            "id": "01936b1c-0000-7000-8000-000000000004",
            "name": "Mugs",
            "slug": "mugs",
            "parent": "01936b1c-0000-7000-8000-000000000003",
        },
    ]
}
PRODUCT_PAGE = {
    "next": "http://127.0.0.1:8000/api/v1/products?cursor=WzAsWyItY3Jl",
    "previous": None,
    "results": [
        {
            "id": MUG,
            "slug": "stoneware-mug",
            "title": "Stoneware mug",
            "seller": SELLER,
            "category": "mugs",
            "price": EUR_2490,
            "in_stock": True,
            "image": IMAGE,
        }
    ],
    "degraded": [],
}
PRODUCT = {
    "id": MUG,
    "slug": "stoneware-mug",
    "title": "Stoneware mug",
    "description": "Thrown by hand, holds 35 cl.",
    "seller": SELLER,
    "category": "mugs",
    "images": [{"url": IMAGE, "alt": "A blue mug"}],
    "variants": [
        {
            "id": BLUE_MUG,
            "sku": "MUG-BLU",
            "title": "Blue",
            "options": {"colour": "blue"},
            "price": EUR_2490,
            "available": 12,
        }
    ],
    "created_at": CREATED,
    "degraded": [],
}
CART = {
    "id": "2f1f5dd0-6f0e-4c9e-9a54-1f4a3f1d2c11",
    "state": "open",
    "version": 2,
    "currency": "EUR",
    "account": None,
    "lines": [
        {
            "variant": BLUE_MUG,
            "product": MUG,
            "slug": "stoneware-mug",
            "title": "Stoneware mug",
            "variant_title": "Blue",
            "sku": "MUG-BLU",
            "seller": SELLER["id"],
            "image": IMAGE,
            "quantity": 2,
            "unit_price": EUR_2490,
            "price_when_added": EUR_2490,
            "line_total": EUR_4980,
            "available": 12,
            "status": "ok",
        }
    ],
    "total": EUR_4980,
}
POSTAL_ADDRESS = {
    "full_name": "Ada Lovelace",
    "company": "",
    "line1": "12 rue des Lilas",
    "line2": "",
    "postal_code": "75011",
    "city": "Paris",
    "region": "",
    "country": "FR",
    "phone": "",
}
ADDRESS = {"id": "0190f0c2-7b7e-7c9a-8b1e-0d9f3f1d2c11", **POSTAL_ADDRESS}
ADDRESS_PAGE = {"next": None, "previous": None, "results": [ADDRESS]}
LINE = {
    "variant": BLUE_MUG,
    "product": MUG,
    "title": "Stoneware mug – Blue",
    "sku": "MUG-BLU",
    "quantity": 2,
    "unit_price": EUR_2490,
    "line_total": EUR_4980,
}
DELIVERY = {
    "id": "01936b1c-0000-7000-8000-000000000006",
    "carrier": "Colissimo",
    "tracking_number": "6A12345678901",
    "tracking_url": "https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901",
    "status": "info_received",
    "shipped_at": "2026-11-23T08:00:00Z",
}
ORDER = {
    "id": ORDER_ID,
    "reference": "K7Q2-M9TX-4B",
    "state": "confirmed",
    "buyer": BUYER,
    "shipping_address": POSTAL_ADDRESS,
    "items_total": EUR_4980,
    "shipping_total": EUR_0,
    "total": EUR_4980,
    "seller_orders": [
        {
            "id": "01936b1c-0000-7000-8000-000000000005",
            "seller": SELLER["id"],
            "state": "shipped",
            "total": EUR_4980,
            "lines": [LINE],
            "deliveries": [DELIVERY],
        }
    ],
    "created_at": CREATED,
    "confirmed_at": "2026-11-22T10:15:01Z",
    "payment": {
        "id": "3d2c1b0a-9f8e-57d6-8c5b-4a39281706f5",
        "state": "captured",
        "amount": EUR_4980,
        "refunded": EUR_0,
        "captured_at": "2026-11-22T10:15:01Z",
    },
}
ORDER_DETAIL = {**ORDER, "degraded": []}
ORDER_PAGE = {"next": None, "previous": None, "results": [ORDER], "degraded": []}
SALE_PAGE = {
    "next": None,
    "previous": None,
    "results": [
        {
            "id": "01936b1c-0000-7000-8000-000000000005",
            "order_reference": "K7Q2-M9TX-4B",
            "state": "shipped",
            "total": EUR_4980,
            "shipping_address": POSTAL_ADDRESS,
            "lines": [LINE],
            "deliveries": [DELIVERY],
            "created_at": CREATED,
        }
    ],
}
CHECKOUT = {"id": "c0ffee00-0000-5000-8000-000000000001", "state": "completed", "order": ORDER, "problem": None}


def answer(name: str, value: Any) -> list[OpenApiExample]:
    """An example of what is answered, under a name that people read."""
    return [OpenApiExample(name, value=value, response_only=True)]
