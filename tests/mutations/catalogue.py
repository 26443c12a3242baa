"""What is taken away, one thing at a time, and the nets that it is given to.

Each mutation is the kind of mistake that a reasonable change could make: the code still runs, still answers, and most
tests still pass.
"""

from dataclasses import dataclass

SUITE = ("-m", "local", "test")
PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Net:
    """A command that must fail on a mutated copy; arguments of python, run from the copy's root."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """A text that occurs exactly once in a file, and what stands there instead."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Mutation:
    """One mistake, and the nets that are tried on it, in order, until one catches it."""

    name: str
    mistake: str
    edits: tuple[Edit, ...]
    nets: tuple[Net, ...]


def platform(*arguments: str) -> Net:
    return Net(" ".join(arguments), (*PYTEST, *arguments))


def suite(name: str) -> Net:
    return Net(f"the {name} service's tests", (*SUITE, name))


RACE = platform("tests/test_race.py")
DOUBLE = platform("tests/test_double_submit.py")
CRASH = platform("tests/test_crash.py")
JOURNEY = platform("tests/test_journey.py")
NEEDS = platform("tests/test_what_needs_what.py")
LOGS = platform("tests/test_logs.py")
PERMISSIONS = platform("tests/test_permissions.py")
CHAOS = Net("chaos", ("-m", "tests.chaos", "--seed", "7", "--checkouts", "150", "--faults", "15"))
FUZZ = Net("fuzz", (*SUITE, "fuzz", "--", "--minutes", "2", "--seed", "1"))
COMPATIBILITY = Net("compatibility", ("-m", "local.releases"))

