from pathlib import Path

from chassis.settings import service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

_settings = service_settings(service="orders", base_dir=BASE_DIR, apps=["addresses", "orders", "deliveries"])
_settings["SPECTACULAR_SETTINGS"]["ENUM_NAME_OVERRIDES"] |= {
    "OrderState": "orders.states.OrderState",
    "SellerOrderState": "orders.states.SellerOrderState",
    "DeliveryStatus": "deliveries.states.DeliveryStatus",
}
globals().update(_settings)
