"""Queued mails: how they are written, and how the worker hands them over."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from chassis.jobs.models import Job, JobState
from chassis.jobs.worker import claim_due, run
from chassis.mail.delivery import deliver_mail, queue_mail
from chassis.mail.mailjet import TIMEOUT
from chassis.testing_mailjet import API_KEY, API_SECRET, Failure, FakeMailjet, mailjet_server

pytestmark = pytest.mark.django_db
RunJobs = Callable[[], int]


def _queue(*, to: str = "someone@example.com", language: str = "en", person: str = "Zoé O'Brien <z>") -> None:
    queue_mail(
        template="parcel_sent",
        to=to,
        language=language,
        context={"name": "Tea & more", "person": person, "day": date(2026, 8, 3)},
    )


@pytest.fixture
def mail_files(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "chassis.mail.files.EmailBackend"
    settings.MAIL_DIRECTORY = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def mailjet(settings: Settings) -> Iterator[FakeMailjet]:
    with mailjet_server() as server:
        settings.EMAIL_BACKEND = "chassis.mail.mailjet.EmailBackend"
        settings.MAILJET_URL = server.url
        settings.MAILJET_API_KEY, settings.MAILJET_API_SECRET = API_KEY, API_SECRET
        yield server


def test_a_mail_is_written_in_the_readers_language_and_escaped_only_as_html(
    mail_files: Path, run_jobs: RunJobs
) -> None:
    _queue(language="fr")
    run_jobs()
    (path,) = mail_files.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (mail["Subject"], mail["To"]) == ("Votre colis Tea & more", "someone@example.com")
    assert mail.get_content() == "Bonjour Zoé O'Brien <z>,\n\nTea & more est parti le 3 août.\n"


def test_a_html_part_goes_along_where_there_is_a_template(mail_files: Path, run_jobs: RunJobs) -> None:
    _queue(language="de")
    run_jobs()
    (path,) = mail_files.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    html = mail.get_body(("html",))
    text = mail.get_body(("plain",))
    assert html is not None
    assert html.get_content() == "<p>Hello Zoé O&#x27;Brien &lt;z&gt;</p>\n"
    assert text is not None
    assert "left on 3 August" in text.get_content()


def test_a_subject_stays_one_line(mail_files: Path, run_jobs: RunJobs) -> None:
    queue_mail(
        template="parcel_sent",
        to="someone@example.com",
        language="fr",
        context={"name": "a\rBcc: x@example.com", "person": "", "day": None},
    )
    assert run_jobs() == 1
    (path,) = mail_files.iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Votre colis a Bcc: x@example.com"
    assert mail["Bcc"] is None


def test_a_mail_sent_twice_by_one_job_is_one_file(mail_files: Path) -> None:
    _queue()
    (claim,) = claim_due(limit=1)
    run(claim)
    run(claim)
    (path,) = mail_files.iterdir()
    assert path.name == f"{claim.id}.eml"


def test_a_mail_is_queued_only_if_its_change_is_committed(run_jobs: RunJobs) -> None:
    with transaction.atomic():
        _queue()
        transaction.set_rollback(True)
    assert Job.objects.count() == 0


def test_mailjet_gets_the_message_and_the_jobs_name(mailjet: FakeMailjet, run_jobs: RunJobs) -> None:
    _queue()
    job = Job.objects.get()
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.last_error) == (JobState.DONE, "")
    (message,) = mailjet.delivered
    assert message == {
        "From": {"Email": "shop@mylittleshopping.example"},
        "To": [{"Email": "someone@example.com"}],
        "Subject": "Your parcel Tea & more",
        "TextPart": "Hello Zoé O'Brien <z>,\n\nTea & more left on 3 August.\n",
        "HTMLPart": "<p>Hello Zoé O&#x27;Brien &lt;z&gt;</p>\n",
        "CustomID": str(job.pk),
    }
    assert [call["idempotency-key"] for call in mailjet.calls] == [str(job.pk)]
    assert mailjet.calls[0]["content-type"] == "application/json"


def test_a_job_run_again_after_a_lost_answer_delivers_once(mailjet: FakeMailjet) -> None:
    _queue()
    (claim,) = claim_due(limit=1)
    run(claim)
    Job.objects.update(state=JobState.WAITING, lease=claim.lease)
    run(claim)
    assert Job.objects.get().state == JobState.DONE
    assert len(mailjet.calls) == 2
    assert len(mailjet.delivered) == 1


@pytest.mark.parametrize(
    "failure",
    [
        Failure(401, b'{"ErrorCode": "mj-0015", "StatusCode": 401, "ErrorMessage": "API key failure"}'),
        Failure(429, b'{"StatusCode": 429, "ErrorMessage": "Too many"}', {"Retry-After": "3600"}),
        Failure(500),
        Failure(503, b"<html>", {"Content-Type": "text/html", "Retry-After": "3600"}),
        Failure(200, b"<html>"),
        Failure(200, b"[]"),
        Failure(200, b'{"Messages": []}'),
        Failure(200, b'{"Messages": null}'),
        Failure(200, b'{"Messages": [{"Status": "error"}]}'),
        Failure(200, b'{"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "x", "StatusCode": 500}]}]}'),
    ],
    ids=lambda failure: f"{failure.status} {failure.body!r}",
)
def test_a_failure_that_may_pass_is_tried_again(mailjet: FakeMailjet, run_jobs: RunJobs, failure: Failure) -> None:
    mailjet.fail_next(failure)
    _queue()
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.WAITING, 1)
    assert job.last_error.startswith("MailNotSentError: ")
    assert len(mailjet.calls) == 1
    Job.objects.update(run_at="2026-01-01T00:00Z")
    run_jobs()
    assert Job.objects.get().state == JobState.DONE
    assert len(mailjet.delivered) == 1


def test_a_silent_mailjet_is_given_up_in_time_and_tried_again(
    mailjet: FakeMailjet, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(TIMEOUT) < deliver_mail.lease.total_seconds(), "an attempt must end within the job's lease"
    assert deliver_mail.lease.total_seconds() < 60, "a mail whose worker was killed is sent within a minute"
    monkeypatch.setattr("chassis.mail.mailjet.TIMEOUT", (0.3, 0.3))
    mailjet.fail_next(Failure(delay=1))
    _queue()
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.last_error.split(":")[0]) == (JobState.WAITING, "MailNotSentError")


def test_an_absent_mailjet_is_tried_again(settings: Settings, mailjet: FakeMailjet, run_jobs: RunJobs) -> None:
    settings.MAILJET_URL = "http://127.0.0.1:9"
    _queue()
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.last_error.split(":")[0]) == (JobState.WAITING, "MailNotSentError")


def test_a_refused_message_is_not_sent_again(mailjet: FakeMailjet, run_jobs: RunJobs) -> None:
    mailjet.refuse("nobody@example")
    _queue(to="nobody@example")
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.DEAD, 1)
    assert job.last_error.startswith("MailRefusedError: ")
    assert len(mailjet.calls) == 1


def test_a_refusal_within_a_success_is_one(mailjet: FakeMailjet, run_jobs: RunJobs) -> None:
    error = {"ErrorCode": "send-0003", "StatusCode": 400, "ErrorMessage": "no content"}
    mailjet.fail_next(Failure(200, json.dumps({"Messages": [{"Status": "error", "Errors": [error]}]}).encode()))
    _queue()
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.last_error) == (JobState.DEAD, "MailRefusedError: Mailjet refused the message: send-0003")


def test_wrong_keys_do_not_bury_mails(settings: Settings, mailjet: FakeMailjet, run_jobs: RunJobs) -> None:
    settings.MAILJET_API_SECRET = "another"
    _queue()
    run_jobs()
    assert Job.objects.get().state == JobState.WAITING
    assert mailjet.delivered == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1234", "http://localhost:1234/", "https://api.mailjet.com"])
def test_the_library_takes_loopback_and_mailjets_own_addresses(settings: Settings, url: str) -> None:
    from chassis.mail.mailjet import _client

    settings.MAILJET_URL, settings.MAILJET_API_KEY, settings.MAILJET_API_SECRET = url, API_KEY, API_SECRET
    with _client() as client:
        assert client.config.api_url == url.rstrip("/") + "/"
        assert [vars(adapter)["max_retries"].total for adapter in client.session.adapters.values()] == [0, 0]


def test_the_library_takes_no_other_address(settings: Settings) -> None:
    from chassis.mail.mailjet import _client

    settings.MAILJET_URL, settings.MAILJET_API_KEY, settings.MAILJET_API_SECRET = "http://mail.test", "a", "b"
    with pytest.raises(ValueError, match="not permitted"):
        _client()
