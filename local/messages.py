"""`make messages`: compiles every .po file into the .mo file beside it."""

from datetime import UTC, datetime

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from local.services import ROOT, SERVICES

SOURCES = [ROOT / "chassis" / "chassis", *(service.folder for service in SERVICES)]
# Babel would write the present time where a file names none, and the same input give another output each minute.
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def compile_messages() -> int:
    """Writes all .mo files; the same translations always give the same bytes."""
    for source in SOURCES:
        for path in sorted(source.glob("**/locale/*/LC_MESSAGES/*.po")):
            content = path.read_bytes()
            with path.open("rb") as file:
                catalog = read_po(file, locale=path.parts[-3])
            if b"POT-Creation-Date" not in content:
                catalog.creation_date = NO_TIME
            with path.with_suffix(".mo").open("wb") as out:
                write_mo(out, catalog)
    return 0
