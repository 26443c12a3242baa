"""What Prometheus reads: complete over all processes, few labels, for those who may."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings
from rest_framework.test import APIClient

from chassis import http, metrics
from chassis.http import CallError, ServiceSession
from chassis.jobs.models import Job, JobState
from chassis.testing import make_token
from tests.loopback import serving
from tests.parcels.tasks import pack

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _parsed(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def _read() -> Samples:
    return _parsed(APIClient().get("/metrics").content.decode())


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_status_and_never_by_address() -> None:
    answered = _key(
        "django_http_responses_total_by_status_view_method_total", status="200", view="parcel-list", method="GET"
    )
    timed = _key("django_http_requests_latency_seconds_by_view_method_count", view="parcel-list", method="GET")
    before = _read()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    for search in ("a", "b"):
        client.get(f"/api/v1/parcels?search={search}")
    for _time in range(3):
        client.get(f"/nowhere/{uuid.uuid4()}")
    client.generic("BREW", "/livez")
    after = _read()
    assert after[answered] - before.get(answered, 0) == 2
    assert after[timed] - before.get(timed, 0) == 2
    new = {dict(labels).get("view") for name, labels in after.keys() - before.keys() if "view" in dict(labels)}
    assert new <= {"parcel-list", "<unnamed view>", "chassis.health.livez", "chassis.health.metrics"}
    assert "BREW" not in str(after)
    assert all(method in metrics.METHODS for _view, method, _status in metrics._requests)


def test_metrics_need_their_token_and_production_has_none_without(settings: Settings, db: None) -> None:
    settings.METRICS_TOKEN = "of-prometheus"
    client = APIClient()
    refused = client.get("/metrics")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    for wrong in ("Bearer of", "of-prometheus", "Bearer of-prometheus ", "Bearer \u00e9"):
        assert client.get("/metrics", headers={"authorization": wrong}).status_code == 401
    allowed = client.get("/metrics", headers={"authorization": "Bearer of-prometheus"})
    assert allowed.status_code == 200
    assert allowed["Content-Type"].startswith("text/plain")


def test_production_without_a_token_shows_no_metrics(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr("chassis.health.is_production", lambda: True)
    assert APIClient().get("/metrics").status_code == 404


@pytest.mark.django_db
def test_jobs_are_told_by_task_and_state_with_their_ages() -> None:
    now = timezone.now()

    def job(ago: float, *, due: float = 0, **fields: object) -> Job:
        made = {"task": "mails.send", "created_at": now - timedelta(seconds=ago), **fields}
        return Job(run_at=now - timedelta(seconds=due), **made)

    Job.objects.bulk_create(
        [
            job(100, due=40),
            job(30, due=-50),
            job(500, due=-60, lease=uuid.uuid4()),
            job(9000, due=8000, state=JobState.DEAD, finished_at=now - timedelta(seconds=700)),
            job(99_999, due=99_999, state=JobState.DONE, finished_at=now),
            job(5, due=-5, task="mails.later"),
        ]
    )
    read = _read()
    states = {s: read[_key("shop_jobs", task="mails.send", state=s)] for s in ("waiting", "running", "dead")}
    ages = {s: read[_key("shop_jobs_oldest_seconds", task="mails.send", state=s)] for s in states}
    assert states == {"waiting": 2, "running": 1, "dead": 1}
    assert [round(age, -1) for age in ages.values()] == [100, 500, 700]
    assert 40 <= read[_key("shop_jobs_lag_seconds", task="mails.send")] < 50
    assert read[_key("shop_jobs_lag_seconds", task="mails.later")] == 0
    assert read[_key("shop_database_up")] == 1


def test_without_its_database_a_service_still_tells_the_rest(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    def fail() -> list[Metric]:
        raise DatabaseError("gone")

    monkeypatch.setattr(metrics, "_readers", [fail])
    read = _read()
    assert read[_key("shop_database_up")] == 0
    assert any(name == "shop_build_info" for name, _labels in read)


def test_calls_breakers_and_refusals_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PROBE_PAUSE_SECONDS", 30.0)
    to = f"other-{uuid.uuid4().hex[:6]}"
    statuses = [200, 404, 503, 503]
    with (
        serving(lambda exchange: exchange.reply(statuses.pop(0))) as server,
        ServiceSession(to, timeout=(0.3, 0.5), failures=2) as session,
    ):
        for _time in range(4):
            session.post(server.url)
        with pytest.raises(CallError):
            session.post(server.url)
        read = _parsed(metrics.exposition(database=False).decode())
        assert read[_key("shop_breaker_open", to=to)] == 1
        session._breaker.half_open()
        session._breaker.close()
    calls = {o: read[_key("shop_calls_seconds_count", to=to, outcome=o)] for o in ("answered", "unavailable")}
    assert calls == {"answered": 2, "unavailable": 2}
    assert read[_key("shop_calls_refused_total", to=to, reason="breaker")] == 1
    read = _parsed(metrics.exposition(database=False).decode())
    assert read[_key("shop_breaker_open", to=to)] == 0


# Processes


def _free_port() -> int:
    import socket

    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def _database_url() -> str:
    database = connection.settings_dict
    parts = (quote(str(database[part]), safe="") for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))
    return "postgres://{}:{}@{}:{}/{}".format(*parts)


def _start(arguments: list[str], **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - all of it is written here
        [sys.executable, *arguments],
        cwd=Path(__file__).parent.parent,
        env={
            **os.environ,
            "ENVIRONMENT": "development",
            "DATABASE_URL": _database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            **environment,
        },
    )


def _wait_until_ready(base: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while True:
        try:
            if requests.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)


def _children(process: "subprocess.Popen[bytes]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.fixture
def web(
    transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    """A web process that drains for two seconds, of three workers where nothing else is said: its address, itself, its
    temporary folder.
    """
    port, workers = _free_port(), int(getattr(request, "param", "3"))
    (tmp_path / "shop-metrics-999999999-left").mkdir()
    # What another server removes at this very moment is listed, too, and is not there when it is looked at.
    (tmp_path / "shop-metrics-999999999-gone").symlink_to("nowhere")
    gunicorn = ["-m", "gunicorn", "-c", "python:chassis.gunicorn_config", "-b", f"127.0.0.1:{port}"]
    gunicorn += ["chassis.wsgi:get_wsgi_application()"]
    process = _start(
        gunicorn,
        WEB_WORKERS=str(workers),
        WEB_THREADS="2",
        WEB_DRAIN_SECONDS="2",
        TMPDIR=str(tmp_path),
        METRICS_TOKEN="t" * 32,
        ALLOWED_HOSTS="127.0.0.1",
    )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait_until_ready(base, process)
        until = time.monotonic() + 30
        while len(_children(process)) < workers:  # the first may be ready before the last is there
            assert time.monotonic() < until
            time.sleep(0.05)
        yield base, process, tmp_path
    finally:
        process.kill()
        process.wait()


def _scrape(base: str) -> Samples:
    # As Prometheus asks: by an address that is none of ALLOWED_HOSTS.
    headers = {"Authorization": "Bearer " + "t" * 32, "Host": "10.1.2.3"}
    answer = requests.get(f"{base}/metrics", headers=headers, timeout=5)
    assert answer.status_code == 200
    return _parsed(answer.text)


def test_any_process_tells_of_all_and_a_dead_one_is_not_forgotten(
    web: tuple[str, "subprocess.Popen[bytes]", Path],
) -> None:
    base, process, folder = web
    (own,) = (each for each in folder.glob("shop-metrics-*") if each.exists())  # what a killed server left is gone
    assert own.name.startswith(f"shop-metrics-{process.pid}-")
    key = _key(
        "django_http_responses_total_by_status_view_method_total",
        status="200",
        view="chassis.health.livez",
        method="GET",
    )
    for _time in range(30):
        assert requests.get(f"{base}/livez", timeout=5).status_code == 200  # a connection each: any of the three
    assert [_scrape(base)[key] for _time in range(6)] == [30] * 6
    os.kill(_children(process)[0], signal.SIGKILL)
    time.sleep(1.5)
    assert [_scrape(base)[key] for _time in range(6)] == [30] * 6


@pytest.mark.parametrize("web", ["1", "3"], indirect=True, ids=["one worker", "three workers"])
def test_told_to_stop_it_first_says_so_and_still_answers(web: tuple[str, "subprocess.Popen[bytes]", Path]) -> None:
    base, process, folder = web
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    for _time in range(6):
        assert requests.get(f"{base}/livez", timeout=5).status_code == 200
        unready = requests.get(f"{base}/readyz", timeout=5)
        assert (unready.status_code, unready.json()["reason"]) == (503, "the server is stopping")
    began = time.monotonic()
    assert process.wait(timeout=15) == 0
    assert time.monotonic() - began > 0.5
    assert [each for each in folder.glob("shop-metrics-*") if each.exists()] == []


@pytest.mark.parametrize("web", ["1"], indirect=True, ids=["one worker"])
def test_a_single_worker_that_is_killed_comes_back(web: tuple[str, "subprocess.Popen[bytes]", Path]) -> None:
    base, process, _folder = web
    (child,) = _children(process)
    os.kill(child, signal.SIGKILL)
    time.sleep(0.2)
    _wait_until_ready(base, process)


def test_a_worker_answers_to_those_who_watch_it(transactional_db: None) -> None:
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    pack.enqueue(name="a")
    worker = _start(["manage.py", "run_worker"], WORKER_PORT=str(port), METRICS_TOKEN="t" * 32)
    try:
        _wait_until_ready(base, worker)
        until = time.monotonic() + 20
        key = _key("shop_job_runs_total", task=pack.name, outcome="done")
        while key not in (read := _scrape(base)):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert read[key] == 1
        assert read[_key("shop_job_seconds_count", task=pack.name)] == 1
        assert not any(name == "shop_jobs" for name, _labels in read)  # the web process tells those
        assert requests.get(f"{base}/livez", timeout=5).json() == {"status": "ok"}
        refused = [requests.get(f"{base}{path}", timeout=5).status_code for path in ("/metrics", "/admin/")]
        assert refused == [401, 404]
        worker.terminate()
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
        worker.wait()
