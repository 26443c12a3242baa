"""The stack on one server: bought from, scaled, killed, restarted and rolled over, through HAProxy."""

import os
import ssl
import stat
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests
import urllib3

from local import demo_accounts
from local.demo import ADDRESS
from local.ports import free_ports
from local.services import SERVICES
from tests.deploy.engine import Engine
from tests.deploy.stack import PROJECT, Stack, eventually

WORKING_SECONDS = 90
TOKEN_SECONDS = 300
"""Half of what a token lives."""


class Reachable(Protocol):
    """Where the public API answers."""

    @property
    def url(self) -> str: ...


class Buyer:
    """A demo buyer with an address, who buys one thing at a time."""

    def __init__(self, at: Reachable, number: int, **headers: str) -> None:
        self._base = f"{at.url}/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(headers)
        self._account = demo_accounts.buyers()[number]
        self._logged_in_at = float("-inf")
        self.address = self.call("POST", "/addresses", 201, json=ADDRESS)["id"]
        products = self.call("GET", "/products?in_stock=true&page_size=20", 200)["results"]
        details = [self.call("GET", f"/products/{product['id']}", 200) for product in products]
        self._variants = cycle(v["id"] for detail in details for v in detail["variants"] if int(v["available"]) > 20)

    def _log_in(self) -> None:
        login = {"email": self._account.email, "password": self._account.password}
        answer = self.session.post(f"{self._base}/auth/token", json=login, timeout=40)
        assert answer.status_code == 200, answer.text
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        self._logged_in_at = time.monotonic()

    def call(self, method: str, path: str, *expected: int, **options: Any) -> dict[str, Any]:
        if time.monotonic() > self._logged_in_at + TOKEN_SECONDS:
            self._log_in()
        answer = self.session.request(method, self._base + path, timeout=40, **options)
        assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body | {"status_code": answer.status_code}

    def cart(self) -> dict[str, Any]:
        cart = self.call("POST", "/carts", 200, 201, json={})
        return self.call("PUT", f"/carts/{cart['id']}/lines/{next(self._variants)}", 200, json={"quantity": 1})

    def check_out(self, *, method: str = "pm_card_visa") -> dict[str, Any]:
        """Buy one; return the answer with the order, however often it must be asked for."""
        cart = self.cart()
        body = {"cart": cart["id"], "shipping_address": self.address, "payment_method": method}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        until = time.monotonic() + 60
        while True:
            answer = self.call(
                "POST", "/checkouts", 201, 202, json=body | {"expected_total": cart["total"]}, headers=key
            )
            if answer["status_code"] == 201:
                return answer
            assert time.monotonic() < until, answer
            time.sleep(1)

    def orders(self) -> set[str]:
        return {order["id"] for order in self.call("GET", "/orders?page_size=100", 200)["results"]}


