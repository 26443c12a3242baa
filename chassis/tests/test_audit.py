"""What the auditor reads, and nobody else does."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from chassis.jobs.models import Job, JobState
from chassis.testing import ClientFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit/jobs"


@pytest.fixture
def auditor(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["audit.read"])


def read(auditor: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = auditor.get(f"{URL}{query}")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ["buyer"]},
        {"roles": ["seller"]},
        {"roles": ["admin"]},
        {"roles": ["service"], "scopes": ["audit.write", "parcels.read"]},
    ],
    ids=str,
)
def test_only_the_auditors_scope_opens_its_lists(client_for: ClientFactory, claims: dict[str, Any]) -> None:
    assert client_for(**claims).get(URL).status_code == 403


def test_nobody_reads_as_the_auditor_without_a_token(anonymous: APIClient) -> None:
    assert anonymous.get(URL).status_code == 401


def test_the_auditor_writes_nothing(auditor: APIClient) -> None:
    assert auditor.post(URL, {}).status_code == 405
    assert auditor.delete(f"{URL}/{uuid.uuid4()}").status_code == 404


def test_a_job_is_shown_without_its_arguments(auditor: APIClient) -> None:
    due = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    job = Job.objects.create(
        task="send", arguments={"to": "a@example.com"}, attempts=2, run_at=due, created_at=due, last_error="no answer"
    )
    assert read(auditor) == [
        {
            "id": str(job.pk),
            "task": "send",
            "state": "waiting",
            "attempts": 2,
            "run_at": "2026-01-02T03:04:05Z",
            "leased": False,
            "created_at": "2026-01-02T03:04:05Z",
            "finished_at": None,
            "last_error": "no answer",
        }
    ]
    Job.objects.update(lease=uuid.uuid4())
    assert read(auditor)[0]["leased"] is True


def test_lists_are_narrowed_by_time_id_and_state(auditor: APIClient) -> None:
    now = timezone.now()
    old = Job.objects.create(task="old", created_at=now - timedelta(hours=2))
    new = Job.objects.create(task="new", created_at=now, state=JobState.DEAD, finished_at=now)
    hour_ago = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [row["task"] for row in read(auditor)] == ["new", "old"]
    assert [row["task"] for row in read(auditor, f"?created_since={hour_ago}")] == ["new"]
    assert [row["task"] for row in read(auditor, f"?id={old.pk}&id={uuid.uuid4()}")] == ["old"]
    assert [row["task"] for row in read(auditor, "?state=dead")] == ["new"]
    assert [row["id"] for row in read(auditor, f"?id={old.pk}&id={new.pk}&state=waiting")] == [str(old.pk)]


@pytest.mark.parametrize(
    "query", ["created_since=yesterday", "id=7", "state=lost", "page_size=0", "&".join([f"id={uuid.uuid4()}"] * 101)]
)
def test_what_makes_no_sense_is_refused(auditor: APIClient, query: str) -> None:
    assert auditor.get(f"{URL}?{query}").status_code == 400


def test_a_page_holds_up_to_500_and_costs_one_query(
    auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Job.objects.bulk_create(Job(task=f"number {number}") for number in range(501))
    with django_assert_num_queries(1):
        first = auditor.get(f"{URL}?page_size=1000").json()
    assert len(first["results"]) == 500
    with django_assert_num_queries(1):
        second = auditor.get(first["next"]).json()
    assert len(second["results"]) == 1
    assert second["next"] is None
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
