from pathlib import Path

from chassis.settings import env, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

_shared = service_settings(service="inventory", base_dir=BASE_DIR, apps=["catalogue", "carts", "stock"])
_shared["SPECTACULAR_SETTINGS"] |= {
    "ENUM_NAME_OVERRIDES": _shared["SPECTACULAR_SETTINGS"]["ENUM_NAME_OVERRIDES"]
    | {
        "ProductState": "catalogue.states.ProductState",
        "ProductOrdering": "catalogue.api.filters.ProductOrdering",
        "DraftOrPublished": "catalogue.api.serializers.INITIAL_STATES",
        "CartState": "carts.states.CartState",
        "CartLineStatus": "carts.states.LineStatus",
        "ReservationState": "stock.states.ReservationState",
        "MovementReason": "stock.states.MovementReason",
        "SellerMovementReason": "stock.states.SELLER_REASONS",
    },
    "TAGS": [
        {"name": "catalogue", "description": "What everybody may browse."},
        {"name": "carts", "description": "Anonymous carts, and those of buyers."},
        {"name": "reservations", "description": "What a checkout holds back; for services only."},
        {"name": "seller", "description": "Sellers' own products, variants and stock."},
        {"name": "audit", "description": "What the auditor reads, and nobody else."},
        {"name": "reconcile", "description": "What others remember, told to a database that was restored."},
    ],
}
globals().update(_shared)

# Product images; another host or a bucket may serve them.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
MEDIA_URL = env.str("MEDIA_URL", default=f"{_shared['PUBLIC_URL']}/media/")
