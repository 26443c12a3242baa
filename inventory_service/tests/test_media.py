"""Product images in a bucket: a service that is given one writes there and nowhere else."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

SERVICE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    requests.put(f"{address}/shop-images", timeout=5).raise_for_status()
    yield address
    server.stop()


def run(code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs code in a process of the service that has these variables; it prints what it found."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        cwd=SERVICE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "inventory_service.settings", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


SAVE_TWICE = """
from django.core.files.base import ContentFile
from catalogue.models import ProductImage, media_url
for content in (b"first", b"second"):
    name = ProductImage._meta.get_field("file").storage.save("products/mug.webp", ContentFile(content))
    print(media_url(name))
"""


def test_images_go_into_the_bucket_and_none_replaces_another(s3: str) -> None:
    saved = run(
        SAVE_TWICE,
        MEDIA_S3_BUCKET="shop-images",
        MEDIA_S3_ENDPOINT=s3,
        MEDIA_S3_REGION="fr-par",
        MEDIA_S3_ACCESS_KEY="key",
        MEDIA_S3_SECRET_KEY="secret",
        MEDIA_URL="https://images.example.com/",
    )
    assert saved.returncode == 0, saved.stderr
    first, second = saved.stdout.split()
    assert first == "https://images.example.com/products/mug.webp"
    assert re.fullmatch(r"https://images\.example\.com/products/mug_\w+\.webp", second)
    names = [address.removeprefix("https://images.example.com/") for address in (first, second)]
    client = boto3.client("s3", endpoint_url=s3, region_name="fr-par", aws_access_key_id="k", aws_secret_access_key="s")
    stored = [client.get_object(Bucket="shop-images", Key=name) for name in names]
    assert [answer["Body"].read() for answer in stored] == [b"first", b"second"]
    assert stored[0]["CacheControl"] == "public, max-age=86400"


def test_a_bucket_without_an_address_for_browsers_stops_the_start_of_production() -> None:
    started = run(
        "",
        MEDIA_S3_BUCKET="shop-images",
        ENVIRONMENT="production",
        SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
        FIELD_ENCRYPTION_KEY="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing",
        ALLOWED_HOSTS="inventory.example.com",
        PUBLIC_URL="https://inventory.example.com",
        AUTH_URL="https://auth.example.com",
    )
    assert started.returncode == 1
    assert "Set MEDIA_URL: production does not start without a value of its own." in started.stderr
