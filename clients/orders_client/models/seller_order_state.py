from enum import StrEnum


class SellerOrderState(StrEnum):
    CANCELLED = "cancelled"
    DELIVERED = "delivered"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    TO_PREPARE = "to_prepare"

    def __str__(self) -> str:
        return str(self.value)
