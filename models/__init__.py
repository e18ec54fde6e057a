"""What is stored. Importing the package registers every table."""

from models.base import Base, Sessions, make_sessions, now
from models.contract import Contract
from models.event import Event
from models.indicator import Indicator
from models.introduction import Introduction
from models.job import Job
from models.judgement import Judgement
from models.match import Match
from models.organisation import Organisation
from models.post import CLASSES, Achievement, Expert, Facility, Need, Post, title_key
from models.seen import Seen
from models.user import LoginSession, TokenBucket, User
from models.vector import IndexState, PostVector, next_revision
from models.weights import Weights

__all__ = [
    "CLASSES", "Achievement", "Base", "Contract", "Event", "Expert", "Facility", "IndexState", "Indicator",
    "Introduction", "Job", "Judgement",
    "LoginSession", "Match", "Need", "Organisation", "Post", "PostVector", "Seen", "Sessions", "TokenBucket", "User",
    "Weights", "make_sessions", "next_revision", "now", "title_key",
]
