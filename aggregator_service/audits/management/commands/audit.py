"""`manage.py audit`: whether all services together say one thing. The service's README says how to use it."""

import json
import logging
import re
import sys
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audits.errors import UnreadableError
from audits.record import read_record
from audits.report import as_json, as_markdown
from audits.rules import Finding, audit
from audits.selectors import read_platform
from audits.snapshot import Record, Snapshot

FINDINGS, UNREADABLE = 1, 2
"""Exit codes, beside 0."""

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
EVERYTHING = "all"


class Command(BaseCommand):
    help = (
        "Reads what all services wrote down and the payment provider's own book, and reports what does not fit "
        "together. Changes nothing. Exits with 0 when there is no finding, 1 when there are some, 2 when something "
        "could not be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=moment,
            default="24h",
            help="judge what began after that: 90m, 24h, 7d ago, a time (RFC 3339), or all; default: 24h",
        )
        parser.add_argument(
            "--settle",
            type=seconds,
            default=60.0,
            metavar="SECONDS",
            help="a finding counts if it is still there so much later; default: 60; 0 for a platform at rest",
        )
        parser.add_argument(
            "--record", type=Path, metavar="FILE", help="answers that buyers got (JSON lines), to be still true"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object in place of Markdown")

    def handle(self, *args: Any, **options: Any) -> None:
        leave_stdout_to_the_report()
        since: datetime | None = None if options["since"] == EVERYTHING else options["since"]
        try:
            if not settings.AUDITOR_CLIENT_SECRET:
                raise UnreadableError("auth", "AUDITOR_CLIENT_SECRET is not set, the account to read with")
            record = _record(options["record"])
            seen, findings = self._settled(since, record, options["settle"])
        except UnreadableError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"unread": {error.source: error.why}}))
            raise CommandError(f"The audit could not see everything. {error}", returncode=UNREADABLE) from error
        self.stdout.write(json.dumps(as_json(seen, findings)) if options["json"] else as_markdown(seen, findings))
        if findings:
            sys.exit(FINDINGS)

    def _settled(self, since: datetime | None, record: Record, settle: float) -> tuple[Snapshot, list[Finding]]:
        """What was read last, and the findings that were there before, too."""
        seen = read_platform(since=since, record=record, say=self._say)
        findings = audit(seen)
        if findings and settle:
            self._say(f"{len(findings)} findings; reading again in {settle:g} s")
            sleep(settle)
            before = {finding.key for finding in findings}
            seen = read_platform(since=since, record=record, say=self._say)
            findings = [finding for finding in audit(seen) if finding.key in before]
        return seen, findings

    def _say(self, text: str) -> None:
        self.stderr.write(f"{text} …", self.style.NOTICE)


def leave_stdout_to_the_report() -> None:
    """Log lines go to stderr, as the progress does."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)


def _record(path: Path | None) -> Record:
    if path is None:
        return Record()
    try:
        with path.open(encoding="utf-8") as lines:
            return read_record(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError("record", str(error)) from error


def moment(text: str) -> datetime | str:
    """`all`, or the time meant; raises `ArgumentTypeError`."""
    if text == EVERYTHING:
        return EVERYTHING
    if ago := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        named = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ArgumentTypeError(f"{text!r} is neither all, nor like 90m, 24h, 7d, nor a time") from exc
    return named if named.tzinfo else named.replace(tzinfo=UTC)


def seconds(text: str) -> float:
    """Raises `ArgumentTypeError`."""
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return float(text)
