"""Making, publishing and retiring the keys that sign tokens."""

import base64
import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from django.db.models.functions import Now

from chassis.encryption import encrypt
from chassis.identity.keys import ALGORITHM
from chassis.states import move
from keys import selectors
from keys.lifetimes import CACHES
from keys.models import SigningKey
from keys.states import TRANSITIONS, KeyState

KEY_BITS = 2048


def ensure_signing_key() -> SigningKey:
    """Return the key that signs, making the very first one.

    The first signs at once: no verifier can have cached a set without it. Of several processes that find none, one
    makes the key, by the constraint `signing_key_one_signs`.
    """
    return selectors.signing_key() or _first_key()


def published_key_set() -> dict[str, Any]:
    """Return the key set to publish (RFC 7517), which always has a key."""
    ensure_signing_key()
    return {"keys": selectors.published_keys()}


def publish_next_key() -> SigningKey:
    """Begin a rotation: publish a key that will sign once every verifier knows it.

    Return the waiting key, which is the present one if a rotation is under way already.
    """
    ensure_signing_key()
    key = _new_key(KeyState.PUBLISHED)
    with transaction.atomic():
        _locked_current_keys()
        SigningKey.objects.bulk_create([key], ignore_conflicts=True)
        return SigningKey.objects.get(state=KeyState.PUBLISHED)


@transaction.atomic
def promote_due_key() -> SigningKey | None:
    """Let the waiting key sign and retire the present one, if it was published long enough ago; return it then."""
    rows = {key.state: key for key in _locked_current_keys()}
    waiting, signing = rows.get(KeyState.PUBLISHED), rows.get(KeyState.SIGNING)
    if waiting is None or not SigningKey.objects.filter(pk=waiting.pk, published_at__lte=Now() - CACHES).exists():
        return None
    if signing is not None:
        move(signing, to=KeyState.RETIRED, table=TRANSITIONS, retired_at=Now(), private_key="")
    move(waiting, to=KeyState.SIGNING, table=TRANSITIONS, signing_since=Now())
    return waiting


@transaction.atomic
def forget_outlived_keys() -> None:
    """Delete retired keys that no living token can name."""
    selectors.outlived_keys().delete()


def _locked_current_keys() -> list[SigningKey]:
    rows = SigningKey.objects.exclude(state=KeyState.RETIRED).order_by("pk")
    return list(rows.select_for_update())


def _first_key() -> SigningKey:
    SigningKey.objects.bulk_create([_new_key(KeyState.SIGNING)], ignore_conflicts=True)
    return SigningKey.objects.get(state=KeyState.SIGNING)


def _new_key(state: KeyState) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    members = {name: public[name] for name in ("e", "kty", "n")}
    kid = _thumbprint(members)
    return SigningKey(
        kid=kid,
        state=state,
        public_jwk={**members, "kid": kid, "alg": ALGORITHM, "use": "sig"},
        private_key=encrypt(pem.decode()),
        published_at=Now(),
        signing_since=Now() if state == KeyState.SIGNING else None,
    )


def _thumbprint(members: dict[str, Any]) -> str:
    """RFC 7638: the digest of the required members, sorted, without spaces."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")
