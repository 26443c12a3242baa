-- The role that takes backups and receives the write-ahead log: it may replicate and read settings, but no table.
-- Run by a superuser, again and again; BACKUP_PASSWORD is its password.
\getenv password BACKUP_PASSWORD
SELECT 'CREATE ROLE barman' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'barman') \gexec
ALTER ROLE barman LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
GRANT CONNECT ON DATABASE postgres TO barman;
GRANT pg_read_all_settings, pg_read_all_stats, pg_checkpoint TO barman;
GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO barman;
GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean) TO barman;
-- From here on no segment is forgotten before it was received.
SELECT pg_create_physical_replication_slot('barman', true)
 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'barman') \g /dev/null
