from pathlib import Path

from chassis.settings import env, required, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

SHARED = service_settings(
    service="aggregator",
    base_dir=BASE_DIR,
    apps=["gateways", "sagas", "checkouts", "storefront", "platform_status", "browser_sessions"],
)
globals().update(SHARED)

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

READY_WITHOUT_DATABASE = True  # all but checkouts

INVENTORY_URL = required("INVENTORY_URL", development="http://127.0.0.1:8002")
ORDERS_URL = required("ORDERS_URL", development="http://127.0.0.1:8003")
PAYMENT_URL = required("PAYMENT_URL", development="http://127.0.0.1:8004")
SERVICE_CLIENT_ID = required("SERVICE_CLIENT_ID", development="aggregator")
SERVICE_CLIENT_SECRET = required("SERVICE_CLIENT_SECRET", development="development-only-client-secret")
SERVICE_DOCS: dict[str, str] = env.dict("SERVICE_DOCS", default={})
