"""The command line `huodian`: parse, call one use case, print. Nothing is decided here.

Modules here import Typer only; what a command needs is imported when it runs, so that `--help`
and the small commands start fast.
"""

from app.cli.main import main

__all__ = ["main"]
