#!/bin/sh
# The steps of docker/Dockerfile: uv, then what the lock names, then the workspace's own, all from the package index; at last
# what the running image needs made, and what it does not need removed.
set -eu

if [ -f /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca
fi

# Neither the development group nor what is another service's.
sync() {
    /opt/uv/bin/uv sync --quiet --frozen --no-dev --no-editable --package "$SERVICE-service" --extra otel \
        --python "$(command -v python3)" "$@"
}

case "$1" in
uv)
    python3 -m venv /opt/uv
    python3 -c 'from local.bootstrap import locked_uv
version, digests = locked_uv()
print(f"uv=={version}", *(f"--hash={digest}" for digest in digests))' > /tmp/uv.txt
    /opt/uv/bin/pip install --quiet --require-hashes --requirement /tmp/uv.txt
    ;;
dependencies)
    if [ -z "${SERVICE:-}" ]; then
        echo "Say which service: --build-arg SERVICE=auth, inventory, orders, payment or aggregator." >&2
        exit 1
    fi
    sync --no-install-workspace
    ;;
workspace)
    sync
    ;;
finish)
    cd /app
    rm -rf openapi.yaml README.md pyproject.toml
    mkdir -p static
    ENVIRONMENT=development STATIC_ROOT=/app/static DJANGO_SETTINGS_MODULE="${SERVICE}_service.settings" \
        /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0 --ignore redoc --ignore '*.map'
    /opt/venv/bin/python -m compileall -q .
    # Collected, compiled, or in languages that are not spoken here: a fifth of the image.
    cd /opt/venv/lib/python3*/site-packages
    find . -path '*/static' -type d -prune -exec rm -rf {} +
    find . -name '*.po' -delete
    find . -path '*/locale/*' -name '*.mo' ! -path '*/en/*' ! -path '*/fr/*' -delete
    rm -rf django/contrib/gis
    # boto describes every service of AWS: those that store, and that tell who one is, are asked.
    if [ -d botocore/data ]; then
        find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name 'sso*' -exec rm -rf {} +
    fi
    ;;
esac
