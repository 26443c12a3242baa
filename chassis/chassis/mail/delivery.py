"""Queued mails: written with the change that causes them, sent by the worker, in the reader's language.

A mail is a template per language, `mails/<name>.<language>.txt`, whose first line is the subject, and optionally one
more that ends in `.html`.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from chassis.ids import uuid7
from chassis.jobs.tasks import PermanentFailureError, current_job_id, task

LANGUAGES = ("en", "fr")
JOB_HEADER = "X-Job-ID"


class MailNotSentError(Exception):
    """The mail could not be handed over now; the job tries again."""


class MailRefusedError(PermanentFailureError):
    """The provider refused this mail for what it is: it would refuse it again."""


def queue_mail(
    *, template: str, to: str, language: str, context: dict[str, Any], ident: uuid.UUID | None = None
) -> None:
    """Render a mail and queue it in the present transaction. Unknown languages fall back to English.

    Values are escaped in the HTML part only. A mail of the same `ident` is one mail, however often it is queued: its
    job's id is what the receiver keeps each once by.
    """
    language = language if language in LANGUAGES else "en"
    base = f"mails/{template}.{language}"
    with translation.override(language):
        subject, _newline, text = _plain(f"{base}.txt", context).partition("\n")
        html = _html(f"{base}.html", context)
    # A subject is one line, whatever the values in it hold.
    deliver_mail.enqueue_as(
        ident or uuid7(), to=to, subject=" ".join(subject.split()), text=text.strip() + "\n", html=html
    )


def _plain(template: str, context: dict[str, Any]) -> str:
    found: Any = get_template(template)
    return str(found.template.render(Context(context, autoescape=False)))


def _html(template: str, context: dict[str, Any]) -> str:
    try:
        found = get_template(template)
    except TemplateDoesNotExist:
        return ""
    return str(found.render(context))


@task(private=True, lease=timedelta(seconds=30))
def deliver_mail(*, to: str, subject: str, text: str, html: str) -> None:
    message = EmailMultiAlternatives(
        subject, text, settings.MAIL_FROM, [to], headers={JOB_HEADER: str(current_job_id())}
    )
    if html:
        message.attach_alternative(html, "text/html")
    message.send()
