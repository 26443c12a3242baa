"""Mails as files, where no Mailjet keys are set: `<job id>.eml`, so that a mail sent twice is one file."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from chassis.ids import uuid7
from chassis.mail.delivery import JOB_HEADER


class EmailBackend(BaseEmailBackend):
    """Writes each mail, RFC 5322, into `settings.MAIL_DIRECTORY`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_DIRECTORY)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = str(message.extra_headers.get(JOB_HEADER) or uuid7())
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(message.message().as_bytes())
            partial.replace(folder / f"{name}.eml")
        return len(email_messages)
