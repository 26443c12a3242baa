"""Brings the services to agreement, and writes down what was found and what became of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from audits.errors import UnreadableError
from audits.rules import audit
from audits.selectors import OWN
from chassis.errors import DomainError, UnavailableError
from chassis.restores.services import release as release_own
from gateways import reconciling
from gateways.calls import ServiceDownError
from reconciliation.comparison import Difference, compare
from reconciliation.models import Finding
from reconciliation.repairs import apply, drive
from reconciliation.selectors import (
    Say,
    looked_at,
    overlooked,
    read_world,
    running_checkouts,
    unsettled_findings,
)
from reconciliation.states import FindingState
from reconciliation.world import Restored, World

ROUNDS = 6
"""A repair may uncover another difference; so often none does."""

PATIENCE_SECONDS = 15.0
"""So long those are waited for that somebody else drives: a worker, or the request of a buyer."""

PAUSE_SECONDS = 1.0

LATE_ALONE = frozenset({"checkout_overdue", "job_late", "job_leased_too_long"})
"""Findings of the audit that a held service cannot help: its worker goes on once it is released."""


@dataclass(slots=True)
class Outcome:
    """What one run found: repaired, and left to a person; and checkouts that it could not take to their end."""

    world: World
    repaired: dict[tuple[object, ...], Difference] = field(default_factory=dict)
    left: list[Difference] = field(default_factory=list)
    undecided: list[UUID] = field(default_factory=list)


def reconcile(*, since: datetime | None, restores: list[Restored], say: Say) -> Outcome:
    """Repair what can safely be, until nothing is left to repair; what is left then, is for a person.

    Each repair is safe to repeat, and all are found again from what the services say: whoever is killed in the middle
    and starts again comes to the same end. Raises `UnreadableError` when a service does not answer.
    """
    refused: dict[tuple[object, ...], str] = {}
    repaired: dict[tuple[object, ...], Difference] = {}
    for last in (*[False] * (ROUNDS - 1), True):
        world = read_world(since=since, restores=restores, say=say)
        differences = compare(world)
        _write_down(differences, since)
        todo = [each for each in differences if each.repair is not None and each.key not in refused]
        for number, difference in enumerate(todo, start=1):
            say(f"repairing {number} of {len(todo)}: {difference.code}, {difference.subject}")
            error = "It was repaired, and is found again." if last else _repaired(difference)
            if error:
                refused[difference.key] = error
                _end(difference, FindingState.LEFT, error)
            else:
                repaired[difference.key] = difference
                _end(difference, FindingState.APPLIED)
        _drive_all(say)
        if not todo:
            break
    undecided = _undecided(world, say)
    left = [each for each in compare(world) if each.repair is None or each.key in refused]
    left += _what_the_audit_finds(world, left)
    _write_down(left, since)
    for difference in left:
        _end(difference, FindingState.LEFT, refused.get(difference.key, ""))
    _settle_what_is_gone(world, left)
    left += overlooked(world, left)
    return Outcome(world, {key: each for key, each in repaired.items() if key not in refused}, left, undecided)


def release_all(*, restores: Sequence[Restored], note: str, say: Say) -> None:
    """Let the restored services write again; repeatable. Raises `UnreadableError`."""
    for restore in restores:
        say(f"releasing {restore.service}")
        if restore.service == OWN:
            release_own(restore_id=restore.id, note=note[: reconciling.MAX_NOTE], by="reconcile")
        else:
            _answered(partial(reconciling.release, restore.service, restore_id=restore.id, note=note))


def _repaired(difference: Difference) -> str:
    """Make a repair; return why it was refused, or nothing."""
    try:
        _answered(partial(apply, difference))
    except DomainError as refusal:
        return f"{refusal.code}: {refusal.detail}"
    return ""


def _answered(call: Callable[[], None]) -> None:
    """Make a call. Raises `UnreadableError` where a service does not answer: the next run goes on from there."""
    try:
        call()
    except ServiceDownError as exc:
        raise UnreadableError(exc.service, f"it does not answer a repair: {exc.__cause__ or exc}") from exc
    except UnavailableError as exc:
        raise UnreadableError(OWN, f"a repair cannot be made now: {exc.detail}") from exc


def _drive_all(say: Say) -> None:
    running = running_checkouts()
    for number, checkout in enumerate(running, start=1):
        say(f"driving checkout {number} of {len(running)} to its end")
        drive(checkout)


def _undecided(world: World, say: Say) -> list[UUID]:
    """The checkouts of this world that have not come to their end, with some patience. Younger ones just go on."""
    until = monotonic() + PATIENCE_SECONDS
    while undecided := [checkout for checkout in running_checkouts() if checkout in world.memories]:
        if monotonic() > until:
            break
        say(f"waiting for {len(undecided)} checkouts that are under way")
        sleep(PAUSE_SECONDS)
        for checkout in undecided:
            drive(checkout)
    return undecided


def _what_the_audit_finds(world: World, left: Iterable[Difference]) -> list[Difference]:
    """What the audit's rules say of the same world, no difference tells of, and is not under way."""
    told = {ident for difference in left for _name, ident in difference.ids}
    for checkout in world.seen.checkouts.values():
        if checkout.state == "running":  # it goes on, and so do its parts
            told |= {str(ident) for ident in (checkout.id, checkout.order, checkout.payment, checkout.reservation)}
    return [
        Difference(finding.code, finding.message, None, finding.ids)
        for finding in audit(world.seen)
        if finding.code not in LATE_ALONE and not any(ident in told for _name, ident in finding.ids)
    ]


# What is written down


@transaction.atomic
def _write_down(differences: Iterable[Difference], since: datetime | None) -> None:
    """Open a finding for each difference; one that was ended and is found again is open again."""
    for difference in differences:
        Finding.objects.update_or_create(
            code=difference.code,
            subject=difference.subject[:400],
            defaults={
                "cause": difference.cause,
                "repair": difference.repair or "",
                "state": FindingState.OPEN,
                "ended_at": None,
                "compared_since": since,
            },
        )


def _end(difference: Difference, state: FindingState, error: str = "") -> None:
    Finding.objects.filter(code=difference.code, subject=difference.subject[:400]).update(
        state=state, last_error=error, ended_at=Now()
    )


def _settle_what_is_gone(world: World, left: Iterable[Difference]) -> None:
    """What was left to a person and is found no more is settled; what was open, a run that was killed has repaired.

    What this run did not look at stays left, or becomes it.
    """
    present = {(each.code, each.subject[:400]) for each in left}
    for finding in unsettled_findings():
        if (finding.code, finding.subject) in present:
            continue
        changes: dict[str, object] = {"ended_at": Now()}
        if looked_at(world, finding):
            repaired = finding.state == FindingState.OPEN and finding.repair
            changes["state"] = FindingState.APPLIED if repaired else FindingState.SETTLED
        elif finding.state == FindingState.OPEN:
            changes |= {"state": FindingState.LEFT, "last_error": "A run was stopped, and none has looked since."}
        else:
            continue
        Finding.objects.filter(pk=finding.pk).update(**changes)


def settle(*, findings: QuerySet[Finding]) -> int:
    """Note that a person has seen to what was left to them; return how many there were."""
    return findings.filter(state=FindingState.LEFT).update(state=FindingState.SETTLED, ended_at=Now())
