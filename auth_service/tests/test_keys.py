"""Signing keys: published before they sign, published after they signed, never readable."""

import io
from datetime import timedelta

import jwt
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from chassis.encryption import UnreadableSecretError
from chassis.identity.keys import LEEWAY, REFRESH_AFTER, key_ring
from chassis.identity.models import PublishedKeys
from chassis.identity.tokens import AccessToken
from chassis.states import TransitionRefusedError, move
from keys.lifetimes import CACHES, KEY_SET_CACHED, SERVICE_TOKEN, VERIFIES_AFTER_RETIREMENT
from keys.models import SigningKey
from keys.services import _new_key, forget_outlived_keys, promote_due_key, publish_next_key
from keys.signing import signer
from keys.states import TRANSITIONS, KeyState
from logins.services import log_in
from tests.people import EMAIL, PASSWORD

URL = "/.well-known/jwks.json"


def states() -> list[str]:
    return list(SigningKey.objects.order_by("pk").values_list("state", flat=True))


def wait_for_caches() -> None:
    SigningKey.objects.filter(state=KeyState.PUBLISHED).update(published_at=F("published_at") - CACHES)


def test_the_key_set_shows_public_parts_only_and_may_be_cached(anonymous: APIClient, signing_key: SigningKey) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer not-looked-at")
    answer = anonymous.get(URL)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "kid", "alg", "use", "n", "e"}
    assert (key["kty"], key["alg"], key["use"], key["kid"]) == ("RSA", "RS256", "sig", signing_key.kid)
    assert jwt.PyJWK(key).key.key_size == 2048


def test_the_first_key_is_made_when_it_is_needed(anonymous: APIClient) -> None:
    SigningKey.objects.all().delete()
    assert len(anonymous.get(URL).json()["keys"]) == 1
    assert states() == ["signing"]


def test_private_keys_lie_encrypted_by_the_key_of_the_environment(signing_key: SigningKey, settings: Settings) -> None:
    assert "PRIVATE" not in signing_key.private_key
    signer.key()
    signer.forget()
    settings.FIELD_ENCRYPTION_KEY = "YW5vdGhlci1rZXktb2YtdGhpcnR5LXR3by1ieXRlcyE="
    with pytest.raises(UnreadableSecretError, match="FIELD_ENCRYPTION_KEY"):
        signer.key()


def test_a_rotation_publishes_then_signs_then_retires_and_logs_nobody_out(
    anonymous: APIClient, buyer: Account, signing_key: SigningKey
) -> None:
    old_token = log_in(email=EMAIL, password=PASSWORD).access
    call_command("rotate_signing_key", stdout=io.StringIO())
    assert states() == ["signing", "published"]
    assert promote_due_key() is None
    signer.forget()
    assert jwt.get_unverified_header(log_in(email=EMAIL, password=PASSWORD).access)["kid"] == signing_key.kid
    assert len(anonymous.get(URL).json()["keys"]) == 2

    wait_for_caches()
    promoted = promote_due_key()
    assert promoted is not None
    assert states() == ["retired", "signing"]
    signer.forget()
    new_token = log_in(email=EMAIL, password=PASSWORD).access
    assert jwt.get_unverified_header(new_token)["kid"] == promoted.kid
    assert {key["kid"] for key in anonymous.get(URL).json()["keys"]} == {signing_key.kid, promoted.kid}
    for token in (old_token, new_token):
        assert AccessToken(token).claims.account_id == buyer.pk  # type: ignore[arg-type]
    signing_key.refresh_from_db()
    assert signing_key.private_key == ""


def test_the_command_promotes_a_key_that_is_due(signing_key: SigningKey) -> None:
    waiting = publish_next_key()
    wait_for_caches()
    out = io.StringIO()
    call_command("rotate_signing_key", stdout=out)
    assert out.getvalue() == f"Key {waiting.kid} signs from now on.\n"
    assert states() == ["retired", "signing"]


def test_a_second_rotation_waits_for_the_first(signing_key: SigningKey) -> None:
    assert publish_next_key().pk == publish_next_key().pk
    assert states() == ["signing", "published"]


def test_a_retired_key_is_published_until_no_token_can_name_it(anonymous: APIClient, signing_key: SigningKey) -> None:
    publish_next_key()
    wait_for_caches()
    promote_due_key()
    nearly, past = VERIFIES_AFTER_RETIREMENT - timedelta(minutes=1), timedelta(minutes=2)
    SigningKey.objects.filter(pk=signing_key.pk).update(retired_at=F("retired_at") - nearly)
    forget_outlived_keys()
    assert len(anonymous.get(URL).json()["keys"]) == 2
    SigningKey.objects.filter(pk=signing_key.pk).update(retired_at=F("retired_at") - past)
    assert len(anonymous.get(URL).json()["keys"]) == 1
    forget_outlived_keys()
    assert states() == ["signing"]


def test_the_lifetimes_cover_what_is_cached_and_what_lives() -> None:
    assert CACHES >= REFRESH_AFTER + KEY_SET_CACHED
    assert VERIFIES_AFTER_RETIREMENT >= SERVICE_TOKEN + LEEWAY + CACHES


def test_this_service_verifies_by_its_own_tables(buyer: Account, settings: Settings) -> None:
    settings.KEY_SET_SOURCE = "keys.services.published_key_set"
    PublishedKeys.objects.all().delete()
    key_ring.forget()
    token = log_in(email=EMAIL, password=PASSWORD).access
    assert AccessToken(token).claims.email == EMAIL  # type: ignore[arg-type]


def test_states_move_forward_only(signing_key: SigningKey) -> None:
    with pytest.raises(TransitionRefusedError):
        move(signing_key, to=KeyState.PUBLISHED, table=TRANSITIONS)
    assert states() == ["signing"]


@pytest.mark.parametrize(
    ("state", "constraint"),
    [(KeyState.SIGNING, "signing_key_one_signs"), (KeyState.PUBLISHED, "signing_key_one_waits")],
)
def test_one_key_signs_and_one_waits(signing_key: SigningKey, state: KeyState, constraint: str) -> None:
    publish_next_key()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        _new_key(state).save(force_insert=True)
    assert states() == ["signing", "published"]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": "other"}, "signing_key_state_known"),
        ({"private_key": ""}, "signing_key_private_until_retired"),
        ({"state": "retired"}, "signing_key_private_until_retired"),
        ({"retired_at": F("published_at")}, "signing_key_private_until_retired"),
    ],
    ids=str,
)
def test_the_database_refuses_keys_that_make_no_sense(
    signing_key: SigningKey, change: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SigningKey.objects.update(**change)


def test_a_kid_names_one_key(signing_key: SigningKey) -> None:
    waiting = publish_next_key()
    with pytest.raises(IntegrityError, match="signing_key_kid_once"), transaction.atomic():
        SigningKey.objects.filter(pk=waiting.pk).update(kid=signing_key.kid)
