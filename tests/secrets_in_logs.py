"""Whether what opens something can be read in any log of a run: all that its tests used, typed, or were given."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import requests

from local import demo_accounts
from local.platform import Platform

NAMES = {"password", "new_password", "access", "refresh", "token", "client_secret", "csrfmiddlewaretoken"}
"""Of fields of requests and answers that hold a secret."""
HEADERS = {"Authorization", "Idempotency-Key", "Cookie", "X-CSRFToken"}
SHORTEST = 12
"""Tests also send nonsense; what is shorter is no secret of anybody's."""

SHAPES = {
    "a signed token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}"),
    "a password's hash": re.compile(r"\b(?:argon2|pbkdf2_sha256|md5)\$"),
    "a private key": re.compile(r"PRIVATE KEY"),
    "an e-mail address": re.compile(r"[\w.+-]+@(?:example\.com|demo\.test)\b"),
    "a database's address": re.compile(r"postgres(?:ql)?://[^\s@/]+:[^\s@/]+@"),
    "a statement with its values": re.compile(r"STATEMENT: |\bINSERT INTO \S+ \(|DETAIL: "),
    "a query": re.compile(r'"path": "[^"]*\?'),
}
_PIECE = re.compile(r"[\w-]{12,}")


class Secrets:
    """What the tests of a run used. Every `Api` tells it what it sent and got."""

    def __init__(self) -> None:
        self.values: set[str] = {demo_accounts.PASSWORD}

    def remember(self, value: object) -> None:
        if isinstance(value, str) and len(value) >= SHORTEST:
            self.values.add(value)

    def see(self, answer: requests.Response) -> None:
        """Take what is secret out of a request and its answer."""
        for name in HEADERS & set(answer.request.headers):
            value = answer.request.headers[name]
            self.remember((value if isinstance(value, str) else value.decode("latin-1")).removeprefix("Bearer "))
        for cookie in answer.cookies:
            self.remember(cookie.value)
        for body in (answer.request.body, answer.content):
            if body and any(name in str(body) for name in NAMES):
                self._look_into(body)

    def _look_into(self, body: Any) -> None:
        text = body if isinstance(body, str) else bytes(body).decode(errors="replace")
        for name, value in re.findall(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)"', text):
            if name in NAMES:
                self.remember(value)


USED = Secrets()

_OPENING = {"inventory": "SELECT id::text FROM carts_cart"}
"""Random ids that open what they name."""


def known_to(platform: Platform) -> set[str]:
    """What the platform keeps in its folder, and what lies in its databases."""
    rows = set(_kept(platform))
    for service in platform.services:
        connection = psycopg2.connect(platform.database_url(service.name), connect_timeout=5)
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_key FROM django_session")
            rows |= {row[0] for row in cursor.fetchall()}
            if query := _OPENING.get(service.name):
                cursor.execute(query)
                rows |= {row[0] for row in cursor.fetchall()}
        connection.close()
    return rows


def _kept(platform: Platform) -> Iterator[str]:
    for path in (*platform.root.glob("secrets/**/*"), *platform.root.glob("postgres/*/*.password")):
        if path.is_file():
            yield path.read_text().strip()


def leaks(folder: Path, secrets: Iterable[str]) -> list[str]:
    """What can be read in the logs of `folder`: the file, and the beginning of the line where a secret stands."""
    found = []
    by_piece = {max(_PIECE.findall(secret), key=len): secret for secret in secrets if _PIECE.search(secret)}
    whole = [secret for secret in secrets if not _PIECE.search(secret)]
    for path in sorted(folder.glob("*.log*")):
        text = path.read_text(errors="replace")
        known = [by_piece[piece] for piece in by_piece.keys() & set(_PIECE.findall(text))]
        for secret in (*known, *whole):
            if secret in text:
                found.append(f"{path.name} tells {secret[:6]}…: {_line_around(text, text.index(secret))}")
        for what, shape in SHAPES.items():
            if match := shape.search(text):
                found.append(f"{path.name} tells {what}: {_line_around(text, match.start())}")
    return found


def _line_around(text: str, place: int) -> str:
    start = text.rfind("\n", 0, place) + 1
    return text[start:].partition("\n")[0][:600]
