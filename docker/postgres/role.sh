#!/bin/sh
# Run by the postgres image when the data folder is new: the service's own role and database. The role owns its database and
# nothing else; the image's superuser is for backups and repairs.
set -eu
password=$(cat /run/secrets/database_password)
psql -X -q -v ON_ERROR_STOP=1 -v name="$SERVICE" -v password="$password" -U "$POSTGRES_USER" -d postgres << 'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT, TEMPORARY ON DATABASE :"name" FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
