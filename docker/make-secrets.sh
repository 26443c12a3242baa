#!/bin/sh
# Draws what docker/compose.yaml reads from docker/secrets/; what is there already stays. Files can be read by the containers'
# users, which are other numbers than whoever runs this; their folder can be entered by its owner alone.
set -eu
cd "$(dirname "$0")"
command -v openssl > /dev/null || { echo "openssl is needed: apt-get install openssl" >&2; exit 1; }
mkdir -p secrets
chmod 700 secrets

# write NAME: keep what comes in as that secret, unless there is one.
write() {
    if [ ! -e "secrets/$1" ]; then
        cat > "secrets/.new"
        chmod 644 "secrets/.new"
        mv "secrets/.new" "secrets/$1"
        echo "drew docker/secrets/$1"
    else
        cat > /dev/null # whoever draws would complain that nobody reads
    fi
}

drawn() { openssl rand -hex 32; }

for service in auth inventory orders payment aggregator; do
    drawn | write "${service}_secret_key"
    openssl rand -base64 32 | tr '+/' '-_' | write "${service}_field_encryption_key"
    drawn | write "${service}_postgres_password"
    drawn | write "${service}_database_password"
    echo "postgres://$service:$(cat "secrets/${service}_database_password")@$service-database:5432/$service" |
        write "${service}_database_url"
done
for name in metrics_token aggregator_client_secret auditor_client_secret reconciler_client_secret grafana_password; do
    drawn | write "$name"
done
# Without keys mails stay in the containers: fill in Mailjet's.
for name in mailjet_api_key mailjet_api_secret no-ca; do
    : | write "$name"
done
# Alerts reach nobody before it says whom.
write alertmanager.yml < example.alertmanager.yml

if [ ! -e .env ]; then
    cp example.env .env
    echo "wrote docker/.env: say in it under which name the shop is reached"
fi
if [ ! -e secrets/tls.pem ]; then
    host=$(sed -n 's/^SHOP_HOST=//p' .env)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=$host" \
        -addext "subjectAltName=DNS:$host" -keyout secrets/.key -out secrets/.certificate 2> /dev/null
    cat secrets/.certificate secrets/.key | write tls.pem
    rm secrets/.certificate secrets/.key
    echo "docker/secrets/tls.pem is signed by itself, for $host: put a real certificate with its chain and key there"
fi
