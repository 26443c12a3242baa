#!/bin/sh
# docker/backup/restore.sh SERVICE [MOMENT|latest]: puts a service's database back to a moment. Its service is down meanwhile,
# and the proxy answers 503 for it; the others go on. Run it again if it was cut off: it goes on from what it finds.
# It is done in docker/, with the files that COMPOSE_FILE names there, in .env or in the environment, and compose.backup.yaml.
# COMPOSE names another command than `docker compose`.
set -eu
service=${1:?which service? e.g. docker/backup/restore.sh orders "2026-11-22 14:05"}
moment=${2-latest}
cd "$(dirname "$0")/.."
files=${COMPOSE_FILE:-$(sed -n "s/[\"']//g; s/^COMPOSE_FILE=//p" .env 2> /dev/null || true)}
case ":$files:" in
*:compose.backup.yaml:*) ;;
*) files=${files:-compose.yaml}:compose.backup.yaml ;;
esac
export COMPOSE_FILE="$files"
compose() { ${COMPOSE:-docker compose} "$@"; }

lend() { compose run --rm --no-deps --user root restore chown -R "$1" /media/inventory; }
# However this ends, the service comes back: on its old data, or on the restored, in which it refuses writes by itself.
finish() {
    code=$?
    trap - EXIT
    if [ "$service" = inventory ]; then lend 10001:10001 || true; fi
    if [ "$code" != 0 ]; then compose up --detach "$service-database" "$service" "$service-worker" || true; fi
    exit "$code"
}

# A moment that no backup leads to stops nothing.
compose run --rm --no-deps restore python -m backups reachable --service "$service" --at "$moment"
trap finish EXIT
trap 'exit 130' HUP INT TERM
compose stop "$service" "$service-worker" "$service-database"
if [ "$service" = inventory ]; then
    # The pictures belong to the services' user: lent to the restore, which brings back those that are missing.
    lend postgres
fi
# The data's own folder belongs to postgres, the one around it, where the restore builds, to root.
compose run --rm --no-deps --user root restore chown postgres "/databases/$service/18"
compose run --rm --no-deps restore python -m backups restore --service "$service" --at "$moment"
compose up --detach --wait --no-deps "$service-database"
# Brings older data to what the code expects. The restore has noted itself there, so that the service refuses writes.
point=$(compose run --rm --no-deps restore python -m backups recovery-point --service "$service")
compose run --rm --no-deps "$service-migrate" python manage.py record_restore --recovery-point "$point" --backup compose
if [ "$service" = inventory ]; then lend 10001:10001; fi
compose up --detach --wait "$service" "$service-worker"
echo "$service is back; run reconcile before it writes again."
