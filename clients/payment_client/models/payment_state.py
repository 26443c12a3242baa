from enum import StrEnum


class PaymentState(StrEnum):
    CANCELLED = "cancelled"
    CAPTURED = "captured"
    DECLINED = "declined"
    EXPIRED = "expired"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"

    def __str__(self) -> str:
        return str(self.value)
