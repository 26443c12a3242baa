"""The load's own record: every answer that anybody got, and what can be wrong about it without asking anybody.

What promises something, the answers to checkouts and the orders shown, is written to a file, one JSON object a line, as
`manage.py audit --record` reads it.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TextIO


class Kind(StrEnum):
    """What was asked."""

    BROWSE = "browse"
    LOG_IN = "log in"
    ACCOUNT = "own account"
    CART = "cart"
    CHECKOUT = "checkout"
    OTHER_BODY = "checkout with another body"
    CANCEL = "cancel"
    ORDER_SHOWN = "order_shown"
    REGISTER = "register"
    SALES = "sales"
    SHIP = "ship"
    MOVEMENT = "stock correction"
    PRICE = "price change"


DOWN = {503}
EXPECTED: dict[Kind, set[int]] = {
    Kind.BROWSE: {200} | DOWN,
    Kind.LOG_IN: {200} | DOWN,
    Kind.ACCOUNT: {200} | DOWN,
    Kind.CART: {200, 201, 204, 409} | DOWN,
    Kind.CHECKOUT: {201, 202, 402, 409} | DOWN,
    # The first may never have arrived, and then the second is the one that counts.
    Kind.OTHER_BODY: {422} | DOWN,
    Kind.CANCEL: {200, 202, 404, 409} | DOWN,
    Kind.ORDER_SHOWN: {200} | DOWN,
    Kind.REGISTER: {201, 409} | DOWN,
    Kind.SALES: {200} | DOWN,
    Kind.SHIP: {201, 409} | DOWN,
    Kind.MOVEMENT: {201, 409} | DOWN,
    Kind.PRICE: {200} | DOWN,
}
"""What may be answered while everything around fails. No answer at all may always be."""

FINAL = {201, 402, 409}
"""By these a checkout is over, and every later answer to its key is the same."""

CANCELLED: dict[int | None, bool] = {200: True, 409: False}
"""Whether a checkout is called off by then, by the answer to its cancellation; by others it may or may not be."""


@dataclass(frozen=True)
class Answer:
    """What somebody was told, or that there was no answer (`status` is None).

    It was asked for `at` so many seconds after the load began, and waited for so many `seconds`.
    """

    kind: Kind
    at: float
    seconds: float
    buyer: str | None
    key: str | None
    status: int | None
    checkout: str | None = None
    order: str | None = None
    total: dict[str, Any] | None = None
    state: str | None = None
    code: str | None = None
    request: str | None = None

    @property
    def promises(self) -> bool:
        """Whether it must be true for ever."""
        if self.kind is Kind.ORDER_SHOWN:
            return self.order is not None
        return self.kind is Kind.CHECKOUT and self.status is not None


class Record:
    """All answers, in the order in which they came; any number of threads may add."""

    def __init__(self, file: TextIO, *, path: Path | None = None) -> None:
        self.answers: list[Answer] = []
        self.path = path
        self._file = file
        self._lock = threading.Lock()

    @classmethod
    def in_file(cls, path: Path) -> Self:
        return cls(path.open("w"), path=path)

    def add(self, answer: Answer) -> None:
        with self._lock:
            self.answers.append(answer)
            if answer.promises:
                self._file.write(json.dumps(asdict(answer)) + "\n")
                self._file.flush()

    def close(self) -> None:
        self._file.close()


def findings(answers: Iterable[Answer]) -> list[str]:
    """What is wrong with the answers alone: ones that nobody should get, and ones that contradict each other."""
    found = []
    told, cancelled, shown = defaultdict(list), defaultdict(list), defaultdict(list)
    for answer in answers:
        if answer.status is not None and answer.status not in EXPECTED[answer.kind]:
            found.append(f"{answer.kind} was answered {answer.status} {answer.code or ''} (request {answer.request})")
        if answer.kind is Kind.CHECKOUT and answer.status in FINAL:
            told[answer.buyer, answer.key].append(answer)
        if answer.kind is Kind.CANCEL and answer.status in CANCELLED:
            cancelled[answer.buyer, answer.key].append(answer)
        if answer.order is not None and answer.total is not None:
            shown[answer.order].append(answer)
    for who_and_key, ends in told.items():
        found += _contradictions(ends, cancelled[who_and_key])
    for order, looks in shown.items():
        totals = {_text(answer.total) for answer in looks}
        if len(totals) > 1:
            found.append(f"order {order} was shown with the totals {', '.join(sorted(totals))}")
    return found


def _contradictions(ends: Sequence[Answer], cancellations: Sequence[Answer]) -> Iterator[str]:
    """What is wrong with the final answers to one key, and with those to the cancellations of its checkout."""
    which = f"the checkout with the key {ends[0].key}"
    said = Counter((answer.status, answer.order, _text(answer.total), answer.code) for answer in ends)
    if len(said) > 1:
        yield f"buyer {ends[0].buyer} was told different ends of {which}: {dict(said)}"
    bought = any(answer.status == 201 for answer in ends)
    for answer in cancellations:
        if CANCELLED[answer.status] is bought:
            outcome = "bought" if bought else "not bought"
            yield f"buyer {answer.buyer} was told {answer.status} when cancelling {which}, which was {outcome}"


def _text(total: dict[str, Any] | None) -> str:
    return "" if total is None else f"{total['amount']} {total['currency']}"