MUTATIONS = (
    Mutation(
        name="no tombstone",
        mistake="calling off an unknown reservation writes nothing",
        edits=(
            Edit(
                "inventory_service/stock/services.py",
                """        return Reservation.objects.create(
            id=reservation_id,
            state=ReservationState.RELEASED,
            currency=settings.CURRENCY,
            metadata=metadata,
            finished_at=now,
        )""",
                """        return Reservation(
            id=reservation_id,
            state=ReservationState.RELEASED,
            currency=settings.CURRENCY,
            metadata=metadata,
            finished_at=now,
        )""",
            ),
        ),
        nets=(CRASH, suite("inventory"), CHAOS),
    ),
    Mutation(
        name="no tombstone for orders",
        mistake="rejecting an unknown order writes nothing",
        edits=(
            Edit(
                "orders_service/orders/services.py",
                "        insert(order)\n        return order\n",
                "        return order\n",
            ),
        ),
        nets=(CRASH, suite("orders")),
    ),
    Mutation(
        name="no saga version",
        mistake="the saga's row is written whatever its version",
        edits=(
            Edit(
                "aggregator_service/sagas/engine.py",
                '        where = {"pk": saga.pk, "version": saga.version}\n',
                '        where = {"pk": saga.pk}\n',
            ),
        ),
        nets=(CRASH, suite("aggregator"), CHAOS),
    ),
    Mutation(
        name="no cart uniqueness",
        mistake="a cart that is being checked out can be checked out again",
        edits=(
            Edit(
                "inventory_service/carts/services.py",
                "    if cart.state == CartState.IN_CHECKOUT:\n        raise CartInCheckoutError()\n",
                "",
            ),
            Edit(
                "inventory_service/carts/services.py",
                "    move(cart, to=CartState.IN_CHECKOUT, table=TRANSITIONS, account=buyer, is_current=False)\n",
                "    Cart.objects.filter(pk=cart.pk).update(state='in_checkout', account=buyer, is_current=False)\n",
            ),
            Edit(
                "inventory_service/stock/migrations/0001_initial.py",
                "models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('cart',), "
                "name='reservation_one_live_per_cart')",
                "models.CheckConstraint(condition=models.Q(('cart_version__gte', 0)), "
                "name='reservation_one_live_per_cart')",
            ),
        ),
        nets=(DOUBLE, suite("inventory"), CHAOS),
    ),
    Mutation(
        name="unconditional capture",
        mistake="a payment moves to what the provider said whatever its state is",
        edits=(
            Edit(
                "payment_service/payments/services.py",
                '        where = {"pk": payment_id, "state__in": sources(PAYMENT_TRANSITIONS, target)}\n',
                '        where = {"pk": payment_id}\n',
            ),
        ),
        nets=(CRASH, suite("payment"), CHAOS),
    ),
    Mutation(
        name="ownership forgotten",
        mistake="an order is shown to any buyer who knows its id",
        edits=(
            Edit(
                "orders_service/orders/selectors.py",
                "    return _shown_rows(orders if buyer is None else orders.filter(buyer=buyer))\n",
                "    return _shown_rows(orders)\n",
            ),
        ),
        nets=(PERMISSIONS, suite("orders")),
    ),
    Mutation(
        name="oversold",
        mistake="stock is taken by what was read, not by what is there",
        edits=(
            Edit(
                "inventory_service/stock/services.py",
                '    levels = rows(StockLevel, lock=True, pk__in=variants, order_by=("pk",))\n',
                '    levels = rows(StockLevel, pk__in=variants, order_by=("pk",))\n',
            ),
            Edit(
                "inventory_service/stock/services.py",
                "    if all(line.is_offered for line in lines) and "
                "_change_reserved({line.variant_id: line.quantity for line in lines}):\n"
                "        return\n",
                "",
            ),
            Edit(
                "inventory_service/stock/services.py",
                '    raise OutOfStockError(data={"lines": short})\n',
                "    if short:\n"
                '        raise OutOfStockError(data={"lines": short})\n'
                "    for line in lines:\n"
                "        taken = levels[line.variant_id].reserved + line.quantity\n"
                "        StockLevel.objects.filter(pk=line.variant_id).update(reserved=taken)\n",
            ),
        ),
        nets=(RACE, suite("inventory"), CHAOS),
    ),
    Mutation(
        name="idempotency forgotten",
        mistake="a known Idempotency-Key is not looked at",
        edits=(
            Edit(
                "chassis/chassis/idempotency/replay.py",
                "        if record is not None:\n",
                "        if record is not None and record.status == 0:\n",
            ),
        ),
        nets=(DOUBLE, suite("chassis")),
    ),
    Mutation(
        name="no time-out",
        mistake="a call to a service waits as long as it takes",
        edits=(
            Edit(
                "chassis/chassis/http.py",
                "bounds = _Bounds(connect=min(connect, remaining), whole=min(connect + answer, remaining))",
                "bounds = _Bounds(connect=min(connect, remaining), whole=3600.0)",
            ),
        ),
        nets=(NEEDS, suite("chassis")),
    ),
    Mutation(
        name="lease not checked",
        mistake="a worker that lost its job finishes it all the same",
        edits=(
            Edit(
                "chassis/chassis/jobs/worker.py",
                "Job.objects.filter(pk=claim.id, lease=claim.lease, state=JobState.WAITING)",
                "Job.objects.filter(pk=claim.id)",
            ),
        ),
        nets=(suite("chassis"), CHAOS),
    ),
    Mutation(
        name="total not compared",
        mistake="the buyer pays the new total without having seen it",
        edits=(
            Edit(
                "aggregator_service/checkouts/saga.py",
                'if order["total"] != saga.data["expected_total"]:',
                'if order["total"]["currency"] != saga.data["expected_total"]["currency"]:',
            ),
        ),
        nets=(JOURNEY, suite("aggregator")),
    ),
    Mutation(
        name="reservation not given back",
        mistake="a released reservation leaves its pieces reserved",
        edits=(
            Edit(
                "inventory_service/stock/services.py",
                "        _give_back(reservation.contents)\n",
                "",
            ),
        ),
        nets=(CRASH, suite("inventory"), CHAOS),
    ),
    Mutation(
        name="permission dropped",
        mistake="who may see sales is not asked",
        edits=(
            Edit(
                "orders_service/orders/api/views.py",
                "    permission_classes = (IsSeller,)\n",
                "    permission_classes = ()\n",
            ),
        ),
        nets=(PERMISSIONS, suite("orders")),
    ),
    Mutation(
        name="secret in the log",
        mistake="a login is logged with what was typed",
        edits=(
            Edit(
                "aggregator_service/gateways/calls.py",
                "    if response.status_code < 300:\n",
                '    logger.info("%s", response.content)\n    if response.status_code < 300:\n',
            ),
        ),
        nets=(LOGS,),
    ),
    Mutation(
        name="answer off its spec",
        mistake="whether a product is in stock is told by a word",
        edits=(
            Edit(
                "inventory_service/catalogue/api/serializers.py",
                "    in_stock = serializers.BooleanField()\n",
                "    in_stock = serializers.CharField()\n",
            ),
        ),
        nets=(JOURNEY, FUZZ, suite("inventory")),
    ),
    Mutation(
        name="breaking change",
        mistake="a public address changes without a word in the changelog",
        edits=(Edit("aggregator_service/openapi.yaml", "\n  /api/v1/status:\n", "\n  /api/v1/state:\n"),),
        nets=(COMPATIBILITY,),
    ),
)
