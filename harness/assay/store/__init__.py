"""Results that stay: one SQLite file or a PostgreSQL database, stored baselines, and pandas data frames."""
