"""Backups of each service's database, incremental on PostgreSQL's own terms and driven by Barman; restores; dumps."""
