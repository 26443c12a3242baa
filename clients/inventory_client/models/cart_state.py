from enum import StrEnum


class CartState(StrEnum):
    CLOSED = "closed"
    IN_CHECKOUT = "in_checkout"
    OPEN = "open"

    def __str__(self) -> str:
        return str(self.value)
