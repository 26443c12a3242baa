"""`Idempotency-Key`: a POST that is repeated with the same key does nothing twice and gets the first answer again.

Follows the IETF draft "The Idempotency-Key HTTP Header Field": 409 while the first is in flight, 422 for another body
under a known key. Keys are kept per caller. The record commits with the effect, so a crash leaves both or neither;
what was refused leaves no record and may be tried again with the same key.
"""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.errors import DomainError
from chassis.idempotency.models import IdempotencyRecord
from chassis.identity.models import User
from chassis.locks import try_lock_for_transaction
from chassis.renderers import JSONRenderer

HEADER = "Idempotency-Key"
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,255}\Z")


class InvalidKeyError(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    message = _("An Idempotency-Key has 1 to 255 visible ASCII characters; without signing in, it must be a UUID.")


class KeyInFlightError(DomainError):
    code = "idempotency_key_in_flight"
    status = 409
    message = _("The first request with this Idempotency-Key has not been answered yet.")


class KeyReusedError(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was used with another request.")


def key_of(request: Request) -> str | None:
    """Return the caller's key, or None. Raises `InvalidKeyError`."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not _PRINTABLE.match(key):
        raise InvalidKeyError()
    if not isinstance(request.user, User):
        # Keys of people who have not signed in share one space: a guessable one could be given another's answer.
        try:
            uuid.UUID(key)
        except ValueError as exc:
            raise InvalidKeyError() from exc
    return key


def caller_of(request: Request) -> str:
    return str(request.user.pk) if isinstance(request.user, User) else "anonymous"


def fingerprint_of(request: Request) -> str:
    """Digest of what is asked: method, address and body; the order of a JSON object's members does not count.

    Keyed: a body may hold a password, which a plain digest in a stolen database would let people guess.
    """
    data = dict(request.data.lists()) if isinstance(request.data, MultiValueDict) else request.data
    body = json.dumps(data, sort_keys=True, default=_named)
    asked = f"{request.method} {request.get_full_path()}\n{body}"
    return salted_hmac(HEADER, asked, algorithm="sha256").hexdigest()


def _named(value: Any) -> str:
    return f"{value.name} {value.size}" if isinstance(value, UploadedFile) else str(value)


def replayed(handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> Response:
    """Call `handler` in a transaction that also keeps its answer, or give the kept answer again.

    Raises `KeyInFlightError`, `KeyReusedError` and what `handler` raises.
    """
    key = key_of(request)
    if key is None:
        return handler(request, *args, **kwargs)
    caller, fingerprint = caller_of(request), fingerprint_of(request)
    with transaction.atomic():
        # A lock that waits would hold a thread as long as the first request runs.
        if not try_lock_for_transaction("idempotency key", caller, key):
            raise KeyInFlightError()
        record = IdempotencyRecord.objects.filter(caller=caller, key=key).first()
        if record is not None:
            if record.fingerprint != fingerprint:
                raise KeyReusedError()
            body = json.loads(record.body) if record.body else None
            return Response(body, status=record.status, headers={"Idempotent-Replayed": "true"})
        response = handler(request, *args, **kwargs)
        if response.status_code >= 400:
            # Refused without an exception: nothing of it stays, the key neither.
            transaction.set_rollback(True)
            return response
        IdempotencyRecord.objects.create(
            caller=caller,
            key=key,
            fingerprint=fingerprint,
            status=response.status_code,
            body=JSONRenderer().render(response.data).decode(),
        )
    return response
