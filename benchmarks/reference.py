"""The reference: a bare WSGI application that selects 20 rows by an index and answers them as JSON.

Nothing that serves a list of products from PostgreSQL with Python can cost much less, so that a cost told as a ratio
to it means the same on every machine.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2  # type: ignore[import-untyped]

TABLE = """
    CREATE TABLE IF NOT EXISTS product (
        id bigint PRIMARY KEY, title text NOT NULL, amount bigint NOT NULL, on_hand int NOT NULL, image text NOT NULL
    );
    INSERT INTO product
    SELECT n, 'Stoneware mug no. ' || n, 1000 + n, n % 40, 'products/mug-' || n || '.webp'
      FROM generate_series(1, 2000) n
        ON CONFLICT DO NOTHING;
    ANALYZE product;
"""
PAGE = "SELECT id, title, amount, on_hand, image FROM product WHERE id > %s ORDER BY id LIMIT 20"

_local = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers `?after=<id>` with the 20 rows that follow."""
    connection = getattr(_local, "connection", None)
    if connection is None:
        connection = _local.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        connection.autocommit = True
    after = int(environ["QUERY_STRING"].partition("=")[2] or 0)
    with connection.cursor() as cursor:
        cursor.execute(PAGE, (after,))
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    body = json.dumps({"results": rows}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
