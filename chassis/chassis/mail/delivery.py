"""Queued mails: written with the change that causes them, sent by the worker, in the reader's language.

A mail is a template per language, `mails/<name>.<language>.txt`, whose first line is the subject, and optionally one
more that ends in `.html`.
"""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from chassis.jobs.tasks import current_job_id, task

LANGUAGES = ("en", "fr")
JOB_HEADER = "X-Job-ID"


class MailNotSentError(Exception):
    """The mail could not be handed over now; the job tries again."""


class MailRefusedError(Exception):
    """The provider refused this mail for what it is."""


def queue_mail(*, template: str, to: str, language: str, context: dict[str, Any]) -> None:
    """Render a mail and queue it in the present transaction. Unknown languages fall back to English."""
    base = f"mails/{template}.{language if language in LANGUAGES else 'en'}"
    subject, _newline, text = render_to_string(f"{base}.txt", context).partition("\n")
    deliver_mail.enqueue(to=to, subject=subject.strip(), text=text.strip() + "\n", html=_html(f"{base}.html", context))


def _html(template: str, context: dict[str, Any]) -> str:
    try:
        return str(render_to_string(template, context))
    except TemplateDoesNotExist:
        return ""


@task()
def deliver_mail(*, to: str, subject: str, text: str, html: str) -> None:
    message = EmailMultiAlternatives(
        subject, text, settings.MAIL_FROM, [to], headers={JOB_HEADER: str(current_job_id())}
    )
    if html:
        message.attach_alternative(html, "text/html")
    message.send()
