"""One Docker and one set of images for all tests of docker/. What cannot run fails, unless ALLOW_SKIP=1."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.engine import CannotRunError, Engine, certificates
from tests.deploy.stack import Stack, build


def _cannot(error: CannotRunError) -> None:
    if os.environ.get("ALLOW_SKIP") == "1":
        pytest.skip(str(error))
    pytest.fail(f"{error}\nALLOW_SKIP=1 leaves out what cannot run here.", pytrace=False)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    one = Engine()
    try:
        one.start()
    except CannotRunError as error:
        one.stop()
        _cannot(error)
    yield one
    one.stop()


@pytest.fixture(scope="session")
def base_images(engine: Engine) -> dict[str, str]:
    try:
        return engine.images()
    except CannotRunError as error:
        _cannot(error)
        raise


@pytest.fixture(scope="session")
def podman(engine: Engine) -> None:
    """podman, and a PostgreSQL for its pods, are there as images whatever the others are."""
    try:
        engine.programs("encrypting-postgres", "podman")
    except CannotRunError as error:
        _cannot(error)


@pytest.fixture(scope="session")
def images(engine: Engine, base_images: dict[str, str]) -> dict[str, str]:
    """The five services' images are there, as version 1."""
    build(engine, base_images, certificates())
    return base_images


@pytest.fixture(scope="session")
def stack(engine: Engine, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole marketplace, up, with demo data and enough of everything."""
    folder: Path = tmp_path_factory.mktemp("stack")
    one = Stack(engine, images, folder)
    one.prepare()
    one.down()  # what an interrupted run has left
    try:
        one.up()
        one.restock()
        yield one
    finally:
        one.down()
