"""Mails through Mailjet's Send API v3.1 (https://dev.mailjet.com/email/guides/send-api-v31/)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from mailjet_rest import Client
from mailjet_rest.errors import ApiError, TimeoutError, ValidationError
from requests import RequestException

from chassis.mail.delivery import JOB_HEADER, MailNotSentError, MailRefusedError


class EmailBackend(BaseEmailBackend):
    """Sends each mail in a call of its own, named by its job: Mailjet drops a repetition of the same key.

    Raises `MailNotSentError` when it is worth trying again, `MailRefusedError` when the message itself was refused.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        options = {"api_url": settings.MAILJET_URL} if settings.MAILJET_URL else {}
        self._client = Client(
            auth=(settings.MAILJET_API_KEY, settings.MAILJET_API_SECRET), version="v3.1", timeout=10, **options
        )

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            self._send(message)
        return len(email_messages)

    def _send(self, message: EmailMessage) -> None:
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
            answer = self._client.send.create(data={"Messages": [body]}, headers=headers)
        except ValidationError as exc:
            raise MailRefusedError(str(exc)) from exc
        except (ApiError, TimeoutError, RequestException) as exc:
            raise MailNotSentError(str(exc)) from exc
        results = answer.json().get("Messages", [])
        errors = [error for one in results if one.get("Status") == "error" for error in one.get("Errors", [])]
        if errors:
            raise MailRefusedError("; ".join(f"{one.get('ErrorCode')}: {one.get('ErrorMessage')}" for one in errors))
        if not results:
            raise MailNotSentError("Mailjet answered without a result")
