"""Reads what reconcile compares: checkouts from own tables, all else through the services' APIs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Min, QuerySet
from django.utils import timezone

from audits.selectors import LEAD, OWN, read_from, read_platform
from audits.snapshot import Reservation, Snapshot
from chassis.restores.selectors import awaiting_reconcile
from checkouts.restoration import remembers_order, remembers_reservation
from checkouts.saga import CHECKOUT, ORDER, PAYMENT, RESERVATION, part_id
from gateways import audits as gateway
from gateways import reconciling
from reconciliation.comparison import Difference, Repair, ids_of
from reconciliation.models import Finding
from reconciliation.states import UNSETTLED
from reconciliation.world import Memo, Memory, Restored, World
from sagas.models import Saga
from sagas.states import Direction, SagaState
from sagas.tasks import KEPT_FOR

Say = Callable[[str], None]

LOCK = "reconcile"


def read_restores(*, say: Say) -> list[Restored]:
    """The restores that wait for reconcile, of all services. Raises `UnreadableError`."""
    with read_from(OWN, "restores", say):
        found = [Restored(OWN, each.pk, each.recovery_point) for each in awaiting_reconcile()]
    for service in gateway.RESTORES:
        with read_from(service, "restores", say):
            found += [
                Restored(service, UUID(row["id"]), datetime.fromisoformat(row["recovery_point"]))
                for row in gateway.restores_awaiting(service)
            ]
    return found


def read_world(*, since: datetime | None, restores: list[Restored], say: Say) -> World:
    """Read all that is compared of what began or ended after `since`.

    What checkouts remember is read before everything else, so that it cannot be ahead of the others. Raises
    `UnreadableError`.
    """
    with read_from(OWN, "what checkouts remember", say):
        memories = {saga.pk: _memory(saga) for saga in _remembering(since)}
    seen = read_platform(since=since, whole=True, say=say)
    memos = list(_memos(seen))
    with read_from("auth", "accounts", say):
        people = {checkout.buyer for checkout in seen.checkouts.values()}
        people |= {line.seller for order in seen.orders.values() for line in order.lines}
        accounts = {
            UUID(row["id"]): row["email_verified"] or row["awaits_password"]
            for row in gateway.accounts_named(sorted(people))
        }
        before = _recovery_point(restores, "auth")
        past_logins = 0 if before is None else reconciling.open_logins(opened_before=before)
    return World(seen, memories, memos, accounts, restores, past_logins)


def running_checkouts() -> list[UUID]:
    """Those that somebody has to take to their end, oldest first."""
    running = Saga.objects.filter(kind=CHECKOUT.kind, state=SagaState.RUNNING).order_by("created_at")
    return list(running.values_list("pk", flat=True))


def unsettled_findings() -> QuerySet[Finding]:
    return Finding.objects.filter(state__in=UNSETTLED).order_by("found_at", "id")


def unsettled_since() -> datetime | None:
    """So far back a run has to compare to look again at what former runs left, as far as checkouts are remembered."""
    remembered = unsettled_findings().filter(compared_since__gte=timezone.now() - KEPT_FOR + LEAD)
    since: datetime | None = remembered.aggregate(since=Min("compared_since"))["since"]
    return since


def looked_at(world: World, finding: Finding) -> bool:
    """Whether a run that read this world would have found it again, were it still there.

    It has to have compared as far back as the run that found it, and the checkouts of then must not be forgotten for
    their age.
    """
    if finding.repair == Repair.END_LOGINS and _recovery_point(world.restores, "auth") is None:
        return False
    since, known_since = world.seen.since, world.seen.checkouts_known_since
    if since is not None and (finding.compared_since is None or finding.compared_since < since):
        return False
    return known_since is None or (finding.compared_since or finding.found_at) >= known_since


def overlooked(world: World, found: Iterable[Difference]) -> list[Difference]:
    """What former runs left, nobody has settled, and this one did not look at: it is still left to a person."""
    present = {(each.code, each.subject[:400]) for each in found}
    return [
        _left_before(finding)
        for finding in unsettled_findings()
        if (finding.code, finding.subject) not in present and not looked_at(world, finding)
    ]


def _left_before(finding: Finding) -> Difference:
    cause = f"{finding.cause} Found at {finding.found_at:%Y-%m-%d %H:%M:%S} UTC, and not looked at by this run."
    return Difference(finding.code, cause, None, ids_of(finding.subject))


@contextmanager
def alone() -> Iterator[bool]:
    """Tell whether no other reconcile runs, and let none begin; the lock is the connection's, and ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK])
        taken = bool(cursor.fetchone()[0])
    try:
        yield taken
    finally:
        if taken and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [LOCK])


def _remembering(since: datetime | None) -> Iterable[Saga]:
    sagas = Saga.objects.filter(kind=CHECKOUT.kind)
    if since is not None:
        # All that `read_platform` may read, and no younger.
        sagas = sagas.exclude(
            created_at__lt=since - LEAD,
            finished_at__lt=since - LEAD,
            state__in=(SagaState.COMPLETED, SagaState.COMPENSATED),
        )
    return sagas.iterator(chunk_size=500)


def _memory(saga: Saga) -> Memory:
    return Memory(
        passed=saga.direction == Direction.FORWARD,
        backward=saga.direction == Direction.BACKWARD,
        failing=saga.failure is not None,
        reserved=remembers_reservation(saga.data),
        placed=remembers_order(saga.data),
        buyer_known=bool(saga.data.get("email")),
    )


def _memos(seen: Snapshot) -> Iterator[Memo]:
    """Of reservations whose checkout should have been read and was not."""
    known = {checkout.reservation for checkout in seen.checkouts.values()}
    for reservation in seen.reservations.values():
        named = _named(reservation)
        if named is not None and reservation.id not in known and reservation.created_at < seen.read_at:
            yield Memo(named, reservation.id, part_id(named, ORDER), part_id(named, PAYMENT))


def _named(reservation: Reservation) -> UUID | None:
    """The checkout that a reservation tells of, if that is its own."""
    try:
        named = UUID((reservation.metadata or {})["checkout"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return named if part_id(named, RESERVATION) == reservation.id else None


def _recovery_point(restores: Sequence[Restored], service: str) -> datetime | None:
    return min((each.recovery_point for each in restores if each.service == service), default=None)
