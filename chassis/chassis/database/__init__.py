"""The service's database: how its tables are brought to what the code expects."""
