"""What an operator runs: `flask --app wsgi COMMAND`."""

from __future__ import annotations

from flask import Flask


def init(app: Flask) -> None:
    """Add every command."""
