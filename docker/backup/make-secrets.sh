#!/bin/sh
# Draws the passwords of the role that takes backups, where there are none; docker/make-secrets.sh draws the others.
set -eu
cd "$(dirname "$0")/.."
mkdir -p secrets
chmod 700 secrets

write() {
    if [ ! -e "secrets/$1" ]; then
        cat > secrets/.new
        chmod 644 secrets/.new
        mv secrets/.new "secrets/$1"
        echo "drew docker/secrets/$1"
    fi
}

for service in auth inventory orders payment aggregator; do
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n' | write "${service}_backup_password"
done
# Empty until backups are encrypted or sent to S3: docs/operations/backups.md
: | write backup_passphrase
: | write backup_s3_credentials
