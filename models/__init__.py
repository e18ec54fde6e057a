"""What is stored. Importing the package registers every table."""

from models.activity import Activity
from models.attachment import Attachment
from models.authorship import Authorship
from models.base import Base, Sessions, make_sessions, now
from models.contract import Contract, ContractVersion
from models.disclosure import Disclosure
from models.document import Document, DocumentTemplate
from models.draft import Draft
from models.event import Event, EventChain, EventSeal
from models.follow_up import FollowUp, Rating, Story
from models.indicator import Indicator
from models.introduction import Introduction, Participant
from models.job import Job
from models.judgement import Judgement
from models.match import Match
from models.meeting import CalendarFeed, CaseTask, Meeting
from models.message import Message, Reading
from models.notice import Notice, NoticePreference
from models.office import OfficeSetting, SplitRule
from models.organisation import Organisation, name_key
from models.payment import Payment
from models.post import CLASSES, Achievement, Expert, Facility, Need, Post, modes_key, title_key
from models.review import PostRevision, Review
from models.saved_search import SavedSearch
from models.seen import Seen
from models.service_record import ServiceRecord
from models.target import Goal, GoalEntry, Target
from models.timetable import TimetableRun
from models.user import JoinRequest, LoginSession, MailLink, TokenBucket, User
from models.vector import IndexState, PostVector, next_revision
from models.weights import Weights

__all__ = [
    "CLASSES", "Achievement", "Activity", "Attachment", "Authorship", "Base", "CalendarFeed", "CaseTask", "Contract",
    "ContractVersion", "Disclosure", "Document", "DocumentTemplate", "Draft", "Event", "EventChain", "EventSeal",
    "Expert", "Facility", "FollowUp", "Goal", "GoalEntry", "IndexState", "Indicator", "Introduction", "Job",
    "JoinRequest", "Judgement", "LoginSession", "MailLink", "Match", "Meeting", "Message", "Need", "Notice",
    "NoticePreference", "OfficeSetting", "Organisation", "Participant", "Payment", "Post", "PostRevision",
    "PostVector", "Rating", "Reading", "Review", "SavedSearch", "Seen", "ServiceRecord", "Sessions", "SplitRule",
    "Story", "Target", "TimetableRun", "TokenBucket", "User", "Weights", "make_sessions", "modes_key", "name_key",
    "next_revision", "now", "title_key",
]
