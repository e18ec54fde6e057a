"""What a verb raises when it cannot be done; the message is for the person who asked, in their language."""

from __future__ import annotations


class Problem(Exception):
    """Something the person can mend. `str()` is one or two sentences saying what and how."""


class NotAllowed(Problem):
    """The person may not do this."""


class NotFound(Problem):
    """There is no such thing, or the person may not know of it."""


class Conflict(Problem):
    """Somebody else changed it first."""


class TooLarge(Problem):
    """More than the service takes at once."""


class TooMany(Problem):
    """Too many tries in a short time."""
