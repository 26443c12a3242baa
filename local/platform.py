"""The whole platform in one folder: five PostgreSQLs, five services with their workers, and demo data.

    with Platform(folder, ports=Ports.free()) as platform:
        requests.get(f"{platform.url('aggregator')}/api/v1/products")
        platform.process("payment-web").pause()

Everything that it starts dies with the Python process that made it, however that ends.
"""

import fcntl
import hashlib
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from local import demo_accounts
from local.errors import LocalError
from local.holds import is_held
from local.ports import LOOPBACK, free_ports, holder_of, is_free
from local.postgres import Postgres, kept_secret, set_aside_ended_log, stop_leftovers
from local.processes import Process, Supervisor
from local.services import ROOT, SERVICES, Service

READY_TIMEOUT = 90.0
PORT_GRACE = 3.0
WEB_STOP_TIMEOUT = 8.0
COMMANDS_AT_ONCE = 2
SERVICE_ACCOUNTS = {
    "aggregator": ["inventory.reserve", "orders.checkout", "payments.charge", "auth.forward_address"],
    "auditor": ["audit.read"],
    "reconciler": ["audit.read", "reconcile.write", "inventory.reserve", "orders.checkout", "payments.charge"],
}
"""Scopes by client id."""
Item = TypeVar("Item")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Ports:
    """Where each service and each database listens, by the service's name."""

    web: Mapping[str, int]
    databases: Mapping[str, int]

    @classmethod
    def usual(cls) -> Self:
        """8000 to 8004 and 5501 to 5505, but for what AUTH_PORT, AUTH_DATABASE_PORT and so on say."""
        return cls(
            web={s.name: _port_from_environment(_web_variable(s.name), s.port) for s in SERVICES},
            databases={s.name: _port_from_environment(_database_variable(s.name), s.database_port) for s in SERVICES},
        )

    @classmethod
    def free(cls) -> Self:
        """Ten ports that nobody uses."""
        found = iter(free_ports(2 * len(SERVICES)))
        return cls(web={s.name: next(found) for s in SERVICES}, databases={s.name: next(found) for s in SERVICES})


