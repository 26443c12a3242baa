"""`manage.py reconcile`: brings all services to agreement after one was restored. docs/operations/reconcile.md."""

import json
import logging
import sys
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.errors import UnreadableError
from audits.management.commands.audit import EVERYTHING, leave_stdout_to_the_report, moment
from audits.selectors import OWN
from gateways.calls import acting_as
from gateways.service_token import reconciler_token
from reconciliation import report
from reconciliation.comparison import Difference, compare
from reconciliation.selectors import alone, overlooked, read_restores, read_world, unsettled_since
from reconciliation.services import reconcile, release_all
from reconciliation.world import Restored

logger = logging.getLogger(__name__)

FOUND, UNREADABLE = 1, 2
"""Exit codes, beside 0."""


class Command(BaseCommand):
    help = (
        "Compares what all services wrote down after one was restored to an earlier moment, says what differs, why and "
        "what mends it; with --apply makes the repairs that are safe, lists the rest for a person in the admin, and "
        "lets the restored service write again. Exits with 0 when nothing is left to do, 1 when something is (to let a "
        "service write again is) or checkouts are still under way, 2 when a service did not answer or anything else "
        "stopped it: run it again then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="make the repairs; without it nothing is changed")
        parser.add_argument(
            "--since",
            type=moment,
            help="compare what began after that: 90m, 24h, 7d ago, a time (RFC 3339), or all; default: the moment to "
            "which a service was restored, or 24h; further back where a former run left something",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object in place of Markdown")

    def handle(self, *args: Any, **options: Any) -> None:
        leave_stdout_to_the_report()
        try:
            if not settings.RECONCILER_CLIENT_SECRET:
                raise UnreadableError("auth", "RECONCILER_CLIENT_SECRET is not set, the account to reconcile with")
            with alone() if options["apply"] else nullcontext(True) as free, acting_as(reconciler_token):
                if not free:
                    raise CommandError("Another reconcile runs: wait for its end.", returncode=UNREADABLE)
                restores = read_restores(say=self._say)
                since = self._since(options["since"], restores)
                found, left, undecided = self._run(since, restores, apply=options["apply"])
        except UnreadableError as error:
            raise self._stopped(error, options) from error
        except CommandError:
            raise
        except Exception as error:
            # Whatever it is, the service has not been released: that is not what 1 says, with which Python would end.
            logger.exception("reconcile stopped")
            raise self._stopped(UnreadableError(OWN, f"{type(error).__name__}: {error}"), options) from error
        shown = {
            "restores": restores,
            "since": since,
            "found": found,
            "left": left,
            "undecided": undecided,
            "applied": options["apply"],
        }
        self.stdout.write(json.dumps(report.as_json(**shown)) if options["json"] else report.as_markdown(**shown))
        if left or undecided or ((found or restores) and not options["apply"]):
            sys.exit(FOUND)

    def _run(
        self, since: datetime | None, restores: list[Restored], *, apply: bool
    ) -> tuple[list[Difference], list[Difference], list[UUID]]:
        """What was found and can be repaired, what is left to a person, and which checkouts are under way."""
        if not apply:
            world = read_world(since=since, restores=restores, say=self._say)
            differences = compare(world)
            left = [each for each in differences if not each.repair] + overlooked(world, differences)
            return [each for each in differences if each.repair], left, []
        outcome = reconcile(since=since, restores=restores, say=self._say)
        found = list(outcome.repaired.values())
        note = report.summary(found, outcome.left, outcome.undecided)
        release_all(restores=restores, note=note, say=self._say)
        return found, outcome.left, outcome.undecided

    def _stopped(self, error: UnreadableError, options: dict[str, Any]) -> CommandError:
        if options["json"]:
            self.stdout.write(json.dumps({"unread": {error.source: error.why}}))
        text = f"Reconcile could not come to its end; what it repaired stays. Run it again. {error}"
        return CommandError(text, returncode=UNREADABLE)

    def _since(self, asked: datetime | str | None, restores: list[Restored]) -> datetime | None:
        """None compares everything. What is released has been compared as far back as its database went."""
        if asked == EVERYTHING:
            return None
        back_to = min((restore.recovery_point for restore in restores), default=None)
        if isinstance(asked, datetime):
            if back_to is not None and back_to < asked:
                self._say(
                    f"comparing since {back_to:%Y-%m-%d %H:%M:%S} UTC: a service went back further than was asked"
                )
                return back_to
            return asked
        named = moment("24h")
        assert isinstance(named, datetime)  # noqa: S101 - it is no word
        since = back_to or named
        return min(since, unsettled_since() or since)

    def _say(self, text: str) -> None:
        self.stderr.write(f"{text} …", self.style.NOTICE)
