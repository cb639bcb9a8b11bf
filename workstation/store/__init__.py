"""The book on SQLAlchemy: tables, repositories, migrations. Nothing else imports SQLAlchemy."""
