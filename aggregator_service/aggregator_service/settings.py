from pathlib import Path

from chassis.settings import required, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

globals().update(
    service_settings(
        service="aggregator",
        base_dir=BASE_DIR,
        apps=["sagas"],
    )
)

INVENTORY_URL = required("INVENTORY_URL", development="http://127.0.0.1:8002")
ORDERS_URL = required("ORDERS_URL", development="http://127.0.0.1:8003")
PAYMENT_URL = required("PAYMENT_URL", development="http://127.0.0.1:8004")
SERVICE_CLIENT_ID = required("SERVICE_CLIENT_ID", development="aggregator")
SERVICE_CLIENT_SECRET = required("SERVICE_CLIENT_SECRET", development="development-only-client-secret")
