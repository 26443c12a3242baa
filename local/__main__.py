"""`python -m local <command>`: the platform on one machine, and the databases of the tests.

Needs the workspace's own interpreter, `.venv/bin/python`; `make help` lists the same commands.

    python -m local pg-dev [--name NAME] [--port N] [--folder DIR] [-- COMMAND…]

starts one throw-away PostgreSQL with a role and a database called NAME (default: dev). Without a command it
prints `DATABASE_URL=…` and stays in the foreground until Ctrl-C or SIGTERM; with one it runs that with
DATABASE_URL in its environment, stops, and exits as the command did:

    .venv/bin/python -m local pg-dev -- sh -c 'cd orders_service && ../.venv/bin/python -m pytest'

The role may create databases, as pytest-django needs. With --folder the data is kept and found again.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from local.errors import LocalError
from local.processes import warn

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Runs a command and returns its exit code."""
    given, rest = split_at_dashes(arguments)
    options = parser().parse_args(given)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        return run(options, rest)
    except LocalError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m local", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = result.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="the whole platform, until Ctrl-C")
    commands.add_parser("reset", help="empty var/")
    commands.add_parser("demo", help="a purchase through the public API")
    audit = commands.add_parser("audit", help="whether all services agree; options of manage.py audit after --")
    audit.set_defaults(service="aggregator", management=["audit"])
    reconcile = commands.add_parser(
        "reconcile", help="agreement after a restore; options of manage.py reconcile after --"
    )
    reconcile.set_defaults(service="aggregator", management=["reconcile"])
    logs = commands.add_parser("logs", help="the merged logs")
    logs.add_argument("--request", help="only the lines of this request id")
    logs.add_argument("--service", help="only the lines of this service")
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    manage = commands.add_parser("manage", help="manage.py of a service of the running platform, with what is after --")
    manage.add_argument("service")
    manage.set_defaults(management=[])
    commands.add_parser("messages", help="compile the translations")
    dev = commands.add_parser("pg-dev", help="one throw-away PostgreSQL")
    dev.add_argument("--name", default="dev", help="of the role and its database")
    dev.add_argument("--port", type=int, help="default: a free one")
    dev.add_argument("--folder", type=Path, help="default: a temporary one, removed at the end")
    test = commands.add_parser("test", help="all tests, or those of the folders named; pytest's options after --")
    test.add_argument(
        "suites",
        nargs="*",
        help="chassis, clients, auth, inventory, orders, payment, aggregator, platform, reconcile, …",
    )
    each = commands.add_parser("each", help="a command, after --, in the folders of the services named (none: all)")
    each.add_argument("services", nargs="*")
    return result


def run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    # Imported here, so that each command loads only what it needs.
    from local import demo, logs, messages, services, testing  # noqa: PLC0415
    from local import run as running  # noqa: PLC0415

    match options.command:
        case "run":
            code = running.run()
        case "reset":
            code = running.reset()
        case "manage" | "audit" | "reconcile":
            code = running.manage(options.service, [*options.management, *rest])
        case "logs":
            wanted = logs.Filter(request=options.request, service=options.service)
            code = logs.show(running.VAR / "log", wanted, follow=options.follow)
        case "demo":
            code = demo.play(running.VAR / "demo.json")
        case "test":
            code = testing.run_suites(testing.suites_named(options.suites), rest)
        case "messages":
            code = messages.compile_messages()
        case "each":
            code = services.in_each(options.services, rest)
        case "pg-dev":
            code = testing.run_with_postgres(name=options.name, folder=options.folder, port=options.port, command=rest)
    return code


def split_at_dashes(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    if "--" not in arguments:
        return arguments, []
    at = list(arguments).index("--")
    return arguments[:at], arguments[at + 1 :]


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: through its `finally` clauses."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