class Platform:
    """The platform whose data, secrets and logs live in the folder `root`.

    Processes are called `<service>-web`, `<service>-worker` and `<service>-postgres`. `environment` adds
    variables to a service's own, e.g. `{"aggregator": {"INVENTORY_URL": proxy.url}}`; it may be changed while
    the service is stopped. With `throw_away` the databases are quicker, and promise nothing after
    a power cut. With `backups`, as ever unless they are thrown away, `<service>-wal` receives each database's
    write-ahead log; a database that is being restored (`local.holds`) is kept down meanwhile.
    """

    def __init__(
        self,
        root: Path,
        *,
        ports: Ports | None = None,
        demo: bool = True,
        throw_away: bool = False,
        backups: bool | None = None,
        environment: Mapping[str, Mapping[str, str]] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.root = root.resolve()
        self.ports = ports or Ports.usual()
        self.demo = demo
        self.backups = (not throw_away) if backups is None else backups
        self.services = [service for service in SERVICES if service.exists]
        self.environment = {s.name: dict((environment or {}).get(s.name, {})) for s in SERVICES}
        self.postgres = {
            s.name: Postgres(
                name=s.name,
                folder=self.root / "postgres" / s.name,
                port=self.ports.databases[s.name],
                log=self._log(f"{s.name}-postgres"),
                throw_away=throw_away,
            )
            for s in self.services
        }
        self._say = say or (lambda _line: None)
        self._supervisor = Supervisor(say=self._progress)
        self._processes: dict[str, Process] = {p.process.name: p.process for p in self.postgres.values()}
        self._commands: set[Process] = set()
        self._held: set[str] = set()
        self._stopping = threading.Event()
        self._holds = threading.Thread(target=self._mind_holds, name="holds", daemon=True)
        self._lock: int | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What tests and scripts ask for.

    def url(self, service: str) -> str:
        """The service's base address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.ports.web[service]}"

    def database_url(self, service: str) -> str:
        """The address of the service's database, password included."""
        return self.postgres[service].url(service)

    def process(self, name: str) -> Process:
        """The process of that name, e.g. `payment-web`: to be killed, paused and resumed.

        One that is killed is started again, as one that dies by itself; to keep it away use `stop_process`.
        """
        return self._processes[name]

    def stop_service(self, name: str, *, kill: bool = False) -> None:
        """Ends the service's web process and worker until `start_service`; its database stays."""
        names = [f"{name}-{kind}" for kind in ("web", "worker")]
        gone = [self._processes[each] for each in names if each in self._processes]
        for process in gone:
            self._supervisor.forget(process)
        self._in_parallel(Process.kill if kill else _stop_within_time, gone)

    def start_service(self, name: str) -> None:
        """Starts the service's web process and worker, and waits until it is ready."""
        self._launch([service for service in self.services if service.name == name])

    def stop_process(self, name: str) -> None:
        """Kills the process and keeps it away until `start_process`; a database's, for one."""
        process = self._processes[name]
        self._supervisor.forget(process)
        process.kill()

    def start_process(self, name: str) -> None:
        """Starts what `stop_process` stopped; a database answers when this returns, other processes soon after."""
        process = self._processes[name]
        servers = {server.process.name: server for server in self.postgres.values()}
        start = servers[name].start if name in servers else process.start
        start()
        self._supervisor.watch(process, start=start)

    def wait_until_ready(self, name: str, timeout: float = READY_TIMEOUT) -> None:
        """Returns once the service answers that it is ready; raises LocalError after so many seconds."""
        deadline = time.monotonic() + timeout
        while (answer := _readiness(self.url(name))) != "ready":
            web = self._processes[f"{name}-web"]
            if not web.running and not self._supervisor.watches(web):
                raise LocalError(f"{web.name} did not start:\n{web.last_lines()}")
            if time.monotonic() > deadline:
                raise LocalError(f"{name} is not ready after {timeout:.0f} s ({answer}):\n{web.last_lines()}")
            time.sleep(0.1)

    def manage(self, service: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Runs the service's `manage.py`, which prints into its log; raises LocalError when it fails."""
        chosen = next(s for s in self.services if s.name == service)
        process = Process(
            name=f"{service}-manage",
            service=service,
            argv=[sys.executable, "manage.py", *arguments],
            cwd=chosen.folder,
            env=self.variables(chosen) | dict(environment or {}),
            log=self._log(f"{service}-manage"),
        )
        self._commands.add(process)
        try:
            process.start()
            code = process.wait()
        finally:
            process.kill()
            self._commands.discard(process)
        if code != 0:
            raise LocalError(f"{service}: manage.py {arguments[0]} failed:\n{process.last_lines()}")

    # Start and stop.

    def start(self) -> None:
        """Brings everything up and returns when it is ready; raises LocalError, and `stop` must follow."""
        self._began = time.monotonic()
        self._take_lock()
        for server in self.postgres.values():
            if is_held(server.folder):
                raise LocalError(f"{server.folder.name} is being restored: wait until that has ended.")
            stop_leftovers(server.data)
        self._check_ports()
        demo_accounts.write_accounts(self.root / "demo_accounts.json")
        self._in_parallel(lambda server: server.start(), self.postgres.values(), at_once=len(SERVICES))
        for server in self.postgres.values():
            self._supervisor.watch(server.process, start=server.start)
        self._holds.start()
        self._progress(f"{len(self.postgres)} PostgreSQLs are up")
        self._in_parallel(self._prepare, self.services)
        self._launch(self.services)
        self._write_demo_file()

    def stop(self) -> None:
        """Stops everything, the databases last; harmless when nothing runs."""
        self._stopping.set()
        if self._holds.is_alive():
            self._holds.join()
        self._supervisor.close()
        for command in list(self._commands):
            command.kill()
        # Who receives the log gets its last word from the database that stops, and ends with it.
        last = {server.process.name for server in self.postgres.values()} | {f"{s.name}-wal" for s in self.services}
        services = [process for name, process in self._processes.items() if name not in last]
        self._in_parallel(_stop_within_time, services, at_once=len(SERVICES) * 2)
        self._in_parallel(lambda server: server.stop(), self.postgres.values(), at_once=len(SERVICES))
        for name in last & self._processes.keys():
            self._processes[name].stop()
        if self._lock is not None:
            (self.root / "run.pid").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def wait(self) -> None:
        """Waits for a signal."""
        while True:
            time.sleep(3600)

    def _take_lock(self) -> None:
        self._lock = lock_folder(self.root)
        (self.root / "run.pid").write_text(f"{os.getpid()}\n")

    def _check_ports(self) -> None:
        wanted = [(port, _web_variable(name)) for name, port in self.ports.web.items()]
        wanted += [(port, _database_variable(name)) for name, port in self.ports.databases.items()]
        deadline = time.monotonic() + PORT_GRACE  # the web processes of a killed runner may still be leaving
        for port, variable in wanted:
            while not is_free(port):
                if time.monotonic() > deadline:
                    holder = holder_of(port) or "another process"
                    raise LocalError(f"Port {port} is in use by {holder}: end that, or choose another with {variable}.")
                time.sleep(0.1)

    def _mind_holds(self) -> None:
        """Stops a database while a restore holds it, and starts it again afterwards; its service lives through that."""
        while not self._stopping.wait(0.1):
            for name, server in self.postgres.items():
                if is_held(server.folder):
                    if name not in self._held:
                        self._held.add(name)
                        self._progress(f"{name}: its database is being restored, and is down meanwhile")
                        self._stop_database(name)
                elif name in self._held:
                    try:
                        server.start()
                        if self.backups:
                            self._receive_log(name)
                    except LocalError as error:
                        server.process.note(f"{server.process.name} could not be started: {error}", level="ERROR")
                        self._stopping.wait(2.0)
                        continue
                    self._supervisor.watch(server.process, start=server.start)
                    self._held.discard(name)
                    self._progress(f"{name}: its database is back")

    def _stop_database(self, name: str) -> None:
        server = self.postgres[name]
        self._supervisor.forget(server.process)
        server.stop()
        if (receiver := self._processes.get(f"{name}-wal")) is not None:
            self._supervisor.forget(receiver)
            receiver.stop()  # it has received everything: the database waited for that

    def _receive_log(self, name: str) -> None:
        """Has the database's write-ahead log received from now on, for backups and restores."""
        server = self.postgres[name]
        archive = self.root / "backups" / name / "streaming"
        receiver = server.log_receiver(archive, self.root / "backups" / "locks" / f".{name}-receive-wal.lock")

        def start() -> None:
            set_aside_ended_log(archive, server.timeline())
            receiver.start()

        self._processes[receiver.name] = receiver
        start()
        self._supervisor.watch(receiver, start=start)

    def _prepare(self, service: Service) -> None:
        """Brings the service's database to what the code expects; quick when this very code did it before."""
        self.postgres[service.name].provide(service.name)
        if self.backups:
            self.postgres[service.name].provide_backup_role()
            self._receive_log(service.name)
        mark = self.postgres[service.name].folder / "ready"
        digest = self._digest(service)
        if mark.exists() and mark.read_text() == digest:
            return
        self.manage(service.name, "migrate", "--no-input")
        self._progress(f"{service.name}: database migrated")
        if self.demo and service.has_command("load_demo"):
            self.manage(service.name, "load_demo", "--accounts", str(self.root / "demo_accounts.json"))
            self._progress(f"{service.name}: demo data loaded")
        if service.has_command("create_service_account"):
            for account, scopes in SERVICE_ACCOUNTS.items():
                self.manage(
                    *(service.name, "create_service_account", "--client-id", account, "--scopes", *scopes),
                    environment={"SERVICE_CLIENT_SECRET": self._client_secret(account)},
                )
        half_written = mark.with_suffix(".new")
        half_written.write_text(digest)
        half_written.replace(mark)

    def _digest(self, service: Service) -> str:
        """Of all that decides what `_prepare` would put into the database."""
        patterns = ["*/migrations/*.py", "*/management/commands/*.py", "**/*demo*", "**/demo/**/*"]
        files = {path for pattern in patterns for path in service.folder.glob(pattern) if path.is_file()}
        files |= {*(ROOT / "chassis").glob("chassis/**/migrations/*.py"), ROOT / "uv.lock"}
        digest = hashlib.sha256(f"{self.demo} {SERVICE_ACCOUNTS}".encode())
        for path in sorted(files):
            if path.suffix != ".pyc":
                digest.update(path.read_bytes())
        digest.update((self.root / "demo_accounts.json").read_bytes())
        return digest.hexdigest()

    def _launch(self, services: Sequence[Service]) -> None:
        """Starts web processes, waits until they are ready, then starts the workers; all are kept running.

        Starting costs a second or two of processor each, and people wait for the web.
        """
        for service in services:
            bind = f"{LOOPBACK}:{self.ports.web[service.name]}"
            gunicorn = ["-m", "gunicorn", f"{service.name}_service.wsgi", "-c", "python:chassis.gunicorn_config"]
            self._start_process(service, "web", [*gunicorn, "-b", bind])
        self._in_parallel(self._report_when_ready, services, at_once=len(SERVICES))
        for service in services:
            self._start_process(service, "worker", ["manage.py", "run_worker"])
            for kind in ("web", "worker"):
                self._supervisor.watch(self._processes[f"{service.name}-{kind}"])

    def _start_process(self, service: Service, kind: str, arguments: Sequence[str]) -> None:
        name = f"{service.name}-{kind}"
        self._processes[name] = Process(
            name=name,
            service=service.name,
            argv=[sys.executable, *arguments],
            cwd=service.folder,
            env=self.variables(service),
            log=self._log(name),
        )
        self._processes[name].start()

    def _report_when_ready(self, service: Service) -> None:
        self.wait_until_ready(service.name)
        self._progress(f"{service.name} is ready")

    def variables(self, service: Service) -> dict[str, str]:
        """What the service reads; the user's own environment lies below, so that e.g. Mailjet's keys pass."""
        secrets = self.root / "secrets" / service.name
        settings = {
            "DJANGO_SETTINGS_MODULE": f"{service.name}_service.settings",
            "PYTHONUNBUFFERED": "1",
            "ENVIRONMENT": "development",
            "SECRET_KEY": kept_secret(secrets / "secret_key"),
            # 32 random bytes; the secret lacks base64's padding.
            "FIELD_ENCRYPTION_KEY": kept_secret(secrets / "field_encryption_key") + "=",
            "DATABASE_URL": self.database_url(service.name),
            "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "PUBLIC_URL": self.url(service.name),
            "CURRENCY": "EUR",
            "MAIL_DIRECTORY": str(self.root / "mail"),
            "MEDIA_ROOT": str(self.root / "media" / service.name),
            "PAYMENT_PROVIDER": "sandbox",
        }
        settings |= {f"{other.name.upper()}_URL": self.url(other.name) for other in SERVICES}
        if service.name == "aggregator":
            settings["SERVICE_CLIENT_ID"] = "aggregator"
            settings["SERVICE_CLIENT_SECRET"] = self._client_secret("aggregator")
            settings["AUDITOR_CLIENT_ID"] = "auditor"
            settings["AUDITOR_CLIENT_SECRET"] = self._client_secret("auditor")
            settings["RECONCILER_CLIENT_ID"] = "reconciler"
            settings["RECONCILER_CLIENT_SECRET"] = self._client_secret("reconciler")
            settings["SERVICE_DOCS"] = ",".join(
                f"{other.name}={self.url(other.name)}/api/docs/" for other in SERVICES if other is not service
            )
        return {**os.environ, **settings, **self.environment[service.name]}

    def _client_secret(self, account: str) -> str:
        return kept_secret(self.root / "secrets" / f"{account}_client_secret")

    def _write_demo_file(self) -> None:
        def login(account: demo_accounts.DemoAccount) -> dict[str, str]:
            return {"id": account.id, "email": account.email, "password": account.password}

        content = {
            "urls": {service.name: self.url(service.name) for service in self.services},
            "mail": str(self.root / "mail"),
            "logins": {
                "buyers": [login(account) for account in demo_accounts.buyers()],
                "sellers": [login(account) for account in demo_accounts.sellers()],
                "admin": login(demo_accounts.admin()),
            },
        }
        half_written = self.root / "demo.json.new"
        half_written.write_text(json.dumps(content, indent=1) + "\n")
        half_written.replace(self.root / "demo.json")

    def _log(self, process: str) -> Path:
        return self.root / "log" / f"{process}.log"

    def _progress(self, text: str) -> None:
        self._say(f"[{time.monotonic() - self._began:5.1f} s] {text}")

    def _in_parallel(
        self, task: Callable[[Item], object], items: Iterable[Item], at_once: int = COMMANDS_AT_ONCE
    ) -> None:
        """Runs the task on each item; the first failure, or Ctrl-C, ends the commands of the others."""
        pool = ThreadPoolExecutor(at_once)
        try:
            for done in as_completed([pool.submit(task, item) for item in items]):
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for command in list(self._commands):
                command.kill()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def lock_folder(root: Path) -> int:
    """Takes the folder for this process until it ends; raises LocalError when a platform runs there."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)  # mails and secrets are nobody else's business
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        pid = root / "run.pid"
        who = f" (pid {pid.read_text().strip()})" if pid.exists() else ""
        raise LocalError(f"The platform already runs in {root}{who}.") from error
    return handle


def runs(root: Path) -> bool:
    """Whether a platform runs in that folder."""
    try:
        os.close(lock_folder(root))
    except LocalError:
        return True
    return False


def _stop_within_time(process: Process) -> None:
    process.stop(WEB_STOP_TIMEOUT)


def _readiness(base: str) -> str:
    """`ready`, or why not."""
    try:
        with NO_PROXY.open(f"{base}/readyz", timeout=2) as answer:
            status = json.load(answer).get("status")
            # A service that does its work without its database says "degraded": here that means wait.
            return "ready" if status == "ok" else f"/readyz says {status}"
    except urllib.error.HTTPError as error:
        return f"/readyz answers {error.code}"
    except (OSError, ValueError) as error:
        return f"no answer: {error}"


def _web_variable(service: str) -> str:
    return f"{service.upper()}_PORT"


def _database_variable(service: str) -> str:
    return f"{service.upper()}_DATABASE_PORT"


def _port_from_environment(variable: str, usual: int) -> int:
    text = os.environ.get(variable, str(usual))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalError(f"{variable}={text} is not a port.")
    return int(text)
