"""The keys that verify tokens: fetched seldom, kept for long, shared by processes."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import TokenError

from chassis.http import ServiceSession
from chassis.identity import keys
from chassis.identity.keys import LEEWAY, KeyRing, KeysUnavailableError, key_ring
from chassis.identity.models import PublishedKeys
from chassis.identity.tasks import refresh_published_keys
from chassis.identity.tokens import AccessToken, verified_tokens
from chassis.testing import KEY_ID, make_token, published_keys
from tests.loopback import Exchange, Loopback, serving

URL = "/api/v1/parcels"
OLD = timedelta(minutes=10)
_new_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _jwk(kid: str, key: Any) -> dict[str, Any]:
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256"}


@pytest.fixture
def auth(settings: Settings, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Loopback]:
    """An auth service that publishes the test key, until a test has it answer otherwise."""
    monkeypatch.setattr(keys, "_session", ServiceSession("auth", timeout=(0.3, 0.5)))
    with serving(lambda exchange: exchange.reply(200, published_keys())) as server:
        settings.AUTH_URL = server.url
        settings.KEY_SET_SOURCE = "chassis.identity.keys.fetch_published_keys"
        key_ring.forget()
        yield server


def _is_down(exchange: Exchange) -> None:
    exchange.reply(503)


def _known_for(age: timedelta) -> None:
    """As if the keys had been fetched so long ago."""
    then = timezone.now() - age
    PublishedKeys.objects.update(fetched_at=then, attempted_at=then)


def _status(token: str, **client: Any) -> int:
    api = APIClient(**client)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return api.get(URL).status_code


def test_the_first_token_fetches_the_keys_and_no_later_one(auth: Loopback) -> None:
    assert [_status(make_token()) for _ in range(3)] == [200, 200, 200]
    assert [request.path for request in auth.received] == ["/.well-known/jwks.json"]


def test_another_process_reads_them_from_the_database(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    auth.answer = _is_down
    other = KeyRing()
    assert other.get(KEY_ID) is not None
    assert len(auth.received) == 1


def test_after_a_restart_with_auth_down_tokens_are_still_verified(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    _known_for(timedelta(days=3))
    auth.answer = _is_down
    key_ring.forget()
    refresh_published_keys()
    assert _status(make_token()) == 200


def test_without_any_keys_nobody_can_be_told_and_that_is_a_503(auth: Loopback) -> None:
    auth.answer = _is_down
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    answer = api.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
    assert answer["Retry-After"] == "2"
    auth.answer = lambda exchange: exchange.reply(200, published_keys())
    assert _status(make_token()) == 200


def test_an_unknown_key_is_asked_for_once_in_a_while(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    assert [_status(make_token(kid="forged")) for _ in range(5)] == [401] * 5
    assert len(auth.received) == 1, "fetched a moment ago"
    _known_for(timedelta(minutes=1))
    assert [_status(make_token(kid="forged")) for _ in range(5)] == [401] * 5
    assert len(auth.received) == 2


def test_an_unknown_key_with_auth_down_is_a_503_and_known_ones_go_on(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    _known_for(timedelta(minutes=1))
    auth.answer = _is_down
    assert [_status(make_token(kid="perhaps new")) for _ in range(3)] == [503] * 3
    assert len(auth.received) == 3, "one attempt, repeated once"
    assert _status(make_token()) == 200


def test_keys_rotate_without_a_wait(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    _known_for(timedelta(minutes=1))
    both = {"keys": [*published_keys()["keys"], _jwk("new", _new_key)]}
    auth.answer = lambda exchange: exchange.reply(200, both)
    assert _status(make_token(kid="new", key=_new_key)) == 200
    assert _status(make_token()) == 200
    assert _status(make_token(kid="new")) == 401, "another key's signature"
    _known_for(timedelta(minutes=6))
    auth.answer = lambda exchange: exchange.reply(200, {"keys": [_jwk("new", _new_key)]})
    refresh_published_keys()
    assert _status(make_token()) == 401
    assert _status(make_token(kid="new", key=_new_key)) == 200


def test_the_worker_keeps_them_fresh_but_does_not_ask_all_the_time(auth: Loopback) -> None:
    refresh_published_keys()
    refresh_published_keys()
    assert len(auth.received) == 1
    _known_for(timedelta(minutes=6))
    refresh_published_keys()
    assert len(auth.received) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"",
        b"[]",
        b'{"keys": []}',
        b'{"keys": null}',
        b'{"keys": {"kty": "RSA"}}',
        b'{"keys": ["x", null, {"kty": "oct", "kid": "a", "k": "AAAA"}, {"kty": "RSA"}]}',
        b'{"keys": [{"kty": "RSA", "kid": "a", "n": "!", "e": "AQAB"}]}',
        b'{"keys": [{"kty": "RSA", "kid": "a", "n": 1, "e": "AQAB"}]}',
        b'{"keys": [{"kty": "RSA", "kid": 1, "n": "AQAB", "e": "AQAB"}]}',
    ],
)
def test_an_answer_without_a_key_replaces_none(auth: Loopback, answer: bytes) -> None:
    assert _status(make_token()) == 200
    _known_for(OLD)
    auth.answer = lambda exchange: exchange.reply(200, answer)
    refresh_published_keys()
    assert len(auth.received) == 2
    key_ring.forget()
    assert _status(make_token()) == 200
    PublishedKeys.objects.all().delete()
    key_ring.forget()
    assert _status(make_token()) == 503


def test_one_key_that_is_none_spoils_no_other(auth: Loopback) -> None:
    broken = {"kty": "RSA", "kid": "a", "n": 1, "e": "AQAB"}
    auth.answer = lambda exchange: exchange.reply(200, {"keys": [broken, *published_keys()["keys"]]})
    assert _status(make_token()) == 200


def test_a_hanging_auth_service_delays_one_request_not_all(auth: Loopback) -> None:
    assert _status(make_token()) == 200
    _known_for(OLD)
    over, asked = threading.Event(), threading.Event()

    def hang(exchange: Exchange) -> None:
        asked.set()
        over.wait(5)

    auth.answer = hang

    def with_connection(work: Callable[[], int]) -> int:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(with_connection, lambda: _status(make_token(kid="new")))
        assert asked.wait(5)
        started = time.monotonic()
        others = [threads.submit(with_connection, lambda: _status(make_token())) for _ in range(3)]
        assert [other.result() for other in others] == [200] * 3
        # A key that another request is asking for right now may be good: not a 401.
        assert _status(make_token(kid="new")) == 503
        quick = time.monotonic() - started
        assert first.result() == 503
        over.set()
    assert quick < 1


def test_many_first_requests_all_succeed(auth: Loopback) -> None:
    ready = threading.Barrier(8)

    def call(_number: int) -> int:
        ready.wait()
        try:
            return _status(make_token())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(call, range(8))) == [200] * 8
    assert PublishedKeys.objects.count() == 1


def test_keys_in_memory_serve_while_the_database_is_away(auth: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing()
    assert ring.get(KEY_ID) is not None
    ring._loaded_at = float("-inf")
    with monkeypatch.context() as away:
        away.setattr(QuerySet, "first", _no_database)
        assert ring.get(KEY_ID) is not None
        away.setattr(ring, "_load", _no_database)
        assert ring.get(KEY_ID) is not None, "not every request waits for a database that is out of reach"


def _no_database(*_args: object, **_kwargs: object) -> None:
    raise OperationalError("gone")


def test_a_ring_without_keys_says_so(auth: Loopback) -> None:
    auth.answer = _is_down
    with pytest.raises(KeysUnavailableError):
        KeyRing().get(KEY_ID)


def test_a_token_is_verified_once_and_then_known(auth: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[object] = []
    real = AccessToken.__init__

    def counted(self: AccessToken, token: Any = None, verify: bool = True) -> None:
        verified.append(token)
        real(self, token, verify)

    monkeypatch.setattr(AccessToken, "__init__", counted)
    token, other = make_token(), make_token(email="other@example.com")
    assert [_status(token), _status(token), _status(other), _status(token)] == [200] * 4
    assert len(verified) == 2


def test_a_known_token_expires_like_any_other(auth: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    token = make_token()
    assert _status(token) == 200
    later = time.time() + 600 + LEEWAY.total_seconds() + 1
    monkeypatch.setattr("chassis.identity.tokens.time.time", lambda: later)
    known = verified_tokens._known
    assert all(one.expires_at < later for one in known.values())
    monkeypatch.setattr(AccessToken, "__init__", _refuse)
    assert _status(token) == 401


def _refuse(*_args: Any) -> None:
    raise TokenError("verified again, and expired")


def test_a_known_token_whose_key_was_withdrawn_is_refused(auth: Loopback) -> None:
    token = make_token()
    assert _status(token) == 200
    auth.answer = lambda exchange: exchange.reply(200, {"keys": [_jwk("another", _new_key)]})
    _known_for(OLD)
    key_ring.refresh()
    assert _status(token) == 401


def test_a_changed_token_is_not_the_known_one(auth: Loopback) -> None:
    token = make_token()
    assert _status(token) == 200
    head, payload, signature = token.split(".")
    forged = jwt.utils.base64url_encode(jwt.utils.base64url_decode(payload).replace(b"buyer", b"admin")).decode()
    assert _status(f"{head}.{forged}.{signature}") == 401
    assert _status(f"{token[:-4]}AAAA") == 401


def test_only_so_many_tokens_are_remembered(auth: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.identity.tokens.MOST_REMEMBERED", 3)
    tokens = [make_token(email=f"{number}@example.com") for number in range(8)]
    assert {_status(token) for token in tokens + tokens} == {200}
    assert len(verified_tokens._known) <= 3
