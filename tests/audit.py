"""What must be true of all databases together once no checkout runs any more.

The rules are those of `manage.py audit`. That reads through the services' APIs; here the truth is read where it lies,
in each service's own tables, since an API could be wrong too.
"""

import json
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import psycopg2.extras  # type: ignore[import-untyped]

from audits import rules, snapshot
from tests.shop import Basket, Shop

Row = dict[str, Any]


class Databases:
    """All services' databases, to be read; and the few things that a test may move in the saga's row."""

    def __init__(self, shop: Shop) -> None:
        self._platform = shop.platform

    def read(self, service: str, query: str, *values: Any) -> list[Row]:
        with _connection(self._platform.database_url(service), readonly=True) as connection:
            return _rows(connection, query, values)

    def write(self, service: str, query: str, *values: Any) -> int:
        """How many rows were changed."""
        url = self._platform.database_url(service)
        with _connection(url, readonly=False) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return int(cursor.rowcount)

    def connection(self, service: str) -> Any:
        """A connection of the test's own, that may hold a lock for long; the test closes it."""
        return psycopg2.connect(
            self._platform.database_url(service), options="-c idle_in_transaction_session_timeout=0"
        )


class _connection:  # noqa: N801 - psycopg2's own context manager does not close
    def __init__(self, url: str, *, readonly: bool) -> None:
        self._connection = psycopg2.connect(url, connect_timeout=5)
        self._connection.set_session(readonly=readonly)

    def __enter__(self) -> Any:
        return self._connection

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()


def _rows(connection: Any, query: str, values: tuple[Any, ...]) -> list[Row]:
    psycopg2.extras.register_uuid(conn_or_curs=connection)
    with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(query, values)
        return [dict(row) for row in cursor.fetchall()]


# The saga's row, as far as tests look at it and move it.


def saga_of(shop: Shop, basket: Basket) -> Row | None:
    rows = Databases(shop).read("aggregator", "SELECT * FROM sagas_saga WHERE id = %s", basket.checkout)
    return rows[0] if rows else None


def let_leases_run_out(shop: Shop, baskets: Collection[Basket]) -> None:
    """As if 30 seconds had passed since the drivers of these checkouts were last seen."""
    _move(shop, baskets, "lease_until = now() - interval '1 second'")


def let_deadlines_pass(shop: Shop, baskets: Collection[Basket]) -> None:
    """As if two minutes had passed since these checkouts began."""
    _move(shop, baskets, "deadline_at = now() - interval '1 second'")


def _move(shop: Shop, baskets: Collection[Basket], change: str) -> None:
    Databases(shop).write(
        "aggregator",
        # The version too: whoever drives is overtaken, as by the worker that takes a saga whose lease ran out.
        f"UPDATE sagas_saga SET {change}, next_attempt_at = now(), version = version + 1"
        " WHERE state = 'running' AND id = ANY(%s::uuid[])",
        [str(basket.checkout) for basket in baskets],
    )


def wait_for_the_end(shop: Shop, seconds: float = 90.0) -> None:
    """Returns once no saga runs; fails when one is stuck or still running after that time."""
    deadline = time.monotonic() + seconds
    while True:
        open_sagas = _open_sagas(shop)
        if open_sagas == []:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not ended after {seconds} s: {open_sagas}")
        time.sleep(0.2)


def _open_sagas(shop: Shop) -> list[Row] | None:
    try:
        return Databases(shop).read(
            "aggregator",
            "SELECT id, state, direction, step, done, intended, attempts, last_error FROM sagas_saga"
            " WHERE state NOT IN ('completed', 'compensated')",
        )
    except psycopg2.OperationalError:
        return None  # the database is being started again


# The audit.


@dataclass(frozen=True)
class Truth:
    """Everything that checkouts left behind, by id."""

    sagas: dict[uuid.UUID, Row]
    orders: dict[uuid.UUID, Row]
    payments: dict[uuid.UUID, Row]
    intents: dict[uuid.UUID, Row]
    reservations: dict[uuid.UUID, Row]
    carts: dict[uuid.UUID, Row]
    order_lines: dict[uuid.UUID, list[Row]]
    reservation_lines: dict[uuid.UUID, list[Row]]
    levels: list[Row]
    jobs: list[Row]


