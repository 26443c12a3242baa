"""Money: an integer of minor units (cents) with its ISO 4217 currency; never a float."""

from dataclasses import dataclass
from typing import Any

MAX_AMOUNT = 10**12
"""Upper bound of any amount on the wire, in minor units: far above every sale, far below what a bigint sum holds."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency. Arithmetic across currencies raises `ValueError`."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        sign, cents = "-" if self.amount < 0 else "", abs(self.amount)
        return f"{sign}{cents // 100}.{cents % 100:02d} {self.currency}"

    def as_json(self) -> dict[str, Any]:
        return {"amount": self.amount, "currency": self.currency}

    def _check(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def total(amounts: "list[Money]", currency: str) -> Money:
    """Sum amounts of one currency; an empty list is zero of it."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result
