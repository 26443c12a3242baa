#!/bin/sh
# Brings the running services to another version without a failed request:
#
#     docker/rollout.sh VERSION [service…]
#
# First the migrations, while the old code serves, which it can: migrations are written so. Then service by service: as many
# new containers as there are old ones, and once all are healthy the old ones are told to stop, which end what they have
# begun. When a new one does not become healthy the new ones are removed, and the old ones go on serving.
#
# COMPOSE names another command than `docker compose -f docker/compose.yaml`; READY_SECONDS (120) is the patience.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compose=${COMPOSE:-docker compose -f $here/compose.yaml}
docker=${DOCKER:-docker}
patience=${READY_SECONDS:-120}
# Longer than WEB_DRAIN_SECONDS and gunicorn's 25 s together.
stop_seconds=40

if [ $# -eq 0 ]; then
    echo "usage: docker/rollout.sh VERSION [service…]" >&2
    exit 2
fi
export VERSION="$1"
shift
[ $# -gt 0 ] || set -- auth inventory orders payment aggregator

health() { $docker inspect --format '{{.State.Health.Status}}' "$1" 2> /dev/null || echo gone; }

for service in "$@"; do
    echo "$service: migrating …"
    $compose run --rm --no-deps -T "$service-migrate" > /dev/null
done

for service in "$@"; do
    old=$($compose ps --quiet "$service")
    count=$(echo "$old" | grep -c .) || true
    [ "$count" -gt 0 ] || { echo "$service does not run: start it with up --detach." >&2; exit 1; }
    echo "$service: $count new beside $count old …"
    $compose up --detach --no-deps --no-recreate --no-build --scale "$service=$((2 * count))" "$service" > /dev/null 2>&1 || true
    new=$($compose ps --quiet "$service" | grep -vxF "$old") || true
    waited=0
    for container in $new; do
        until [ "$(health "$container")" = healthy ]; do
            waited=$((waited + 1))
            if [ "$waited" -gt "$patience" ] || [ "$(health "$container")" = gone ]; then
                echo "$service: a new container is not healthy after $patience s; the old ones go on. It said:" >&2
                $docker logs --tail 20 "$container" >&2 || true
                # shellcheck disable=SC2086
                $docker rm --force $new > /dev/null
                exit 1
            fi
            sleep 1
        done
    done
    [ -n "$new" ] || { echo "$service: no new container came up." >&2; exit 1; }
    # HAProxy asks Docker's DNS, and the newcomers, once a second.
    sleep 5
    # shellcheck disable=SC2086
    $docker stop --time "$stop_seconds" $old > /dev/null
    # shellcheck disable=SC2086
    $docker rm $old > /dev/null
    echo "$service: worker …"
    $compose up --detach --no-deps --no-build "$service-worker" > /dev/null 2>&1
    echo "$service: runs $VERSION"
done

if [ -f "$here/.env" ] && grep -q '^VERSION=' "$here/.env"; then
    sed -i "s/^VERSION=.*/VERSION=$VERSION/" "$here/.env"
fi
