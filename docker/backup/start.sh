#!/bin/sh
# The backup container: receives the log of every database all the time, and does by the clock what policy.toml says.
set -eu
cd /app
exec python -m backups serve
