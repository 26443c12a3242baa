#!/bin/sh
# Tells OpenSearch what our fields are, and after how many days a day's index goes (RETENTION_DAYS); and its Dashboards, where
# DASHBOARDS_URL names them, how to show them. May be run again.
set -eu
here=$(dirname "$0")

# The password goes by a file descriptor: arguments are seen by every process of the machine.
ask() {
    if [ -n "${OPENSEARCH_USER:-}" ]; then
        printf '%s:%s\n' "$OPENSEARCH_USER" "$OPENSEARCH_PASSWORD" |
            sed 's/[\\"]/\\&/g; s/^/user = "/; s/$/"/' |
            curl --silent --show-error --max-time 20 --config - --header 'Content-Type: application/json' "$@"
    else
        curl --silent --show-error --max-time 20 --header 'Content-Type: application/json' "$@"
    fi
}

# answered ADDRESS PATH: wait until that is so.
answered() {
    tries=${SETUP_TRIES:-60}
    until ask --fail --output /dev/null "$1$2"; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            echo "$1 does not answer." >&2
            exit 1
        fi
        sleep 5
    done
}

answered "$OPENSEARCH_URL" "/_cluster/health?wait_for_status=yellow&timeout=10s"

ask --fail --request PUT "$OPENSEARCH_URL/_index_template/shop-logs" --data "@$here/template-logs.json"
ask --fail --request PUT "$OPENSEARCH_URL/_index_template/shop-dead-letters" --data "@$here/template-dead-letters.json"

# A policy that is there already is changed only by naming the version that is replaced.
policy=$(sed "s/\"30d\"/\"${RETENTION_DAYS:-30}d\"/" "$here/retention.json")
present=$(ask "$OPENSEARCH_URL/_plugins/_ism/policies/shop-retention")
number=$(printf '%s' "$present" | sed -n 's/.*"_seq_no":\([0-9]*\).*/\1/p')
term=$(printf '%s' "$present" | sed -n 's/.*"_primary_term":\([0-9]*\).*/\1/p')
version=
if [ -n "$number" ]; then version="?if_seq_no=$number&if_primary_term=$term"; fi
ask --fail --request PUT "$OPENSEARCH_URL/_plugins/_ism/policies/shop-retention$version" --data "$policy"
# An index goes by the policy as it was when it was made, until it is told.
indices="shop-logs-*,shop-dead-letters-*"
if [ -n "$(ask --fail "$OPENSEARCH_URL/_cat/indices/$indices?h=index")" ]; then
    ask --fail --request POST "$OPENSEARCH_URL/_plugins/_ism/change_policy/$indices" --data '{"policy_id": "shop-retention"}'
fi
echo
echo "Templates and retention (${RETENTION_DAYS:-30} days) are set."

if [ -n "${DASHBOARDS_URL:-}" ]; then
    answered "$DASHBOARDS_URL" /api/status
    for object in "$here"/dashboards/*/*.json; do
        kind=$(basename "$(dirname "$object")")
        ask --fail --header 'osd-xsrf: true' --data "@$object" \
            "$DASHBOARDS_URL/api/saved_objects/$kind/$(basename "$object" .json)?overwrite=true"
    done
    echo
    echo "What Dashboards show is set."
fi
