"""Realistic values for the tests and previews of an app, fresh each time."""

from baton_core import (
    ActKind, Badge, Header, Hold, InboxRow, Line, LineContent, LineAuthor, LineStatus, MediaKind,
    Note, OutboxFile, OutboxItem, Own, Owner, SeenLine, Stage, Status, Template, TemplateStatus,
    TimelineEntry,
)

# The agent whose phone it is, a colleague, and the first conversation.
ME = "00000000-0000-7000-8000-00000000a0a0"
COLLEAGUE = "00000000-0000-7000-8000-00000000be00"
CONVERSATION = "00000000-0000-7000-8000-000000000001"
_NOON = 1_767_268_800_000


def rows():
    """Three conversations: one waits for Ana, one is Ben's, one nobody took."""
    mine, bens = Owner.AGENT(ME), Owner.AGENT(COLLEAGUE)
    return [
        _row(1, "Marta Ruiz", mine, "Has my order left?", unread=2),
        _row(2, "Bakery Sol", bens, "Thank you!", from_customer=False),
        _row(3, "+34 600 000 003", Owner.QUEUE("team"), "Hello, are you open today?", unread=1),
    ]


def _row(number, title, owner, preview, *, unread=0, from_customer=True):
    at = _NOON - number * 60_000
    return InboxRow(
        id=f"00000000-0000-7000-8000-{number:012}", title=title, team="team", channel="channel",
        owner=owner, owner_epoch=1, status=Status.OPEN(),
        unanswered_since_ms=at if unread else None, activity_at_ms=at, preview=preview,
        preview_from_customer=from_customer, unread=unread, window_until_ms=_NOON + 3_600_000,
        own=Own(waiting=0, needs_review=0, is_claiming=False), has_draft=False, hit=None)


def timeline():
    """The first conversation: texts, a picture, a note, and a reply that is on its way."""
    picture = LineContent.MEDIA(MediaKind.IMAGE, "The label", "image/jpeg", None, None)
    return [
        _line(1, LineAuthor.CUSTOMER(), LineContent.TEXT("Hello! Where is my order?")),
        _line(2, LineAuthor.AGENT(ME, True), LineContent.TEXT("I will look."), LineStatus.READ),
        _line(3, LineAuthor.CUSTOMER(), picture),
        TimelineEntry.NOTE(Note(id=_id(90), author=COLLEAGUE, is_mine=False, at_ms=_NOON,
                                text="It left this morning.", op_id=_id(91))),
        _line(4, LineAuthor.CUSTOMER(), LineContent.TEXT("Has my order left?")),
        TimelineEntry.ECHO(outbox()[0]),
    ]


def _id(number):
    return f"00000000-0000-7000-8000-{number:012}"


def _line(seq, author, content, status=None):
    text = content.text if content.is_TEXT() else content.caption
    return TimelineEntry.LINE(Line(
        id=_id(10 + seq), seq=seq, seen=SeenLine(seq=seq, id=_id(10 + seq)), author=author,
        content=content, text=text, file=None, quoted=None, at_ms=_NOON + seq * 60_000,
        status=status, problem=None, op_id=None, reactions=[], edited=None))


def header():
    """The header of the first conversation: Ana's, open, with Ben looking at it."""
    return Header(id=CONVERSATION, title="Marta Ruiz", owner=Owner.AGENT(ME), owner_epoch=1,
                  is_owner_online=True, status=Status.OPEN(), unread=2, unanswered_since_ms=_NOON,
                  window_until_ms=_NOON + 3_600_000, hold=Hold.NOBODY(), colleague_draft=None,
                  viewers=[COLLEAGUE], own=Own(waiting=1, needs_review=0, is_claiming=False))


def outbox():
    """One reply that waits, and a document half of which is sent."""
    return [OutboxItem(number=1, op_id=_id(80), conversation=CONVERSATION, kind=ActKind.REPLY,
                       text="Yes, this morning.", created_at_ms=_NOON, stage=Stage.WAITING,
                       behind=None, is_claiming=False, review=None),
            OutboxItem(number=2, op_id=_id(81), conversation=CONVERSATION, kind=ActKind.SEND,
                       text=None, created_at_ms=_NOON, stage=Stage.WAITING, behind=None,
                       is_claiming=False, review=None,
                       file=OutboxFile(kind=MediaKind.DOCUMENT, media_type="application/pdf",
                                       name="label.pdf", bytes=800_000, sent=400_000))]


def template():
    """A template that can be sent, with one variable."""
    return Template(name="order_update", language="en", status=TemplateStatus.APPROVED,
                    category="utility", header=None, body="Your order {{1}} has left.",
                    footer=None, buttons=[])


def badge():
    """The numbers that fit the rows."""
    return Badge(mine=1, unread=3, unassigned=1, needs_review=0)
