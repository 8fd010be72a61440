"""Baton's phone core for asyncio.

    async with Baton.open(server, directory, keys) as baton:
        await baton.network(True)
        await baton.foreground()
        if await baton.signed_in() is None:
            await baton.sign_in("desk", "ana@desk.example", password)
        async with await baton.watch_inbox(InboxView.ALL()) as inbox:
            async for rows in inbox:
                ...

One `Baton` is the whole client. Records, enums and errors are those of the core, as they are; what
this package adds is the manner of Python: `async with`, `async for`, lists that hold themselves,
and an orderly end of the process. Nothing of the product is decided here.
"""

from baton_core import (
    AboutProduct, Act, ActKind, AnswerOutcome, AppError, Availability, Badge, Choice, ChoiceKind, Colleague,
    ContactCard, CoreConfig, CoreError, Diagnostics, Draft, Event, FileSize, FileSource, FilledButton,
    FilledText,
    ForwardedFrom, GoneHow,
    GoneItem, Header, Hold, InboxRow, InboxStep, InboxView, Kept, KeyStore, Line, LineAuthor,
    LineContent, LineStatus, LinesPage, ListBatch, LogLevel, LogRecord, LogSink, MediaKind, Message,
    MissedLine, Named, Note, NotificationAction, NotificationAnswer, NotificationEnd,
    NotificationGroup, NotificationLine, OlderLines, OrderItem, OutboxFile, OutboxItem,
    OutgoingFile, Own, Owner, PassedOn, People, Place, PlatformTrust, PushMessage, PushNotification, PushOffReason,
    PushOutcome, PushRoad, PushState, PushTarget, PushVerdict, ReceiptPost, Referral, Review,
    ReviewCode, SeenLine, SignedIn, Stage, Standing, Status, SuppressReason, TakenPush, Template,
    TemplateButton, TemplateButtonKind, TemplateFile, TemplateHeader, TemplateStatus,
    TemplateWords, TimelineEntry, TimelineStep, blanks_in, fill_canned, take_push,
)
from baton_core import (
    AskOutcome, Attribute, AttributeType, CannedFile, CannedFileKind,
    CannedMessage, CannedReply, CannedThen, ContactField, ConversationTag,
    Episode, FieldValue, GuestPolicy, HandoverNote,
    InLanguage, OutcomeChoice, Outcomes, Priority, QueuePolicy, SetBy, SettingHome, TeamPolicy,
    canned_values,
)
from baton_core import (
    ContextRow, ContextSource, ContextState, ContextWhy, CustomerFile, CustomerFiles, ExcerptPart, Filter, FilterOwner, FilterStatus, KeptDraft, Notice, NoticeKind, NoticesPage,
    PushLevel, PushLevels, QuietHours, SavedView, ServerFound, ServerHit, ServerList,
    SignedInDevice, TeamPushLevel,
)

from .client import Baton
from .errors import for_people
from .events import Events
from .keys import FileKeys, MemoryKeys
from .lists import Failed, Inbox, Loaded, Loading, Timeline, Unfit, Value, Watched, apply

__all__ = [
    "AboutProduct", "Act", "ActKind", "AnswerOutcome", "AppError", "Availability", "Badge", "Baton", "Choice",
    "ChoiceKind", "Colleague", "ContactCard", "CoreConfig", "CoreError", "Diagnostics", "Draft", "Event",
    "Events", "Failed", "FileKeys", "FileSize", "FileSource", "FilledButton", "FilledText",
    "ForwardedFrom", "GoneHow", "GoneItem",
    "Header", "Hold", "Inbox", "InboxRow", "InboxStep", "InboxView", "Kept", "KeyStore", "Line",
    "LineAuthor", "LineContent", "LineStatus", "LinesPage", "ListBatch", "Loaded", "Loading",
    "LogLevel", "LogRecord", "LogSink", "MediaKind", "MemoryKeys", "Message", "MissedLine", "Named", "Note",
    "NotificationAction", "NotificationAnswer", "NotificationEnd", "NotificationGroup",
    "NotificationLine", "OlderLines", "OrderItem", "OutboxFile", "OutboxItem", "OutgoingFile", "Own", "Owner",
    "PassedOn", "People", "Place", "PlatformTrust", "PushMessage", "PushNotification", "PushOffReason",
    "PushOutcome", "PushRoad", "PushState", "PushTarget", "PushVerdict", "ReceiptPost", "Referral", "Review",
    "ReviewCode", "SeenLine", "SignedIn", "Stage", "Standing", "Status", "SuppressReason",
    "TakenPush", "Template", "TemplateButton", "TemplateButtonKind", "TemplateFile",
    "TemplateHeader", "TemplateStatus", "TemplateWords", "Timeline", "TimelineEntry",
    "TimelineStep", "Unfit", "Value", "Watched", "apply", "blanks_in", "fill_canned", "for_people",
    "take_push",
    # Settings that the team made.
    "AskOutcome", "Attribute", "AttributeType", "CannedFile", "CannedFileKind", "CannedMessage",
    "CannedReply",
    "CannedThen", "ContactField",
    "Episode", "FieldValue", "canned_values",
    "ConversationTag", "GuestPolicy",
    "HandoverNote", "InLanguage", "OutcomeChoice", "Outcomes", "Priority", "QueuePolicy", "SetBy",
    "SettingHome", "TeamPolicy",
    # What the server alone knows.
    "ContextRow", "ContextSource", "ContextState", "ContextWhy", "CustomerFile", "CustomerFiles", "ExcerptPart", "Filter", "FilterOwner", "FilterStatus", "KeptDraft", "Notice", "NoticeKind",
    "NoticesPage", "PushLevel", "PushLevels", "QuietHours", "SavedView", "ServerFound", "ServerHit",
    "ServerList", "SignedInDevice", "TeamPushLevel",
]
