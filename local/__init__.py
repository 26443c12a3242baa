"""The whole platform on one machine: embedded PostgreSQLs, processes, demo data and the tests' databases."""
