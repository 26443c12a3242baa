#!/bin/sh
# The environment with Barman alone, from uv.lock; the postgres image has no pip.
set -eu
if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca; fi
python3 -m venv /tmp/uv
python3 - > /tmp/uv.txt << 'PYTHON'
from local.bootstrap import locked_uv
version, digests = locked_uv()
print(f"uv=={version}", *(f"--hash={digest}" for digest in digests))
PYTHON
/tmp/uv/bin/pip install --quiet --no-cache-dir --require-hashes -r /tmp/uv.txt
UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 \
    /tmp/uv/bin/uv sync --quiet --locked --only-group backups --no-install-workspace
rm -rf /tmp/uv /tmp/uv.txt
