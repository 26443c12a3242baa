"""Generate the Python clients of the services from their committed OpenAPI specs.

`python clients/generate.py [auth] [inventory] [orders] [payment]`; all of them when none is named.
No client is replaced unless all of those asked for could be generated.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent
SERVICES = ("auth", "inventory", "orders", "payment")


class GenerationError(Exception):
    """A client could not be generated whole; the message is for the person at the terminal."""


def generate_client(*, spec: Path, package: Path) -> None:
    """Write the client of the service described by `spec` to the new folder `package`.

    Raises GenerationError also for what the generator only warns of: an operation that it left out would
    be missing in silence.
    """
    if not spec.is_file():
        raise GenerationError(f"{spec} does not exist: generate the specs first")
    # The ruff of this environment, whose version the lock pins: another one may format differently.
    scripts = Path(sysconfig.get_path("scripts"))
    if not (scripts / "ruff").is_file():
        raise GenerationError(f"ruff is not installed in {scripts}")
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"),
        *("--meta", "none", "--path", str(spec), "--output-path", str(package)),
        *("--config", str(CLIENTS / "config.yaml")),
        *("--custom-template-path", str(CLIENTS / "templates")),
    ]
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)])
    outcome = subprocess.run(  # noqa: S603 - a fixed command, no shell
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if outcome.returncode != 0:
        raise GenerationError(f"{spec}: {outcome.stderr.strip() or outcome.stdout.strip()}")
    (package / "py.typed").touch()
    for module in package.rglob("*.py"):
        try:
            compile(module.read_text(encoding="utf-8"), str(module.relative_to(package)), "exec")
        except SyntaxError as error:
            raise GenerationError(
                f"{spec}: the code generated in {error.filename} is not Python: {error.msg}"
            ) from error


def generate_all(*, services: Sequence[str], specs: Path, clients: Path) -> None:
    """Generate `clients`/<service>_client from `specs`/<service>_service/openapi.yaml for each service."""
    with tempfile.TemporaryDirectory(prefix="clients-") as folder:
        generated = {f"{service}_client": Path(folder) / f"{service}_client" for service in services}
        for service, package in zip(services, generated.values(), strict=True):
            sys.stdout.write(f"{package.name}: generating\n")
            sys.stdout.flush()
            generate_client(spec=specs / f"{service}_service" / "openapi.yaml", package=package)
        for name, package in generated.items():
            shutil.rmtree(clients / name, ignore_errors=True)
            shutil.move(package, clients / name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate the Python clients from the committed specs.")
    parser.add_argument("services", nargs="*", metavar="service", help=f"{', '.join(SERVICES)}; default: all")
    services: list[str] = parser.parse_args().services
    if unknown := sorted(set(services) - set(SERVICES)):
        parser.error(f"no such service: {', '.join(unknown)}")
    try:
        generate_all(services=services or SERVICES, specs=CLIENTS.parent, clients=CLIENTS)
    except GenerationError as error:
        sys.stderr.write(f"{error}\nNo client was replaced.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
