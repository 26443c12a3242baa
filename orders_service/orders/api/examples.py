"""What orders look like, for the spec."""

from typing import Any

from drf_spectacular.utils import OpenApiExample


def _eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


_LINE = {
    "variant": "0193a5c2-0001-7c41-9d2e-5b1f0c6a7d88",
    "product": "0193a5c2-0002-7c41-9d2e-5b1f0c6a7d88",
    "title": "Linen shirt, white, M",
    "sku": "LIN-WH-M",
    "quantity": 2,
    "unit_price": _eur(1999),
}
_ADDRESS = {
    "full_name": "Claire Martin",
    "company": "",
    "line1": "12 rue des Lilas",
    "line2": "",
    "postal_code": "69003",
    "city": "Lyon",
    "region": "",
    "country": "FR",
    "phone": "",
}
_SELLER = "0193a5c2-0003-7c41-9d2e-5b1f0c6a7d88"
_DELIVERY = {
    "id": "0193a5d0-1111-7c41-9d2e-5b1f0c6a7d88",
    "carrier": "Colissimo",
    "tracking_number": "6A12345678901",
    "tracking_url": "https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901",
    "status": "info_received",
    "shipped_at": "2026-11-22T10:15:00Z",
}
_SALE = {
    "id": "0193a5c2-0004-7c41-9d2e-5b1f0c6a7d88",
    "state": "shipped",
    "total": _eur(3998),
    "lines": [{**_LINE, "line_total": _eur(3998)}],
    "deliveries": [_DELIVERY],
}
_ORDER_ID = "5d0c2f0e-8f5b-5c1a-9b6e-3f1f6d2a7c10"

PLACEMENT = OpenApiExample(
    "Two shirts",
    value={
        "buyer": {"id": "0193a5c2-0005-7c41-9d2e-5b1f0c6a7d88", "email": "claire@example.com", "language": "fr"},
        "shipping_address": "0193a5c2-0006-7c41-9d2e-5b1f0c6a7d88",
        "currency": "EUR",
        "lines": [{**_LINE, "seller": _SELLER}],
    },
    request_only=True,
)
ORDER = OpenApiExample(
    "An order on its way",
    value={
        "id": _ORDER_ID,
        "reference": "K7Q2-M9TX-4B",
        "state": "confirmed",
        "buyer": "0193a5c2-0005-7c41-9d2e-5b1f0c6a7d88",
        "shipping_address": _ADDRESS,
        "items_total": _eur(3998),
        "shipping_total": _eur(0),
        "total": _eur(3998),
        "seller_orders": [{**_SALE, "seller": _SELLER}],
        "created_at": "2026-11-21T18:02:11.482113Z",
        "confirmed_at": "2026-11-21T18:02:12.001204Z",
    },
    response_only=True,
    status_codes=["200", "201"],
)
REJECTION = OpenApiExample("Called off", value={"id": _ORDER_ID, "state": "rejected"}, response_only=True)
SALE = OpenApiExample(
    "A sale on its way",
    value={
        **_SALE,
        "order_reference": "K7Q2-M9TX-4B",
        "shipping_address": _ADDRESS,
        "created_at": "2026-11-21T18:02:11.482113Z",
    },
    response_only=True,
)
AUDITED_ORDER = OpenApiExample(
    "An order on its way",
    value={
        "id": _ORDER_ID,
        "state": "confirmed",
        "buyer": "0193a5c2-0005-7c41-9d2e-5b1f0c6a7d88",
        "items_total": _eur(3998),
        "shipping_total": _eur(0),
        "total": _eur(3998),
        "seller_orders": [
            {
                "id": _SALE["id"],
                "seller": _SELLER,
                "state": "shipped",
                "lines": [{name: _LINE[name] for name in ("variant", "quantity", "unit_price")}],
            }
        ],
        "created_at": "2026-11-22T10:00:00Z",
        "confirmed_at": "2026-11-22T10:00:01Z",
    },
    response_only=True,
)
