"""Mails through Mailjet's Send API v3.1 (https://dev.mailjet.com/email/guides/send-api-v31/)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from mailjet_rest import Client
from mailjet_rest.errors import ApiError, ValidationError
from requests import RequestException
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from chassis.mail.delivery import JOB_HEADER, MailNotSentError, MailRefusedError

TIMEOUT = (3.0, 10.0)
"""Seconds for a connection, and for the answer."""


class EmailBackend(BaseEmailBackend):
    """Sends each mail in a call of its own, named by its job: Mailjet drops a repetition of the same key.

    Raises `MailNotSentError` when it is worth trying again, `MailRefusedError` when the message itself was refused.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with _client() as client:
            for message in email_messages:
                _send(client, message)
        return len(email_messages)


def _client() -> Client:
    options = {"api_url": settings.MAILJET_URL} if settings.MAILJET_URL else {}
    keys = (settings.MAILJET_API_KEY, settings.MAILJET_API_SECRET)
    client = Client(auth=keys, version="v3.1", timeout=TIMEOUT, **options)
    for adapter in client.session.adapters.values():
        # The job is what is tried again: the library would sleep as long as a Retry-After says, past the job's lease.
        if isinstance(adapter, HTTPAdapter):
            adapter.max_retries = Retry(0, read=False)
    return client


def _send(client: Client, message: EmailMessage) -> None:
    job = str(message.extra_headers.get(JOB_HEADER, ""))
    body: dict[str, Any] = {
        "From": {"Email": message.from_email},
        "To": [{"Email": address} for address in message.to],
        "Subject": message.subject,
        "TextPart": message.body,
    }
    if isinstance(message, EmailMultiAlternatives):
        for content, kind in message.alternatives:
            if kind == "text/html":
                body["HTMLPart"] = content
    if job:
        body["CustomID"] = job
    headers = {"Idempotency-Key": job} if job else {}
    try:
        answer = client.send.create(data={"Messages": [body]}, headers=headers)
        results = answer.json()["Messages"]
        failed = [one for one in results if one["Status"] != "success"]
        errors = [error for one in failed for error in one.get("Errors", [])]
        codes = ", ".join(str(error.get("ErrorCode")) for error in errors)
        lasting = bool(errors) and all(400 <= error.get("StatusCode", 400) < 500 for error in errors)
    except ValidationError as exc:
        raise MailRefusedError(str(exc)) from exc
    except (ApiError, RequestException) as exc:
        raise MailNotSentError(str(exc)) from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise MailNotSentError("Mailjet's answer cannot be understood") from exc
    if failed and lasting:
        raise MailRefusedError(f"Mailjet refused the message: {codes}")
    if failed or not results:
        raise MailNotSentError(f"Mailjet did not take the message: {codes or 'no result'}")
