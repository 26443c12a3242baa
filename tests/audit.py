"""What must be true of all databases together once no checkout runs any more.

The truth is read where it lies, in each service's own tables; nothing here asks an API, which could be wrong too.
"""

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import psycopg2.extras  # type: ignore[import-untyped]

from tests.shop import Basket, Shop

Row = dict[str, Any]

FREE = {"declined", "cancelled", "expired"}
"""States of payments by which nothing was or ever will be taken."""


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


@dataclass
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
    levels: dict[uuid.UUID, Row]
    moved: dict[uuid.UUID, int]
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(what)


def audit(shop: Shop, *, seconds: float = 90.0) -> Truth:
    """Waits until all checkouts have ended, then fails with all that is wrong in any database."""
    wait_for_the_end(shop, seconds)
    truth = _truth(shop)
    for ident, saga in truth.sagas.items():
        _check_saga(truth, ident, saga)
    _check_that_nothing_stands_alone(truth)
    _check_stock(truth)
    _check_book(shop, truth)
    assert not truth.wrong, "\n".join(truth.wrong)
    return truth


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
        levels=by("variant_id", "inventory", "SELECT * FROM stock_stocklevel"),
        moved={
            row["level_id"]: int(row["sum"])
            for row in databases.read("inventory", "SELECT level_id, sum(delta) FROM stock_stockmovement GROUP BY 1")
        },
    )


@dataclass(frozen=True)
class Parts:
    """What one checkout made in the services, under the ids that derive from its own."""

    order: Row | None
    payment: Row | None
    intent: Row | None
    reservation: Row | None


def _check_saga(truth: Truth, ident: uuid.UUID, saga: Row) -> None:
    parts = Parts(
        order=truth.orders.get(uuid.uuid5(ident, "order")),
        payment=truth.payments.get(uuid.uuid5(ident, "payment")),
        intent=truth.intents.get(uuid.uuid5(ident, "payment")),
        reservation=truth.reservations.get(uuid.uuid5(ident, "reservation")),
    )
    check = _check_completed if saga["state"] == "completed" else _check_compensated
    check(truth, f"{saga['state']} checkout {ident}", saga, parts)


def _check_completed(truth: Truth, name: str, saga: Row, parts: Parts) -> None:
    order, payment, intent, reservation = parts.order, parts.payment, parts.intent, parts.reservation
    truth.expect(saga["answer_status"] == 201, f"{name} answers {saga['answer_status']}")
    if order is None or payment is None or intent is None or reservation is None:
        truth.wrong.append(f"{name} lacks a part: {parts}")
        return
    amount = saga["data"]["expected_total"]["amount"]
    truth.expect(order["state"] == "confirmed", f"{name}: its order is {order['state']}")
    truth.expect(order["total_amount"] == amount, f"{name}: its order comes to {order['total_amount']}, not {amount}")
    truth.expect(payment["state"] == "captured", f"{name}: its payment is {payment['state']}")
    truth.expect(payment["amount"] == amount, f"{name}: {payment['amount']} was paid, not {amount}")
    truth.expect(payment["order"] == order["id"], f"{name}: its payment is for the order {payment['order']}")
    truth.expect(payment["refunded_amount"] == 0, f"{name}: {payment['refunded_amount']} was given back")
    truth.expect(intent["status"] == "succeeded", f"{name}: the provider's intent is {intent['status']}")
    truth.expect(intent["amount"] == amount, f"{name}: the provider took {intent['amount']}, not {amount}")
    truth.expect(reservation["state"] == "committed", f"{name}: its reservation is {reservation['state']}")
    truth.expect(
        _content(truth.order_lines[order["id"]]) == _content(truth.reservation_lines[reservation["id"]]),
        f"{name}: ordered and reserved differ",
    )
    cart = truth.carts[reservation["cart_id"]]
    truth.expect(cart["state"] == "closed", f"{name}: its cart is {cart['state']}")
    truth.expect(order["buyer"] == payment["buyer"] == cart["account"] == saga["account_id"], f"{name}: other buyers")


