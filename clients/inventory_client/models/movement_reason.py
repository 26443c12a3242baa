from enum import StrEnum


class MovementReason(StrEnum):
    CORRECTION = "correction"
    LOSS = "loss"
    RECEIPT = "receipt"
    RETURN = "return"
    SALE = "sale"

    def __str__(self) -> str:
        return str(self.value)
