"""Jobs: what a worker takes, how it ends, and what becomes of it when it does not."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chassis.ids import uuid7
from chassis.jobs.models import Job, JobState, Schedule
from chassis.jobs.tasks import current_job_id, periodics
from chassis.jobs.worker import KEPT_FOR, claim_due, due_periodics, forget_finished_jobs, retry_delay, run
from chassis.logs import request_id
from tests.parcels.models import Parcel
from tests.parcels.tasks import lose, pack, refuse, weigh

RunJobs = Callable[[], int]
LONG_AGO = timezone.now() - timedelta(days=1)


def _names() -> list[str]:
    return list(Parcel.objects.order_by("created_at").values_list("name", flat=True))


@pytest.mark.django_db
def test_a_job_is_done_once(run_jobs: RunJobs) -> None:
    pack.enqueue(name="a")
    assert run_jobs() == 1
    assert run_jobs() == 0
    job = Job.objects.get()
    assert (job.state, job.attempts, job.lease, job.last_error) == (JobState.DONE, 1, None, "")
    assert job.finished_at is not None
    assert _names() == ["a begun", "a packed"]


@pytest.mark.django_db
def test_a_job_carries_the_id_of_the_request_that_asked_for_it(run_jobs: RunJobs, monkeypatch: object) -> None:
    token = request_id.set("request-0001")
    pack.enqueue(name="a")
    request_id.reset(token)
    assert Job.objects.get().request_id == "request-0001"
    run_jobs()
    assert request_id.get() == ""
    with pytest.raises(LookupError):
        current_job_id()


@pytest.mark.django_db
def test_a_job_exists_only_if_its_change_does() -> None:
    with transaction.atomic():
        pack.enqueue(name="a")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_failed_job_waits_longer_each_time_and_dies_at_last(run_jobs: RunJobs) -> None:
    lose.enqueue(name="a")
    for attempt in (1, 2):
        before = timezone.now()
        assert run_jobs() == 1
        job = Job.objects.get()
        assert (job.state, job.attempts, job.last_error) == (JobState.WAITING, attempt, "ValueError: a is lost")
        delay = job.run_at - before
        assert timedelta(seconds=2**attempt / 2) <= delay <= timedelta(seconds=2**attempt + 1)
        assert run_jobs() == 0
        Job.objects.update(run_at=LONG_AGO)
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.DEAD, 3)
    Job.objects.update(run_at=LONG_AGO)
    assert run_jobs() == 0
    assert _names() == ["a", "a", "a"]


def test_delays_grow_to_an_hour_and_no_further() -> None:
    assert timedelta(minutes=30) <= retry_delay(12) <= timedelta(hours=1)
    assert timedelta(minutes=30) <= retry_delay(10_000) <= timedelta(hours=1)


@pytest.mark.django_db
def test_a_job_that_cannot_succeed_dies_at_once(run_jobs: RunJobs) -> None:
    refuse.enqueue(name="a")
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.DEAD, 1)
    assert job.last_error == "PermanentFailureError: a may not be sent"


@pytest.mark.django_db
def test_an_atomic_task_leaves_nothing_when_it_fails(run_jobs: RunJobs) -> None:
    weigh.enqueue(name="a", fails=True)
    run_jobs()
    assert _names() == []
    job = Job.objects.get()
    # What PostgreSQL cannot store is not what keeps the error from being noted.
    assert (job.state, job.last_error) == (JobState.WAITING, "ValueError: a is too heavy\\ud800")


@pytest.mark.django_db
def test_those_that_are_due_first_are_claimed_by_one_statement_for_the_leases_of_their_tasks(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    weigh.enqueue(name="last")
    for task, name, hours in (("parcels.tasks.not_yet", "a", 1), (weigh.name, "b", 3), (pack.name, "c", 2)):
        Job.objects.create(task=task, arguments={"name": name}, run_at=LONG_AGO - timedelta(hours=hours))
    with django_assert_num_queries(1):
        claims = claim_due(limit=3)
    assert [claim.arguments["name"] for claim in claims] == ["b", "c", "a"]
    assert {claim.attempts for claim in claims} == {1}
    held = {job.task: job for job in Job.objects.exclude(lease=None)}
    assert {job.lease for job in held.values()} == {claim.lease for claim in claims}
    now = timezone.now()
    left = {task: round((job.run_at - now).total_seconds() / 3) * 3 for task, job in held.items()}
    assert left == {"parcels.tasks.not_yet": 60, weigh.name: 60, pack.name: 3}


@pytest.mark.django_db
def test_an_atomic_tasks_effect_counts_only_with_its_lease(run_jobs: RunJobs) -> None:
    weigh.enqueue(name="a")
    (late,) = claim_due(limit=1)
    Job.objects.update(run_at=LONG_AGO)  # its lease runs out
    (taken_over,) = claim_due(limit=1)
    run(late)
    assert _names() == []
    assert Job.objects.get().lease == taken_over.lease
    run(taken_over)
    assert _names() == ["a"]
    assert Job.objects.get().state == JobState.DONE


@pytest.mark.django_db
def test_a_failure_past_the_lease_changes_nothing() -> None:
    lose.enqueue(name="a")
    (late,) = claim_due(limit=1)
    Job.objects.update(run_at=LONG_AGO)
    (taken_over,) = claim_due(limit=1)
    run(late)
    job = Job.objects.get()
    assert (job.lease, job.last_error, job.state) == (taken_over.lease, "", JobState.WAITING)


@pytest.mark.django_db
def test_a_job_whose_workers_all_die_is_dead_in_the_end() -> None:
    lose.enqueue(name="a")
    for _attempt in range(3):
        assert len(claim_due(limit=1)) == 1
        Job.objects.update(run_at=LONG_AGO)
    (claim,) = claim_due(limit=1)
    run(claim)
    job = Job.objects.get()
    assert (job.state, job.last_error) == (JobState.DEAD, "its worker died, or its lease ran out, at every attempt")
    assert _names() == []


@pytest.mark.django_db
def test_a_task_of_a_newer_release_is_left_to_others(run_jobs: RunJobs) -> None:
    Job.objects.create(task="parcels.tasks.not_yet", attempts=99)
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.lease, job.last_error) == (JobState.WAITING, None, "no such task in this release")


@pytest.mark.django_db
def test_enqueue_once_adds_nothing_while_one_waits(run_jobs: RunJobs) -> None:
    pack.enqueue_once("k", name="a")
    pack.enqueue_once("k", name="b")
    pack.enqueue_once("other", name="c")
    weigh.enqueue_once("k", name="d")
    assert Job.objects.count() == 3
    run_jobs()
    pack.enqueue_once("k", name="e")
    assert Job.objects.filter(state=JobState.WAITING).count() == 1


@pytest.mark.django_db
def test_enqueue_once_is_not_lost_while_an_earlier_one_runs(run_jobs: RunJobs) -> None:
    lose.enqueue_once("k", name="a")
    (running,) = claim_due(limit=1)
    lose.enqueue_once("k", name="b")
    lose.enqueue_once("k", name="c")
    assert Job.objects.count() == 2
    run(running)  # and fails: the one that waits does its work
    states = dict(Job.objects.values_list("state", "last_error"))
    assert states == {JobState.DONE: "ValueError: a is lost", JobState.WAITING: ""}
    run_jobs()
    assert _names() == ["a", "b"]


@pytest.mark.django_db
def test_enqueue_once_can_wait(run_jobs: RunJobs) -> None:
    pack.enqueue_once("k", delay=timedelta(minutes=1), name="a")
    assert run_jobs() == 0
    assert Job.objects.get().run_at > timezone.now() + timedelta(seconds=50)


@pytest.mark.django_db
@pytest.mark.parametrize("row", [{"state": "lost"}, {"state": "waiting", "key": "k"}])
def test_the_database_refuses_what_no_job_is(row: dict[str, str]) -> None:
    Job.objects.create(task="t", key="k")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(task="t", **row)
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_done_jobs_are_forgotten_and_dead_ones_kept() -> None:
    old = timezone.now() - KEPT_FOR - timedelta(hours=1)
    for state in (JobState.DONE, JobState.DEAD):
        Job.objects.create(task="t", state=state, finished_at=old)
    Job.objects.create(task="t", state=JobState.DONE, finished_at=timezone.now())
    forget_finished_jobs()
    assert sorted(Job.objects.values_list("state", flat=True)) == [JobState.DEAD, JobState.DONE]


@pytest.mark.django_db(transaction=True)
def test_many_workers_take_each_job_once() -> None:
    Job.objects.bulk_create([Job(id=uuid7(), task=pack.name, arguments={"name": str(n)}) for n in range(60)])
    ready = threading.Barrier(6)

    def take(_worker: int) -> list[uuid.UUID]:
        ready.wait()
        taken: list[uuid.UUID] = []
        try:
            while claims := claim_due(limit=3):
                taken += [claim.id for claim in claims]
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(6) as threads:
        taken = [ident for worker in threads.map(take, range(6)) for ident in worker]
    assert len(taken) == len(set(taken)) == 60


@pytest.mark.django_db(transaction=True)
def test_a_turn_of_a_periodic_task_goes_to_one_worker() -> None:
    due_periodics()
    Schedule.objects.update(due_at=LONG_AGO)
    ready = threading.Barrier(6)

    def turn(_worker: int) -> list[str]:
        ready.wait()
        try:
            return [one.name for one in due_periodics()]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        turns = [name for worker in threads.map(turn, range(6)) for name in worker]
    assert sorted(turns) == sorted(periodics)


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", "secret"))
    return client


def test_an_admin_runs_dead_jobs_again(admin: Client, run_jobs: RunJobs) -> None:
    refuse.enqueue(name="a")
    run_jobs()
    dead = Job.objects.get()
    pack.enqueue(name="b")
    chosen = [str(pk) for pk in Job.objects.values_list("pk", flat=True)]
    answer = admin.post(
        "/admin/jobs/job/", {"action": "run_again", "_selected_action": chosen}, follow=True, headers={"accept": "*/*"}
    )
    assert "1 jobs will run again." in answer.content.decode()
    dead.refresh_from_db()
    assert (dead.state, dead.attempts, dead.finished_at) == (JobState.WAITING, 0, None)
    assert run_jobs() == 2


def test_a_dead_job_whose_key_waits_again_stays_dead(admin: Client, run_jobs: RunJobs) -> None:
    refuse.enqueue_once("k", name="a")
    run_jobs()
    refuse.enqueue_once("k", name="b")
    dead = Job.objects.get(state=JobState.DEAD)
    answer = admin.post("/admin/jobs/job/", {"action": "run_again", "_selected_action": [str(dead.pk)]}, follow=True)
    assert "0 jobs will run again." in answer.content.decode()
    dead.refresh_from_db()
    assert dead.state == JobState.DEAD


def test_the_admin_finds_jobs_and_hides_private_arguments(admin: Client) -> None:
    pack.enqueue(name="visible-name")
    lose.enqueue(name="hidden-name")
    visible, hidden = Job.objects.get(task=pack.name), Job.objects.get(task=lose.name)
    found = admin.get("/admin/jobs/job/", {"q": str(visible.pk)}).content.decode()
    assert "1 job" in found
    assert "visible-name" in admin.get(f"/admin/jobs/job/{visible.pk}/change/").content.decode()
    page = admin.get(f"/admin/jobs/job/{hidden.pk}/change/")
    assert page.status_code == 200
    assert "hidden-name" not in page.content.decode()
