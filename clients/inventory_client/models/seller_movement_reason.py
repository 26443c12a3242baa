from enum import StrEnum


class SellerMovementReason(StrEnum):
    CORRECTION = "correction"
    LOSS = "loss"
    RECEIPT = "receipt"
    RETURN = "return"

    def __str__(self) -> str:
        return str(self.value)
