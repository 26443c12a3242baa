from pathlib import Path

from corsheaders.defaults import default_headers

from chassis.settings import env, required, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

SHARED = service_settings(
    service="aggregator",
    base_dir=BASE_DIR,
    apps=[
        "gateways",
        "sagas",
        "checkouts",
        "storefront",
        "platform_status",
        "browser_sessions",
        "audits",
        "reconciliation",
    ],
)
globals().update(SHARED)

# CORS: which frontends may call the API from a browser. Nobody's cookies are needed for that: callers send a token.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_CREDENTIALS = env.bool("CORS_ALLOW_CREDENTIALS", default=False)
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_METHODS = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]
CORS_ALLOW_HEADERS = [
    *default_headers,
    "accept-language",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = ["ETag", "Idempotent-Replayed", "Location", "Retry-After", "X-Request-ID"]
if CORS_ALLOWED_ORIGINS:
    INSTALLED_APPS = [*SHARED["INSTALLED_APPS"], "corsheaders"]
    MIDDLEWARE = list(SHARED["MIDDLEWARE"])
    # Before the first that may refuse: a frontend must be able to read a refusal too.
    MIDDLEWARE.insert(MIDDLEWARE.index("chassis.limits.LimitsMiddleware"), "corsheaders.middleware.CorsMiddleware")

AUTHENTICATION_BACKENDS = [
    "chassis.identity.backends.BreakGlassBackend",
    "browser_sessions.backends.TokenKeepingBackend",
]
REST_FRAMEWORK = SHARED["REST_FRAMEWORK"] | {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chassis.identity.tokens.BearerAuthentication",
        "browser_sessions.authentication.SessionTokenAuthentication",
    ],
}
SPECTACULAR_SETTINGS = SHARED["SPECTACULAR_SETTINGS"] | {
    "TITLE": "Mylittleshopping",
    "DESCRIPTION": "The marketplace's public API.",
    "ENUM_NAME_OVERRIDES": {
        "CartStateEnum": "storefront.api.serializers.CART_STATES",
        "CartLineStatusEnum": "storefront.api.serializers.LINE_STATUSES",
        "OrderStateEnum": "storefront.api.serializers.ORDER_STATES",
        "SaleStateEnum": "storefront.api.serializers.SALE_STATES",
        "PlatformStatusEnum": "platform_status.api.serializers.PLATFORM_STATUSES",
        "ServiceStatusEnum": "platform_status.api.serializers.SERVICE_STATUSES",
        "CheckoutStateEnum": "checkouts.api.serializers.CHECKOUT_STATES",
    },
}

# How long a request drives its checkout itself; then a worker goes on, and the buyer is told where to look.
CHECKOUT_SECONDS = env.float("CHECKOUT_SECONDS", default=10.0)
READY_WITHOUT_DATABASE = True  # all but checkouts
# How long a process answers anonymous callers with a page of the catalogue that it has; 0: each is read anew.
CATALOGUE_CACHE_SECONDS = env.float("CATALOGUE_CACHE_SECONDS", default=0.0)

INVENTORY_URL = required("INVENTORY_URL", development="http://127.0.0.1:8002")
ORDERS_URL = required("ORDERS_URL", development="http://127.0.0.1:8003")
PAYMENT_URL = required("PAYMENT_URL", development="http://127.0.0.1:8004")
SERVICE_CLIENT_ID = required("SERVICE_CLIENT_ID", development="aggregator")
SERVICE_CLIENT_SECRET = required("SERVICE_CLIENT_SECRET", development="development-only-client-secret")
# Of the account that `manage.py audit` reads with: needed where that runs, and nowhere else.
AUDITOR_CLIENT_ID = env.str("AUDITOR_CLIENT_ID", default="auditor")
AUDITOR_CLIENT_SECRET = env.str("AUDITOR_CLIENT_SECRET", default="")
# Of the account that `manage.py reconcile` reads and writes with, likewise.
RECONCILER_CLIENT_ID = env.str("RECONCILER_CLIENT_ID", default="reconciler")
RECONCILER_CLIENT_SECRET = env.str("RECONCILER_CLIENT_SECRET", default="")
SERVICE_DOCS: dict[str, str] = env.dict("SERVICE_DOCS", default={})
