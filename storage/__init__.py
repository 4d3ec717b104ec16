"""The only room that speaks SQL: tables, migrations, repositories, the unit of work.

Rows never leave it; values of the engine and of `notifications.message` go in and come out.
Open a database with `storage.database.open_database`.
"""
