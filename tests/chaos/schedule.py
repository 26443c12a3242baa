"""The storm, drawn from a seed: what fails, when, how, and for how long.

A fault is due when so many checkouts have begun, so that a slow machine meets the same storm as a quick one. Faults are
dealt in rounds; each round has every part of the platform fail in each of its ways, of services that take turns.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, count


class Part(StrEnum):
    """What fails."""

    WEB = "web"
    """A service's gunicorn: its master, and with it all of its workers."""
    WEB_WORKER = "web worker"
    """One of the processes that a gunicorn has forked."""
    JOB_WORKER = "job worker"
    POSTGRES = "postgres"
    BACKEND = "postgres backend"
    """The process of one connection to a database."""
    CALLS = "calls"
    """What the aggregator calls a service for, and its answers."""
    MAILJET = "mailjet"
    PLATFORM = "whole platform"
    """Every process at the same moment, as by a power cut."""


class Act(StrEnum):
    """How it fails."""

    KILL = "kill -9"
    HANG = "hang"
    """SIGSTOP, and SIGCONT after a while."""
    OUTLAST = "hang past its lease"
    """The same, until another has taken over what it was doing."""
    RESTART = "restart"
    """An orderly end; the runner starts it again."""
    DELAY = "delay"
    DROP_BEFORE = "drop the call"
    DROP_AFTER = "drop the answer"
    TRUNCATE = "truncate the answer"
    DUPLICATE = "deliver twice"
    REFUSE = "answer 500"
    LATE = "answer too late"


SERVICES = ("aggregator", "auth", "inventory", "orders", "payment")
CALLED = ("auth", "inventory", "orders", "payment")
SAGA_LEASE = 30.0
JOB_LEASE = 30.0
"""Of mails. They are the one effect of jobs that no database rolls back."""

AT_ONCE = (0.0, 0.0)
A_WHILE = (0.5, 8.0)


@dataclass(frozen=True)
class Card:
    """A kind of fault, and how long it may last (seconds)."""

    part: Part
    act: Act
    services: tuple[str, ...]
    seconds: tuple[float, float]


ROUND = (
    Card(Part.WEB, Act.KILL, SERVICES, AT_ONCE),
    Card(Part.WEB, Act.HANG, SERVICES, A_WHILE),
    Card(Part.WEB, Act.RESTART, SERVICES, AT_ONCE),
    Card(Part.WEB_WORKER, Act.KILL, SERVICES, AT_ONCE),
    Card(Part.WEB_WORKER, Act.HANG, SERVICES, A_WHILE),
    Card(Part.WEB_WORKER, Act.OUTLAST, ("aggregator",), (SAGA_LEASE + 2, SAGA_LEASE + 8)),
    Card(Part.JOB_WORKER, Act.KILL, SERVICES, AT_ONCE),
    Card(Part.JOB_WORKER, Act.HANG, SERVICES, A_WHILE),
    Card(Part.JOB_WORKER, Act.OUTLAST, ("orders", "aggregator"), (JOB_LEASE + 2, JOB_LEASE + 8)),
    Card(Part.JOB_WORKER, Act.RESTART, SERVICES, AT_ONCE),
    Card(Part.POSTGRES, Act.KILL, SERVICES, AT_ONCE),
    Card(Part.POSTGRES, Act.HANG, SERVICES, A_WHILE),
    Card(Part.POSTGRES, Act.RESTART, SERVICES, AT_ONCE),
    Card(Part.BACKEND, Act.KILL, SERVICES, AT_ONCE),
    Card(Part.BACKEND, Act.HANG, SERVICES, A_WHILE),
    Card(Part.CALLS, Act.DELAY, CALLED, (3.0, 10.0)),
    Card(Part.CALLS, Act.DROP_BEFORE, CALLED, (3.0, 10.0)),
    Card(Part.CALLS, Act.DROP_AFTER, CALLED, (3.0, 10.0)),
    Card(Part.CALLS, Act.TRUNCATE, CALLED, (3.0, 10.0)),
    Card(Part.CALLS, Act.DUPLICATE, CALLED, (3.0, 10.0)),
    Card(Part.PLATFORM, Act.KILL, ("all",), AT_ONCE),
    Card(Part.MAILJET, Act.REFUSE, ("mailjet",), (3.0, 6.0)),
    Card(Part.MAILJET, Act.LATE, ("mailjet",), (3.0, 6.0)),
)


@dataclass(frozen=True)
class Fault:
    """One fault: due when `due` checkouts have begun. `pick` says which, where a service has several such processes."""

    number: int
    due: int
    service: str
    part: Part
    act: Act
    seconds: float
    pick: int

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"fault {self.number:2} at checkout {self.due:4}: {self.whom}: {self.act}{lasting}"

    @property
    def whom(self) -> str:
        return str(self.part) if self.part in {Part.MAILJET, Part.PLATFORM} else f"{self.service} {self.part}"


def draw(*, seed: int, faults: int, checkouts: int) -> list[Fault]:
    """So many faults, evenly spread over so many checkouts; the same seed draws the same."""
    chance = random.Random(f"{seed} schedule")
    cards = _rounds(chance)
    turns = {card.services: _turns(chance, card.services) for card in ROUND}
    drawn = []
    for number in range(faults):
        card = next(cards)
        drawn.append(
            Fault(
                number=number + 1,
                due=int((number + chance.random()) * checkouts / faults),
                service=next(turns[card.services]),
                part=card.part,
                act=card.act,
                seconds=round(chance.uniform(*card.seconds), 1),
                pick=chance.randrange(1000),
            )
        )
    return drawn


def _rounds(chance: random.Random) -> Iterator[Card]:
    return chain.from_iterable(chance.sample(ROUND, len(ROUND)) for _ in count())


def _turns(chance: random.Random, services: tuple[str, ...]) -> Iterator[str]:
    return chain.from_iterable(chance.sample(services, len(services)) for _ in count())
