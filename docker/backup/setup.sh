#!/bin/sh
# Once for every database, and again without harm: the role and the slot for backups, and what incremental ones need.
set -eu
for service in auth inventory orders payment aggregator; do
    PGPASSWORD=$(cat "/run/secrets/${service}_postgres_password")
    BACKUP_PASSWORD=$(cat "/run/secrets/${service}_backup_password")
    export PGPASSWORD BACKUP_PASSWORD
    until pg_isready -q -h "$service-database"; do sleep 1; done
    psql -X -q -v ON_ERROR_STOP=1 -h "$service-database" -U provisioning -d postgres -f /app/local/backup_role.sql
    # The image lets nobody replicate from another host.
    psql -X -q -v ON_ERROR_STOP=1 -h "$service-database" -U provisioning -d postgres << 'SQL'
ALTER SYSTEM SET summarize_wal = on;
ALTER SYSTEM SET max_slot_wal_keep_size = '2GB';
COPY (SELECT 'host replication barman samenet scram-sha-256') TO PROGRAM
    'line=$(cat); grep -qxF "$line" "$PGDATA/pg_hba.conf" || echo "$line" >> "$PGDATA/pg_hba.conf"';
SELECT pg_reload_conf() \g /dev/null
SQL
    echo "$service: ready for backups"
done
