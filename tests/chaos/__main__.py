"""`python -m tests.chaos`: see `make chaos`."""

import argparse
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FrameType

import requests

from chassis.testing_mailjet import FakeMailjet, mailjet_server
from local.errors import LocalError
from local.platform import Platform, Ports
from local.services import ROOT
from tests.chaos import aftermath, record, report
from tests.chaos.load import SELLERS, SHOPPERS, Market, shop_around, work
from tests.chaos.record import Record
from tests.chaos.schedule import CALLED, SERVICES, Fault, draw
from tests.chaos.storm import Storm, mailjet_variables
from tests.faults import FaultProxy
from tests.shop import Shop

PROGRESS_SECONDS = 5.0
LONGEST_LOAD = 45 * 60.0
INTERRUPTED = 130
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    for number in ENDING_SIGNALS:
        signal.signal(number, interrupt)
    faults = draw(seed=options.seed, faults=options.faults, checkouts=options.checkouts)
    say(f"make chaos SEED={options.seed} CHECKOUTS={options.checkouts} FAULTS={options.faults}")
    for fault in faults:
        say(str(fault))
    try:
        run = storm_over_a_platform(options, faults)
    except LocalError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted: nothing is left running, and nothing was judged")
        return INTERRUPTED
    written = report.write(run, options.folder, name=options.name)
    for finding in run.findings:
        say(f"FOUND: {finding}")
    say(f"{len(run.findings)} findings; the report is {written}")
    return 1 if run.findings else 0


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    result.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    result.add_argument("--checkouts", type=int, default=1000)
    result.add_argument("--faults", type=int, default=60)
    result.add_argument("--folder", type=Path, default=ROOT / "var" / "chaos", help="of the report and the logs")
    result.add_argument("--name", default="chaos", help="of the report's files")
    return result


def storm_over_a_platform(options: argparse.Namespace, faults: list[Fault]) -> report.Run:
    options.folder.mkdir(parents=True, exist_ok=True)
    home = options.folder / "platform"
    shutil.rmtree(home, ignore_errors=True)
    ports = Ports.free()
    proxies = {name: FaultProxy(name, upstream=ports.web[name]) for name in CALLED}
    with mailjet_server() as mailjet:
        environment = {name: mailjet_variables(mailjet) for name in SERVICES}
        environment["aggregator"] |= {f"{name.upper()}_URL": proxy.url for name, proxy in proxies.items()}
        with (
            Platform(home, ports=ports, throw_away=True, environment=environment, say=say) as platform,
            closing(Record.in_file(options.folder / "record.jsonl")) as answers,
        ):
            try:
                return storm_over(Shop(platform, proxies), mailjet, answers, options, faults)
            finally:
                for proxy in proxies.values():
                    proxy.close()


def storm_over(
    shop: Shop, mailjet: FakeMailjet, answers: Record, options: argparse.Namespace, faults: list[Fault]
) -> report.Run:
    say("the market is being set up")
    market = Market(shop, answers, seed=options.seed, visits=options.checkouts)
    storm = Storm(shop, mailjet, faults, seed=options.seed, begun=lambda: market.begun, now=market.now)
    load = ThreadPoolExecutor(SHOPPERS + SELLERS)
    interrupted = True
    try:
        market.open()
        shoppers = [load.submit(shop_around, market) for _ in range(SHOPPERS)]
        sellers = [load.submit(work, market, number) for number in range(SELLERS)]
        storm.start()
        watch(market, storm, shoppers)
        interrupted = False
    finally:
        market.closed.set()
        storm.end(at_once=interrupted or market.begun < market.visits)
        load.shutdown(wait=not interrupted, cancel_futures=True)
    for thread in [*shoppers, *sellers]:
        thread.result()
    return judged(shop, mailjet, market, storm, options, faults)


def watch(market: Market, storm: Storm, shoppers: "list[Future[None]]") -> None:
    """Says every few seconds how far it is, until all buyers have gone home."""
    said = 0.0
    while not all(shopper.done() for shopper in shoppers):
        time.sleep(0.2)
        if market.now() - said < PROGRESS_SECONDS:
            continue
        said = market.now()
        ends = [one.status for one in market.record.answers if one.kind is record.Kind.CHECKOUT and one.status]
        going_on = "; ".join(f"{fault.service} {fault.part}: {fault.act}" for fault in list(storm.going_on))
        say(
            f"{said:4.0f} s: {market.begun}/{market.visits} visits, {ends.count(201)} answers that it is bought; "
            f"{len(storm.struck)} faults over{', now ' if going_on else ''}{going_on}"
        )
        if said > LONGEST_LOAD:
            market.findings.append(f"after {LONGEST_LOAD:.0f} s only {market.begun} visits had begun")
            market.closed.set()


def judged(
    shop: Shop,
    mailjet: FakeMailjet,
    market: Market,
    storm: Storm,
    options: argparse.Namespace,
    faults: list[Fault],
) -> report.Run:
    load_seconds = market.now()
    say(f"{load_seconds:4.0f} s: the storm is over; everything is started")
    shop.mend()
    recovery = aftermath.wait_until_sound(shop, mailjet, record=market.record.path)
    say(f"{'sound' if not recovery.findings else 'NOT sound'} after {recovery.seconds:.1f} s")
    answers = list(market.record.answers)
    findings = [*market.findings, *recovery.findings, *record.findings(answers)]
    if not recovery.findings:
        findings += looked_at_again(shop, mailjet, market)
    findings += aftermath.errors_logged(shop.log)
    return report.Run(
        seed=options.seed,
        visits=options.checkouts,
        faults=faults,
        struck=storm.struck,
        answers=answers,
        load_seconds=load_seconds,
        recovery_seconds=recovery.seconds,
        figures=recovery.figures,
        findings=findings,
    )


def still_sound(shop: Shop, mailjet: FakeMailjet, market: Market) -> list[str]:
    return aftermath.wait_until_sound(shop, mailjet, record=market.record.path, seconds=20).findings


def looked_at_again(shop: Shop, mailjet: FakeMailjet, market: Market) -> list[str]:
    """What costs the platform calls, once it is sound."""
    looks: list[tuple[str, Callable[[], list[str]]]] = [
        (
            "corrections are compared with the sellers' own record",
            partial(aftermath.corrections_counted_once, market, shop),
        ),
        ("all answers are asked for again", partial(aftermath.answers_still_true, market)),
        ("the rest is bought", partial(aftermath.sell_the_rest, market, shop)),
        ("the audit is repeated", partial(still_sound, shop, mailjet, market)),
    ]
    found = []
    for what, look in looks:
        say(f"{what} …")
        try:
            found += look()
        except (AssertionError, requests.RequestException) as error:
            found.append(f"while {what}: {error}")
    return found


def say(line: str) -> None:
    print(line, flush=True)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does; an impatient second one changes nothing: the end is near, and bounded."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