def _check_compensated(truth: Truth, name: str, saga: Row, parts: Parts) -> None:
    truth.expect(400 <= saga["answer_status"] < 500, f"{name} answers {saga['answer_status']}")
    allowed = {
        "order": (parts.order, "state", {"rejected"}),
        "payment": (parts.payment, "state", FREE),
        "intent": (parts.intent, "status", {"canceled", "requires_payment_method"}),
        "reservation": (parts.reservation, "state", {"released"}),
    }
    for part, (row, column, states) in allowed.items():
        truth.expect(row is None or row[column] in states, f"{name}: its {part} is {row and row[column]}")
    cart = truth.carts.get(uuid.UUID(saga["data"]["cart"]))
    bought = any(
        other["state"] == "completed" and other["data"]["cart"] == saga["data"]["cart"]
        for other in truth.sagas.values()
    )
    wanted = "closed" if bought else "open"
    truth.expect(cart is None or cart["state"] == wanted, f"{name}: its cart is {cart and cart['state']}")


def _content(lines: list[Row]) -> "Counter[tuple[Any, ...]]":
    return Counter((line["variant"], line["quantity"], line["price"], line["seller"]) for line in lines)


def _check_that_nothing_stands_alone(truth: Truth) -> None:
    captured = {row["order"]: row for row in truth.payments.values() if row["state"] == "captured"}
    confirmed = {ident for ident, row in truth.orders.items() if row["state"] == "confirmed"}
    truth.expect(
        sum(row["state"] == "captured" for row in truth.payments.values()) == len(captured), "an order was paid twice"
    )
    for order in confirmed - set(captured):
        truth.wrong.append(f"order {order} is confirmed and not paid")
    for order in set(captured) - confirmed:
        truth.wrong.append(f"payment {captured[order]['id']} was captured and its order {order} is not confirmed")
    parts = {part: {uuid.uuid5(ident, part) for ident in truth.sagas} for part in ("order", "payment", "reservation")}
    for part, rows in (("order", truth.orders), ("payment", truth.payments), ("reservation", truth.reservations)):
        for ident in set(rows) - parts[part]:
            truth.wrong.append(f"{part} {ident} is {rows[ident]['state']} and of no checkout")


def _check_stock(truth: Truth) -> None:
    held: Counter[uuid.UUID] = Counter()
    for ident, reservation in truth.reservations.items():
        truth.expect(reservation["state"] != "live", f"reservation {ident} still holds stock")
        if reservation["state"] == "live":
            for line in truth.reservation_lines[ident]:
                held[line["variant"]] += line["quantity"]
    for variant, level in truth.levels.items():
        moved = truth.moved.get(variant, 0)
        truth.expect(level["on_hand"] == moved, f"variant {variant}: {level['on_hand']} on hand, {moved} by movements")
        truth.expect(
            level["reserved"] == held[variant],
            f"variant {variant}: {level['reserved']} reserved, {held[variant]} by reservations",
        )


def _check_book(shop: Shop, truth: Truth) -> None:
    """What the provider took, by its own book, is what the payments say."""
    book = {
        row["payment"]: int(row["taken"])
        for row in Databases(shop).read(
            "payment",
            "SELECT intent.payment, coalesce(sum(event.moved_amount), 0) AS taken FROM sandbox_sandboxintent intent"
            " LEFT JOIN sandbox_sandboxevent event ON event.intent_id = intent.reference GROUP BY 1",
        )
    }
    for ident, payment in truth.payments.items():
        taken = payment["amount"] - payment["refunded_amount"] if payment["state"] == "captured" else 0
        truth.expect(
            book.get(ident, 0) == taken, f"payment {ident}: the provider took {book.get(ident, 0)}, we say {taken}"
        )
    for ident in set(book) - set(truth.payments):
        truth.wrong.append(f"the provider has an intent for the payment {ident}, which does not exist")
