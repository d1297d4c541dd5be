"""The one SQLite file: connection, migrations, and one module per noun."""