@contextmanager
def load(stack: Stack, buyers: list[Buyer]) -> Iterator[Counter[str]]:
    """People who browse and buy until the block ends; what they got is counted, failures under their words."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()
    over = threading.Event()

    def note(what: str) -> None:
        with lock:
            seen[what] += 1

    def browse(session: requests.Session | None) -> None:
        while not over.wait(0.03):
            get = session.get if session else requests.get
            try:
                answer = get(f"{stack.url}/api/v1/products?page_size=5", timeout=40)
                fine = answer.status_code == 200 and answer.json()["degraded"] == []
                note("browsed" if fine else f"failed: {answer.status_code} {answer.text[:200]}")
            except requests.RequestException as error:
                note(f"failed: {error!r}"[:200])

    def shop(buyer: Buyer) -> None:
        while not over.wait(0.2):
            try:
                buyer.check_out()
                note("bought")
            except (requests.RequestException, AssertionError) as error:
                note(f"failed: {error!r}"[:200])

    threads = [threading.Thread(target=browse, args=(requests.Session() if kept else None,)) for kept in (True, False)]
    threads += [threading.Thread(target=shop, args=(buyer,)) for buyer in buyers]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def unharmed(stack: Stack, buyers: list[Buyer]) -> Iterator[Counter[str]]:
    """The same people, none of whom may be failed; it begins and ends with some seconds of nothing but them."""
    with stack.troubles() as said, load(stack, buyers) as seen:
        time.sleep(3)
        yield seen
        time.sleep(3)
    failed = [f"{times} × {what}" for what, times in seen.items() if what.startswith("failed")]
    assert not failed, "\n".join([*failed, "The containers said:", *said[:60]])
    print(f"none was failed: {dict(seen)}")


def scale(stack: Stack, **replicas: int) -> None:
    options = [part for service, count in replicas.items() for part in ("--scale", f"{service}={count}")]
    stack.up("--no-recreate", "--no-deps", *options, *replicas)


def test_a_purchase_goes_through_the_proxy(stack: Stack) -> None:
    assert "Bought, paid and shipped." in stack.buy()


def test_every_container_is_contained(stack: Stack, engine: Engine) -> None:
    for service in SERVICES:
        for name in (service.name, f"{service.name}-worker"):
            (container,) = stack.containers(name)
            found = engine.inspect(container)
            host = found["HostConfig"]
            assert host["ReadonlyRootfs"], name
            assert host["CapDrop"] == ["ALL"], name
            assert "no-new-privileges:true" in host["SecurityOpt"], name
            assert host["Memory"] > 0, name
            assert host["NanoCpus"] > 0, name
            assert found["State"]["Health"]["Status"] == "healthy", name
            assert not any("_KEY=" in v or "SECRET=" in v or "DATABASE_URL=" in v for v in found["Config"]["Env"]), name


def test_a_database_is_reached_by_its_own_service_alone(stack: Stack) -> None:
    dial = "import socket, sys; socket.create_connection((sys.argv[1], 5432), timeout=3)"
    stack.compose("exec", "-T", "orders", "python", "-c", dial, "orders-database")
    for stranger in ("payment-database", "auth-database"):
        with pytest.raises(AssertionError, match=r"gaierror|Name or service|timed out"):
            stack.compose("exec", "-T", "orders", "python", "-c", dial, stranger)


def test_images_of_products_come_from_their_volume(stack: Stack) -> None:
    product = requests.get(f"{stack.url}/api/v1/products?page_size=1", timeout=20).json()["results"][0]
    assert product["image"].startswith(f"{stack.url}/media/")
    picture = requests.get(product["image"], timeout=20)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert requests.put(product["image"], data=b"x", timeout=20).status_code in {403, 405}
    assert requests.get(f"{stack.url}/media/", timeout=20).status_code in {403, 404}


def test_the_proxy_ends_tls(stack: Stack, engine: Engine) -> None:
    """Another HAProxy on the same network, as it is in production: the demo has none of TLS."""
    tls, plain = free_ports(2)
    secrets = stack.folder / "secrets"
    proxy = engine.run(
        *("run", "--detach", "--network", f"{PROJECT}_inner", "--read-only", "--cap-drop", "ALL"),
        *("--env", "TLS=on", "--env", "SHOP_URL=https://shop.example.com"),
        *("--publish", f"127.0.0.1:{tls}:8000", "--publish", f"127.0.0.1:{plain}:8080"),
        *("--volume", f"{stack.folder}/haproxy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"),
        *("--volume", f"{secrets}/tls.pem:/run/secrets/tls.pem:ro", stack.variables["HAPROXY_IMAGE"]),
    ).stdout.strip()
    try:
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", tls, ca_certs=str(secrets / "tls.pem"), assert_hostname="shop.example.com", retries=False
        )
        headers = {"Host": f"localhost:{stack.url.rpartition(':')[2]}"}

        def answered() -> bool:
            try:
                return pool.request("GET", "/api/v1/products", headers=headers).status == 200
            except urllib3.exceptions.HTTPError as error:
                raise AssertionError(error) from error

        eventually(answered, seconds=30, what="the shop by TLS")
        sent = requests.get(f"http://localhost:{plain}/api/v1/products?x=1", allow_redirects=False, timeout=20)
        assert (sent.status_code, sent.headers["Location"]) == (308, "https://shop.example.com/api/v1/products?x=1")
        # A certificate is renewed as configure.md says: into the file, which the container holds on to, and a signal.
        kept = (secrets / "tls.pem").read_text()
        held = (secrets / "tls.pem").rename(secrets / "held.pem")
        stack.prepare()
        held.chmod(0o644)
        held.write_text((secrets / "tls.pem").read_text())
        engine.run("kill", "--signal", "HUP", proxy)

        def renewed() -> bool:
            shown = ssl.get_server_certificate(("127.0.0.1", tls))
            return shown not in kept and shown in (secrets / "tls.pem").read_text()

        eventually(renewed, seconds=30, what="the new certificate")
    finally:
        engine.run("rm", "--force", proxy)


def test_an_operator_is_made_in_a_container_and_logs_in(stack: Stack) -> None:
    password = uuid.uuid4().hex
    stack.compose(
        *("run", "--rm", "-T", "-e", f"DJANGO_SUPERUSER_PASSWORD={password}", "orders"),
        *("python", "manage.py", "createsuperuser", "--no-input", "--username", "operator"),
    )
    pages = stack.address("ORDERS_PORT")
    with requests.Session() as browser:
        browser.get(f"{pages}/admin/login/", timeout=20)
        form = {"username": "operator", "password": password, "csrfmiddlewaretoken": browser.cookies["orders_csrf"]}
        inside = browser.post(f"{pages}/admin/login/?next=/admin/", data=form, timeout=20)
    assert (inside.status_code, inside.url) == (200, f"{pages}/admin/"), inside.text[-1500:]


def test_metrics_are_read_inside_with_the_token_and_not_from_outside(stack: Stack) -> None:
    for variable in ("PUBLIC_PORT", "AUTH_PORT", "PAYMENT_PORT"):
        assert requests.get(f"{stack.address(variable)}/metrics", timeout=20).status_code == 404
    ask = (
        "import http.client, pathlib, sys\n"
        "token = pathlib.Path('/run/secrets/metrics_token').read_text().strip()\n"
        "for headers in ({}, {'Authorization': 'Bearer ' + token}):\n"
        "    one = http.client.HTTPConnection(sys.argv[1], 8000)\n"
        "    one.request('GET', '/metrics', headers=headers)\n"
        "    answer = one.getresponse(); print(answer.status, b'shop_build_info' in answer.read())\n"
    )
    for name in ("orders", "orders-worker"):
        said = stack.compose("exec", "-T", "orders", "python", "-c", ask, name).splitlines()
        assert said == ["401 False", "200 True"], name


def test_prometheus_finds_every_process_of_every_service(stack: Stack) -> None:
    stack.compose("up", "--detach", "--no-build", "prometheus", COMPOSE_PROFILES="metrics")
    base = f"http://{stack.variables['PROMETHEUS_ADDRESS']}"

    def up() -> set[tuple[str, str]]:
        answer = requests.get(f"{base}/api/v1/query", params={"query": "up == 1"}, timeout=10)
        found = {(r["metric"]["app"], r["metric"]["process"]) for r in answer.json()["data"]["result"]}
        wanted = {(s.name, process) for s in SERVICES for process in ("web", "worker")} | {("proxy", "proxy")}
        assert wanted <= found, wanted - found
        return found

    eventually(up, seconds=WORKING_SECONDS, what="Prometheus reads every process")
    query = {"query": "sum by (app) (django_http_responses_total_by_status_view_method_total)"}
    counted = requests.get(f"{base}/api/v1/query", params=query, timeout=10).json()["data"]["result"]
    assert {result["metric"]["app"] for result in counted} == {service.name for service in SERVICES}
    stack.compose("rm", "--stop", "--force", "prometheus", COMPOSE_PROFILES="metrics")


def test_replicas_share_the_load(stack: Stack, engine: Engine) -> None:
    with unharmed(stack, [Buyer(stack, 5)]):
        scale(stack, inventory=3)
    try:
        replicas = stack.containers("inventory")
        assert len(replicas) == 3

        def served() -> list[int]:
            requests.get(f"{stack.url}/api/v1/products?page_size=2", timeout=20)
            lines = [engine.run("logs", "--since", began, one).stdout for one in replicas]
            return [text.count('"/api/v1/products"') for text in lines]

        began = str(int(time.time()))

        def all_serve() -> bool:
            return min(served()) > 0

        eventually(all_serve, seconds=60, what="all three replicas serve")
        before = served()
        for _time in range(60):
            assert requests.get(f"{stack.url}/api/v1/products?page_size=2", timeout=20).status_code == 200
        shares = [after - earlier for after, earlier in zip(served(), before, strict=True)]
        assert min(shares) >= 10, shares
    finally:
        with unharmed(stack, [Buyer(stack, 5)]):
            scale(stack, inventory=1)


def test_killed_containers_and_databases_come_back_and_people_buy_again(stack: Stack) -> None:
    buyer = Buyer(stack, 1)

    def buys() -> dict[str, Any]:
        return buyer.check_out()

    for name in ("orders", "inventory-database", "aggregator", "payment-database", "proxy"):
        (container,) = stack.containers(name)
        stack.crash(container)
        eventually(buys, seconds=WORKING_SECONDS, what=f"a purchase after {name} was killed")
        assert stack.engine.inspect(container)["RestartCount"] >= 1, name


def test_told_to_stop_a_web_process_ends_what_it_has_begun(stack: Stack) -> None:
    buyer = Buyer(stack, 2)
    for name in ("payment", "aggregator"):
        (container,) = stack.containers(name)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(buyer.check_out, method="pm_sandbox_slow")
            time.sleep(1.5)  # the provider takes three seconds
            began = time.monotonic()
            stack.engine.run("stop", "--time", "40", container)
            took = time.monotonic() - began
            bought = answer.result(timeout=60)
        assert bought["status_code"] == 201, name
        state = stack.engine.inspect(container)["State"]
        assert state["ExitCode"] == 0, name
        assert took < 38, name  # by itself, and not killed at the end
        stack.engine.run("start", container)
        eventually(lambda: requests.get(f"{stack.url}/readyz", timeout=5).ok, seconds=60, what=f"{name} is back")


def test_told_to_stop_a_worker_ends_the_job_that_runs_and_loses_none(stack: Stack) -> None:
    (worker,) = stack.containers("auth-worker")
    stack.engine.run("stop", "--time", "60", worker)
    account = {"email": f"{uuid.uuid4().hex[:10]}@demo.test", "password": "four words of nonsense 7", "full_name": "A"}
    for number in range(2):
        person = account | {"email": f"{number}.{account['email']}"}
        answer = requests.post(f"{stack.url}/api/v1/accounts", json=person, timeout=40)
        assert answer.status_code == 201, answer.text
    waiting = stack.sql("auth", "SELECT id FROM jobs_job WHERE state = 'waiting' AND lease IS NULL ORDER BY run_at")
    first = waiting.splitlines()[0]
    # A mail that nobody takes: its file is a pipe, and the worker (process 1 of its container) waits within the job.
    pipe = stack.mail / f".{first}.1"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    stack.engine.run("start", worker)
    eventually(
        lambda: stack.sql("auth", f"SELECT lease FROM jobs_job WHERE id = '{first}'"),
        seconds=60,
        what="the job is taken",
    )
    time.sleep(1)
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stack.engine.run, "stop", "--time", "60", worker)
        time.sleep(2)
        assert not stopping.done()
        assert b"From: " in pipe.read_bytes()  # now somebody takes it
        stopping.result(timeout=70)
    assert stack.engine.inspect(worker)["State"]["ExitCode"] == 0
    assert stack.sql("auth", f"SELECT state, attempts FROM jobs_job WHERE id = '{first}'") == "done|1"
    stack.engine.run("start", worker)
    eventually(
        lambda: stack.sql("auth", "SELECT count(*) FROM jobs_job WHERE state <> 'done'") == "0",
        seconds=60,
        what="no job is left",
    )
    for left in stack.mail.iterdir():
        if stat.S_ISFIFO(left.stat().st_mode):
            left.unlink()


def test_data_outlive_the_containers(stack: Stack) -> None:
    buyer = Buyer(stack, 3)
    buyer.check_out()
    orders = buyer.orders()
    assert orders
    stack.compose("down", "--timeout", "60")
    ours = f"label=com.docker.compose.project={PROJECT}"
    assert stack.engine.run("ps", "--quiet", "--filter", ours).stdout == ""
    stack.up()
    again = Buyer(stack, 3)
    assert again.orders() == orders
    again.check_out()


NEXT = """
ARG BASE
FROM ${BASE}
COPY migrations /app/
ENV IMAGE_VERSION=2
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "%s")]
    operations = [
        migrations.AddField("category", "remark", models.CharField(max_length=40, default="", db_default="")),
    ]
