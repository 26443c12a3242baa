#!/bin/sh
# Brings the running services to another version without a failed request:
#
#     docker/rollout.sh VERSION [service…]
#
# First the migrations, while the old code serves, which it can: migrations are written so. Then service by service: as many
# new containers as there are old ones; once HAProxy has found all of them ready the old ones are told to stop, serve on until
# HAProxy sends them nothing more, and end what they have begun. When a new one does not become ready the new ones are
# removed, and the old ones go on serving.
#
# At the version that runs it brings changed secrets and settings to all processes. It is done in docker/, with the files that
# COMPOSE_FILE names there, in .env or in the environment. COMPOSE names another command than `docker compose`; READY_SECONDS
# (120) is the patience.
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}
docker=${DOCKER:-docker}
patience=${READY_SECONDS:-120}
# Longer than gunicorn's 25 s.
stop_seconds=40

if [ $# -eq 0 ]; then
    echo "usage: docker/rollout.sh VERSION [service…]" >&2
    exit 2
fi
export VERSION="$1"
shift
every="auth inventory orders payment aggregator"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $every

health() { $docker inspect --format '{{.State.Health.Status}}' "$1" 2> /dev/null || echo gone; }

# Addresses of containers, on all of their networks.
addresses() {
    # shellcheck disable=SC2086
    $docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}:8000 {{end}}' "$@" 2> /dev/null || true
}

# How many of those containers HAProxy sends a service's requests to: served SERVICE container…
served() {
    answer=$($compose exec -T proxy wget -q -O - 'http://127.0.0.1:8404/stats;csv') || { echo unknown; return; }
    up=$(echo "$answer" | awk -F, -v service="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        $1 == service && $(column["status"]) ~ /^UP/ { print $(column["addr"]) }')
    shift
    found=0
    for address in $(addresses "$@"); do
        if echo "$up" | grep -qxF "$address"; then found=$((found + 1)); fi
    done
    echo "$found"
}

# Whether nothing of a service runs another version.
runs_version() {
    for container in $($compose ps --quiet "$1"); do
        case "$($docker inspect --format '{{.Config.Image}}' "$container")" in
        *":$VERSION") ;;
        *) return 1 ;;
        esac
    done
}

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
    [ -n "$new" ] || { echo "$service: no new container came up." >&2; exit 1; }
    waited=0
    # shellcheck disable=SC2086
    until [ "$(served "$service" $new)" = "$count" ]; do
        waited=$((waited + 1))
        for container in $new; do
            if [ "$waited" -gt "$patience" ] || [ "$(health "$container")" = gone ]; then
                echo "$service: a new container is not ready after $patience s; the old ones go on. It said:" >&2
                $docker logs --tail 20 "$container" >&2 || true
                $docker rm --force $new > /dev/null
                exit 1
            fi
        done
        sleep 1
    done
    # The first SIGTERM is a notice, the second closes the door: in between HAProxy finds out.
    # shellcheck disable=SC2086
    $docker kill --signal TERM $old > /dev/null
    waited=0
    # shellcheck disable=SC2086
    until [ "$(served "$service" $old)" = 0 ] || [ "$waited" -gt "$patience" ]; do
        waited=$((waited + 1))
        sleep 1
    done
    # shellcheck disable=SC2086
    $docker stop --time "$stop_seconds" $old > /dev/null
    # shellcheck disable=SC2086
    $docker rm $old > /dev/null
    echo "$service: worker …"
    # At the same version too: it reads secrets when it starts.
    $compose up --detach --no-deps --no-build --force-recreate "$service-worker" > /dev/null 2>&1
    echo "$service: runs $VERSION"
done

[ -f .env ] || exit 0
stated=$(sed -n 's/^VERSION=//p' .env)
left=
for service in $every; do
    runs_version "$service" || left="$left $service"
done
if [ -z "$left" ]; then
    if [ -n "$stated" ]; then
        sed -i "s/^VERSION=.*/VERSION=$VERSION/" .env
    else
        echo "VERSION=$VERSION" >> .env
    fi
elif [ "$stated" != "$VERSION" ]; then
    echo "docker/.env keeps VERSION=${stated:-latest}, to which the next \`docker compose up\` would bring all: others do not run" \
        "$VERSION yet. Before that, docker/rollout.sh $VERSION$left"
fi
