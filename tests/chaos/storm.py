"""The storm: strikes the faults of a schedule on a running platform, each when it is due."""

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from chassis.testing_mailjet import API_KEY, API_SECRET, Failure, FakeMailjet
from local.processes import Process
from tests.chaos.schedule import Act, Fault, Part
from tests.faults import AFTER, BEFORE, METHODS, Call, Dropped, FaultProxy, Rule, Truncated
from tests.shop import Shop

SPOILT_SHARE = 0.4
"""Of the calls in a window of faults, those that fail."""
LONGEST_DELAY = 7.0
"""Longer than the aggregator waits for an answer, so that some calls are carried out after they were given up."""
LATEST_REPETITION = 4.0
MAILJET_TOO_LATE = 11.0
"""Longer than a mail's job waits for Mailjet's answer."""
ORDERLY_END = 10.0
STAND_IN_STAYS = 3.0
LEAST_THREADS = 16


@dataclass(frozen=True)
class Struck:
    """A fault as it happened: when it began and ended (seconds since the load began), and on what."""

    fault: Fault
    began: float
    ended: float
    on: str


class Storm:
    """Strikes each fault when so many checkouts have begun as it is due at, in a thread of its own."""

    def __init__(
        self,
        shop: Shop,
        mailjet: FakeMailjet,
        faults: Sequence[Fault],
        *,
        seed: int,
        begun: Callable[[], int],
        now: Callable[[], float],
    ) -> None:
        self.struck: list[Struck] = []
        self.going_on: list[Fault] = []
        self._shop = shop
        self._mailjet = mailjet
        self._faults = faults
        self._seed = seed
        self._begun = begun
        self._now = now
        self._over = threading.Event()
        self._paused: list[psutil.Process] = []
        self._stand_ins: list[Process] = []
        self._pool = ThreadPoolExecutor(max(LEAST_THREADS, len(faults)))
        self._thread = threading.Thread(target=self._blow, name="storm", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self, *, at_once: bool = False) -> None:
        """Returns when all faults have been struck and are over; `at_once`, begins no other and cuts these short."""
        if at_once:
            self._over.set()
        self._thread.join()
        self._pool.shutdown(wait=True)
        for process in self._paused:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        for stand_in in self._stand_ins:
            stand_in.stop()
        self._mailjet.failures.clear()

    def _blow(self) -> None:
        for fault in self._faults:
            while self._begun() < fault.due:
                if self._over.wait(0.02):
                    return
            self._pool.submit(self._strike, fault)

    def _strike(self, fault: Fault) -> None:
        began = self._now()
        self.going_on.append(fault)
        try:
            on = self._done(fault)
        except psutil.NoSuchProcess:
            on = "nothing: it was gone already"
        finally:
            self.going_on.remove(fault)
        self.struck.append(Struck(fault, round(began, 1), round(self._now(), 1), on))

    def _done(self, fault: Fault) -> str:
        """Does it; returns what it was done to."""
        if fault.part is Part.MAILJET:
            return self._spoil_mails(fault)
        if fault.part is Part.CALLS:
            return self._spoil_calls(fault)
        if fault.part is Part.PLATFORM:
            return self._kill_all()
        processes = self._processes(fault)
        if not processes:
            return "nothing: it was not running"
        if fault.act is Act.KILL:
            processes[0].kill()
        elif fault.act is Act.RESTART:
            self._restart(fault, processes[0])
        else:
            with self._stand_in(fault):
                self._hang(processes, fault.seconds)
        return f"pid {processes[0].pid}" + (f" and {len(processes) - 1} more" if len(processes) > 1 else "")

    def _process(self, fault: Fault) -> Process:
        """The process of the platform that the fault is for, or for a child of."""
        kinds = {Part.WEB: "web", Part.WEB_WORKER: "web", Part.JOB_WORKER: "worker"}
        return self._shop.platform.process(f"{fault.service}-{kinds.get(fault.part, 'postgres')}")

    def _processes(self, fault: Fault) -> list[psutil.Process]:
        """Whom the fault is for: first the one that is killed or restarted, then those that hang with it."""
        process = self._process(fault)
        if process.pid is None or not process.running:
            return []
        leader, *family = _family(psutil.Process(process.pid))
        if fault.part is Part.BACKEND:
            family = [child for child in family if f" {fault.service} {fault.service} " in _title(child)]
        if fault.part in {Part.BACKEND, Part.WEB_WORKER}:
            return [family[fault.pick % len(family)]] if family else []
        return [leader] if fault.act in {Act.KILL, Act.RESTART} else [leader, *family]

    def _hang(self, processes: Sequence[psutil.Process], seconds: float) -> None:
        self._paused += processes
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        self._over.wait(seconds)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def _restart(self, fault: Fault, leader: psutil.Process) -> None:
        process = self._process(fault)
        leader.send_signal(process.stop_signal)
        if process.wait(ORDERLY_END) is None:  # it may hang by another fault
            leader.kill()

    @contextmanager
    def _stand_in(self, fault: Fault) -> Iterator[None]:
        """Another job worker beside one that hangs for so long that its jobs are taken over."""
        if (fault.part, fault.act) != (Part.JOB_WORKER, Act.OUTLAST):
            yield
            return
        platform = self._shop.platform
        service = next(service for service in platform.services if service.name == fault.service)
        stand_in = Process(
            name=f"{fault.service}-worker-stand-in-{fault.number}",
            service=fault.service,
            argv=[sys.executable, "manage.py", "run_worker"],
            cwd=service.folder,
            env=platform.variables(service),
            log=platform.root / "log" / f"{fault.service}-worker-stand-in.log",
        )
        self._stand_ins.append(stand_in)
        stand_in.start()
        try:
            yield
            self._over.wait(STAND_IN_STAYS)
        finally:
            stand_in.stop()

    def _kill_all(self) -> str:
        platform = self._shop.platform
        names = [f"{service.name}-{kind}" for service in platform.services for kind in ("web", "worker", "postgres")]
        running = [process for process in map(platform.process, names) if process.pid is not None and process.running]
        doomed = [each for process in running for each in _family(psutil.Process(process.pid))]
        for each in doomed:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return f"{len(doomed)} processes"

    def _spoil_calls(self, fault: Fault) -> str:
        proxy = self._shop.proxies[fault.service]
        chance = random.Random(f"{self._seed} fault {fault.number}")
        spoilt = []

        def act(call: Call) -> None:
            if chance.random() < SPOILT_SHARE:
                spoilt.append(call)
                _spoil(proxy, fault.act, call, chance)

        at = BEFORE if fault.act in {Act.DELAY, Act.DROP_BEFORE} else AFTER
        rules: list[Rule] = [proxy.run(method, "", act, at=at, once=False) for method in METHODS]
        self._over.wait(fault.seconds)
        for rule in rules:
            proxy.remove(rule)
        return f"{len(spoilt)} calls"

    def _spoil_mails(self, fault: Fault) -> str:
        """Mailjet fails again and again for a while. What it answers too late it has taken."""
        failure = Failure(status=500) if fault.act is Act.REFUSE else Failure(delay=MAILJET_TOO_LATE)
        spoilt = 0
        until = time.monotonic() + fault.seconds
        while time.monotonic() < until and not self._over.wait(0.2):
            if not self._mailjet.failures:
                self._mailjet.fail_next(failure)
                spoilt += 1
        return f"{spoilt} mails"


def _spoil(proxy: FaultProxy, act: Act, call: Call, chance: random.Random) -> None:
    if act is Act.DELAY:
        time.sleep(chance.uniform(0.05, LONGEST_DELAY))
    elif act is Act.TRUNCATE:
        raise Truncated
    elif act is Act.DUPLICATE:
        proxy.deliver_again(call, after=chance.uniform(0.0, LATEST_REPETITION))
    else:
        raise Dropped


def _family(leader: psutil.Process) -> list[psutil.Process]:
    return [leader, *leader.children(recursive=True)]


def _title(process: psutil.Process) -> str:
    """What a PostgreSQL process says that it is, e.g. `postgres: orders orders 127.0.0.1(40512) idle`."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def mailjet_variables(mailjet: FakeMailjet) -> dict[str, str]:
    """By these a service sends its mails to the fake Mailjet, through Mailjet's own client."""
    return {"MAILJET_API_KEY": API_KEY, "MAILJET_API_SECRET": API_SECRET, "MAILJET_URL": mailjet.url}
