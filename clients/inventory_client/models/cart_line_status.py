from enum import StrEnum


class CartLineStatus(StrEnum):
    INSUFFICIENT_STOCK = "insufficient_stock"
    OK = "ok"
    PRICE_CHANGED = "price_changed"
    UNAVAILABLE = "unavailable"

    def __str__(self) -> str:
        return str(self.value)