def audit(shop: Shop, *, seconds: float = 90.0) -> Truth:
    """Waits until all checkouts have ended, then fails with all that is wrong in any database."""
    wait_for_the_end(shop, seconds)
    truth = _truth(shop)
    found = [f"{finding.code}: {finding.message} {dict(finding.ids)}" for finding in rules.audit(snapshot_of(truth))]
    wrong = [*found, *_unseen_through_the_apis(shop, truth)]
    assert not wrong, "\n".join(wrong)
    return truth


def run_audit(shop: Shop, *options: str) -> subprocess.CompletedProcess[str]:
    """`manage.py audit` as an operator runs it beside the aggregator."""
    (aggregator,) = (service for service in shop.platform.services if service.name == "aggregator")
    return subprocess.run(
        [sys.executable, "manage.py", "audit", *options],
        cwd=aggregator.folder,
        env=shop.platform.variables(aggregator),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _truth(shop: Shop) -> Truth:
    databases = Databases(shop)

    def by(name: str, service: str, query: str) -> dict[uuid.UUID, Row]:
        return {row[name]: row for row in databases.read(service, query)}

    def lines(service: str, query: str) -> dict[uuid.UUID, list[Row]]:
        found = defaultdict(list)
        for row in databases.read(service, query):
            found[row.pop("parent")].append(row)
        return found

    return Truth(
        sagas=by("id", "aggregator", "SELECT * FROM sagas_saga WHERE kind = 'checkout'"),
        orders=by("id", "orders", "SELECT * FROM orders_order"),
        payments=by("id", "payment", "SELECT * FROM payments_payment"),
        intents=by("payment", "payment", "SELECT * FROM sandbox_sandboxintent"),
        reservations=by("id", "inventory", "SELECT * FROM stock_reservation"),
        carts=by("id", "inventory", "SELECT * FROM carts_cart"),
        order_lines=lines(
            "orders",
            "SELECT part.order_id AS parent, line.variant, line.quantity, line.unit_amount AS price, part.seller"
            " FROM orders_orderline line JOIN orders_sellerorder part ON part.id = line.seller_order_id",
        ),
        reservation_lines=lines(
            "inventory",
            "SELECT reservation_id AS parent, variant_id AS variant, quantity, price_amount AS price, seller"
            " FROM stock_reservationline",
        ),
        levels=databases.read("inventory", LEVELS),
        jobs=[
            {"service": service.name, **row}
            for service in shop.platform.services
            for row in databases.read(service.name, "SELECT * FROM jobs_job WHERE state <> 'done'")
        ],
    )


LEVELS = """
SELECT level.variant_id, level.on_hand, level.reserved, coalesce(sum(movement.delta), 0)::bigint AS moved,
    coalesce(sum(movement.delta) FILTER (WHERE movement.reason IN ('receipt', 'return')), 0)::bigint AS received,
    coalesce(sum(movement.delta) FILTER (WHERE movement.reason = 'sale'), 0)::bigint AS sales
FROM stock_stocklevel level LEFT JOIN stock_stockmovement movement ON movement.level_id = level.variant_id
GROUP BY 1, 2, 3
"""


def snapshot_of(truth: Truth) -> snapshot.Snapshot:
    """The rows as the rules read them; the ids of a checkout's parts are derived here a second time."""
    held: Counter[uuid.UUID] = Counter()
    for ident, reservation in truth.reservations.items():
        if reservation["state"] == "live":
            for line in truth.reservation_lines[ident]:
                held[line["variant"]] += line["quantity"]
    return snapshot.Snapshot(
        read_at=datetime.now(UTC),
        since=None,
        checkouts_known_since=None,
        checkouts={ident: _checkout(saga) for ident, saga in truth.sagas.items()},
        orders={ident: _order(row, truth.order_lines[ident]) for ident, row in truth.orders.items()},
        payments={ident: _payment(row) for ident, row in truth.payments.items()},
        book=[_book_entry(row) for row in truth.intents.values()],
        reservations={ident: _reservation(row, truth) for ident, row in truth.reservations.items()},
        stock=[_stock(row, held[row["variant_id"]]) for row in truth.levels],
        jobs=[
            snapshot.Job(leased=job["lease"] is not None, **{name: job[name] for name in JOB_COLUMNS})
            for job in truth.jobs
        ],
    )


JOB_COLUMNS = ("service", "id", "task", "state", "attempts", "run_at", "last_error")


def _checkout(saga: Row) -> snapshot.Checkout:
    ident = saga["id"]
    answer = json.loads(saga["answer_body"] or "{}")
    return snapshot.Checkout(
        id=ident,
        buyer=saga["account_id"],
        state=saga["state"],
        order=uuid.uuid5(ident, "order"),
        payment=uuid.uuid5(ident, "payment"),
        reservation=uuid.uuid5(ident, "reservation"),
        expected_total=snapshot.Amount(**saga["data"]["expected_total"]),
        created_at=saga["created_at"],
        due_by=saga["deadline_at"],
        answer_status=saga["answer_status"],
        answered_order=uuid.UUID(answer["order"]["id"]) if answer.get("order") else None,
        last_error=saga["last_error"],
    )


def _order(row: Row, lines: list[Row]) -> snapshot.Order:
    return snapshot.Order(
        id=row["id"],
        state=row["state"],
        buyer=row["buyer"],
        total=snapshot.Amount(row["total_amount"], row["currency"]),
        lines=tuple(snapshot.Line(**line) for line in lines),
        created_at=row["created_at"],
    )


def _payment(row: Row) -> snapshot.Payment:
    return snapshot.Payment(
        id=row["id"],
        state=row["state"],
        order=row["order"],
        buyer=row["buyer"],
        amount=None if row["amount"] is None else snapshot.Amount(row["amount"], row["currency"]),
        refunded=row["refunded_amount"],
        refunds_pending=0,
        created_at=row["created_at"],
    )


def _book_entry(intent: Row) -> snapshot.BookEntry:
    """By the intent itself; the audit's command reads the lines of the book."""

    def amount(statuses: set[str]) -> snapshot.Amount:
        return snapshot.Amount(intent["amount"] if intent["status"] in statuses else 0, intent["currency"])

    return snapshot.BookEntry(
        payment=intent["payment"],
        taken=amount({"succeeded"}),
        refunded=snapshot.Amount(intent["refunded_amount"], intent["currency"]),
        authorised=amount({"requires_confirmation", "requires_action"}),
        created_at=intent["created_at"],
    )


def _reservation(row: Row, truth: Truth) -> snapshot.Reservation:
    cart = truth.carts.get(row["cart_id"])
    lines = tuple(snapshot.Line(**line) for line in truth.reservation_lines[row["id"]])
    return snapshot.Reservation(
        id=row["id"],
        state=row["state"],
        cart=row["cart_id"],
        cart_state=None if cart is None else cart["state"],
        buyer=row["buyer"],
        total=snapshot.Amount(sum(line.price * line.quantity for line in lines), row["currency"]),
        lines=lines,
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )


def _stock(level: Row, held: int) -> snapshot.Stock:
    return snapshot.Stock(
        variant=level["variant_id"],
        on_hand=level["on_hand"],
        reserved=level["reserved"],
        held=held,
        receipts=level["received"],
        returns=0,
        corrections=level["moved"] - level["received"] - level["sales"],
        losses=0,
        sales=level["sales"],
    )


def _unseen_through_the_apis(shop: Shop, truth: Truth) -> Iterator[str]:
    """Whose carts were reserved, and whether the sandbox's book agrees with itself."""
    for ident, reservation in truth.reservations.items():
        cart = truth.carts.get(reservation["cart_id"])
        if cart is not None and cart["account"] != reservation["buyer"]:
            yield f"the cart {cart['id']} of the reservation {ident} belongs to {cart['account']}"
    moved = {
        row["reference"]: int(row["moved"])
        for row in Databases(shop).read(
            "payment", "SELECT intent_id AS reference, sum(moved_amount) AS moved FROM sandbox_sandboxevent GROUP BY 1"
        )
    }
    for intent in truth.intents.values():
        taken = intent["amount"] - intent["refunded_amount"] if intent["status"] == "succeeded" else 0
        if moved.get(intent["reference"], 0) != taken:
            yield f"the intent {intent['reference']} says {taken}, its lines {moved.get(intent['reference'], 0)}"
