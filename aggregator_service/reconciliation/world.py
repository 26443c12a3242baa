"""What reconcile compares: plain rows, so that the rules need no service and no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audits.snapshot import Checkout, Snapshot


@dataclass(frozen=True, slots=True)
class Memory:
    """What a checkout knew before all else was read: what it says has been done, was done by then.

    `passed` its pivot, `backward` being called off for good, `failing` to be called off unless it was paid; `reserved`,
    `placed` and `buyer_known`: whether it remembers all that makes the reservation, the order, the account again.
    """

    passed: bool
    backward: bool
    failing: bool
    reserved: bool
    placed: bool
    buyer_known: bool


@dataclass(frozen=True, slots=True)
class Memo:
    """A checkout that only its reservation tells of, with the ids that its parts have if they exist."""

    checkout: UUID
    reservation: UUID
    order: UUID
    payment: UUID


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore after which its service does not write yet."""

    service: str
    id: UUID
    recovery_point: datetime


@dataclass(frozen=True, slots=True)
class World:
    """All that was read. `accounts` says of each that exists whether its address is verified, or its owner asked to."""

    seen: Snapshot
    memories: Mapping[UUID, Memory]
    memos: Sequence[Memo]
    accounts: Mapping[UUID, bool]
    restores: Sequence[Restored]
    past_logins: int = 0

    def checkouts(self) -> Iterator[tuple[Checkout, Memory]]:
        """Those that were there before anything else was read."""
        for ident, checkout in self.seen.checkouts.items():
            if ident in self.memories:
                yield checkout, self.memories[ident]
