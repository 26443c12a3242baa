from pathlib import Path

from django.conf import global_settings

from chassis.settings import env, required, service_settings

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

# Product images; another host or a bucket may serve them, from MEDIA_URL.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
MEDIA_URL = env.str("MEDIA_URL", default=f"{_shared['PUBLIC_URL']}/media/")
# Many machines share no disk: then images lie in a bucket, which browsers read and only this service writes.
MEDIA_S3_BUCKET = env.str("MEDIA_S3_BUCKET", default="")
if MEDIA_S3_BUCKET:
    # A tenth of a second at each start, where it is needed.
    from botocore.config import Config

    MEDIA_URL = required("MEDIA_URL", development=f"{_shared['PUBLIC_URL']}/media/")
    STORAGES = global_settings.STORAGES | {
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": MEDIA_S3_BUCKET,
                "region_name": env.str("MEDIA_S3_REGION", default="") or None,
                "endpoint_url": env.str("MEDIA_S3_ENDPOINT", default="") or None,
                # Without keys the process has an identity of the hosting provider's.
                "access_key": env.str("MEDIA_S3_ACCESS_KEY", default="") or None,
                "secret_key": env.str("MEDIA_S3_SECRET_KEY", default="") or None,
                # Who may read is the bucket's policy.
                "default_acl": None,
                "querystring_auth": False,
                # Two uploads of one name are two files.
                "file_overwrite": False,
                "object_parameters": {"CacheControl": "public, max-age=86400"},
                # Above what an upload of 20 MiB takes, below a request's deadline.
                "client_config": Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2}),
            },
        }
    }
