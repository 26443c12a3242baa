"""What an audit looks at: rows of all services as they were read, plain, so that any reader can fill them in.

No Django and no I/O here or in `rules`: the command reads through the services' APIs, the platform's tests read the
databases, and both ask the same rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


class Amount(NamedTuple):
    """Minor units of a currency; `chassis.money.Money` without Django."""

    amount: int
    currency: str

    def __str__(self) -> str:
        sign, cents = "-" if self.amount < 0 else "", abs(self.amount)
        return f"{sign}{cents // 100}.{cents % 100:02d} {self.currency}"


class Line(NamedTuple):
    """So many pieces of a variant, at a price each."""

    variant: UUID
    seller: UUID
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout, and the ids that its parts have if they exist."""

    id: UUID
    buyer: UUID
    state: str
    order: UUID
    payment: UUID
    reservation: UUID
    expected_total: Amount
    created_at: datetime
    due_by: datetime
    """One that still runs then has run for far too long."""
    answer_status: int | None = None
    answered_order: UUID | None = None
    """The order that the answer to its buyer shows."""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A tombstone has no buyer and no lines."""

    id: UUID
    state: str
    buyer: UUID | None
    total: Amount
    lines: tuple[Line, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """A tombstone has no order, buyer and amount. `refunded` includes `refunds_pending`, which is held for refunds."""

    id: UUID
    state: str
    order: UUID | None
    buyer: UUID | None
    amount: Amount | None
    refunded: int
    refunds_pending: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BookEntry:
    """What the payment provider's own book says. `authorised` may still be taken."""

    payment: UUID
    taken: Amount
    refunded: Amount
    authorised: Amount
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """A tombstone has no cart, buyer and lines."""

    id: UUID
    state: str
    cart: UUID | None
    cart_state: str | None
    buyer: UUID | None
    total: Amount
    lines: tuple[Line, ...]
    created_at: datetime
    finished_at: datetime | None
    metadata: Mapping[str, Any] | None = None
    """What its checkout left with it."""


@dataclass(frozen=True, slots=True)
class Stock:
    """A variant's stock, what live reservations hold, and its ledger's sums: negative where they took away."""

    variant: UUID
    on_hand: int
    reserved: int
    held: int
    receipts: int
    returns: int
    corrections: int
    losses: int
    sales: int


@dataclass(frozen=True, slots=True)
class Job:
    """A background job that waits, or that was given up. `run_at` is when it is due, or when its lease ends."""

    service: str
    id: UUID
    task: str
    state: str
    attempts: int
    run_at: datetime
    leased: bool
    last_error: str


@dataclass(frozen=True, slots=True)
class CheckoutAnswer:
    """An answer that a buyer got to a checkout; `checkout` and `order` are the ids that their key stands for."""

    buyer: UUID
    key: str
    status: int
    checkout: UUID
    order: UUID
    answered_checkout: UUID | None = None
    answered_order: UUID | None = None
    total: Amount | None = None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order as an answer showed it to its buyer."""

    buyer: UUID
    order: UUID
    total: Amount | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What buyers were told, by whoever played them."""

    checkouts: Sequence[CheckoutAnswer] = ()
    orders: Sequence[OrderShown] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that was read, from `read_at` on, checkouts first.

    What began before `since` is there as far as something else may refer to it, and is not judged; None judges all.
    Of parts older than `checkouts_known_since` the checkout may be forgotten.
    """

    read_at: datetime
    since: datetime | None
    checkouts_known_since: datetime | None
    checkouts: Mapping[UUID, Checkout]
    orders: Mapping[UUID, Order]
    payments: Mapping[UUID, Payment]
    book: Sequence[BookEntry]
    reservations: Mapping[UUID, Reservation]
    stock: Sequence[Stock]
    jobs: Sequence[Job]
    record: Record = field(default_factory=Record)

    def judges(self, created_at: datetime) -> bool:
        return self.since is None or created_at >= self.since