"""


def next_version(engine: Engine, folder: Path) -> None:
    """Images of version 2: the same code, and in the inventory a migration, under which the old code goes on."""
    for service in SERVICES:
        context = folder / service.name
        added = context / "migrations"
        added.mkdir(parents=True)
        (context / "Dockerfile").write_text(NEXT)
        if service.name == "inventory":
            (added / "catalogue/migrations").mkdir(parents=True)
            last = sorted(path.stem for path in (service.folder / "catalogue/migrations").glob("[0-9]*.py"))[-1]
            (added / "catalogue/migrations/0999_remark.py").write_text(MIGRATION % last)
        image = f"mylittleshopping/{service.name}"
        engine.run("build", "--build-arg", f"BASE={image}:1", "-t", f"{image}:2", str(context))


def test_a_rolling_update_fails_no_request(stack: Stack, engine: Engine, tmp_path: Path) -> None:
    next_version(engine, tmp_path)
    buyers = [Buyer(stack, number) for number in (10, 11)]
    column = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'remark'"
    assert stack.sql("inventory", column) == "0"
    replicas = {"aggregator": 2, "inventory": 2}
    scale(stack, **replicas)
    with unharmed(stack, buyers) as seen:
        before = dict(seen)
        rolled = stack.rollout("2")
    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    assert stack.sql("inventory", column) == "1"
    for service in SERVICES:
        for name in (service.name, f"{service.name}-worker"):
            running = [engine.inspect(one)["Config"]["Image"] for one in stack.containers(name)]
            assert running == [f"mylittleshopping/{service.name}:2"] * replicas.get(name, 1), name
    assert seen["browsed"] > before["browsed"] + 100
    assert seen["bought"] > before["bought"] + 10


def test_a_version_that_does_not_become_ready_replaces_nothing(stack: Stack, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        'ARG BASE\nFROM ${BASE}\nCMD ["python", "-c", "raise SystemExit(\'broken\')"]\n'
    )
    (version,) = {engine.inspect(one)["Config"]["Image"].rpartition(":")[2] for one in stack.containers("orders")}
    engine.run(
        "build",
        "--build-arg",
        f"BASE=mylittleshopping/orders:{version}",
        "-t",
        "mylittleshopping/orders:3",
        str(tmp_path),
    )
    before = stack.containers("orders")
    rolled = stack.rollout("3", "orders", patience=15)
    assert rolled.returncode == 1
    assert "orders: a new container is not ready" in rolled.stderr
    assert stack.containers("orders") == before
    Buyer(stack, 4).check_out()


def test_after_all_that_the_services_agree(stack: Stack) -> None:
    """What was killed, stopped and replaced has left no checkout in the middle, no money and no stock astray."""
    audit = ("exec", "-T", "aggregator", "python", "manage.py", "audit", "--since", "all", "--settle", "90")
    print(stack.compose(*audit))
