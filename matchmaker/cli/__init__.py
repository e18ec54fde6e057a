"""What an operator runs: `flask --app wsgi COMMAND`."""

from __future__ import annotations

from flask import Flask

from matchmaker.cli import auditing, data, finding, learning
from matchmaker.cli.common import commands

__all__ = ["auditing", "data", "finding", "init", "learning"]
from matchmaker.cli import keeping

__all__ = ["data", "finding", "init", "keeping", "learning"]


def init(app: Flask) -> None:
    """Add every command."""
    for command in commands.commands.values():
        app.cli.add_command(command)
