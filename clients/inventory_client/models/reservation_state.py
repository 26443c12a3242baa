from enum import StrEnum


class ReservationState(StrEnum):
    COMMITTED = "committed"
    LIVE = "live"
    RELEASED = "released"

    def __str__(self) -> str:
        return str(self.value)
