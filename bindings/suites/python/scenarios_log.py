"""The log: what it tells of a whole scenario, and what it never does."""

import json

from baton import LogLevel, PushRoad, PushTarget
from scenarios_push import has_pushes, pushed, shown, target
from stage import eventually, expect, scenario

WRITTEN = ("secreto de la clienta", "respuesta de Ana", "nota de Ana", "borrador de Ana",
           "cuerpo del aviso")


@scenario(31)
async def log(stage):
    taken = []
    def takes(record):
        taken.append(record)
        raise ZeroDivisionError("this sink throws")
    ana = await stage.new_phone("ana")
    await ana.open()
    ana.baton.log_to(takes, LogLevel.DEBUG)
    await ana.baton.network(True)
    await ana.baton.foreground()
    await ana.sign_in()
    await ana.live()
    await ana.baton.register_push(PushTarget(road=PushRoad.FCM_TOKEN, target=target(ana),
                                             app_id="example.baton", locale="es"))
    await has_pushes(ana)
    tokens = secrets(ana.keys)
    conversation, wa_id = await stage.customer(WRITTEN[0])
    await ana.row(conversation)
    timeline = await ana.timeline(conversation)
    reply = await ana.baton.reply(conversation, WRITTEN[1], timeline.seen)
    note = await ana.baton.note(conversation, WRITTEN[2])
    await ana.sent(reply.number, note.number)
    await ana.baton.typing(conversation, WRITTEN[3])
    await stage.reaches(wa_id, [WRITTEN[1]])
    await ana.cut("refuse")
    async def is_cut():
        return not (await ana.baton.standing()).is_LIVE()
    await eventually("the cut is noticed", is_cut)
    await ana.cut("pass")
    await ana.baton.network_changed()
    await ana.live()
    await ana.baton.background()
    # What was answered is told by no push.
    await stage.customer(WRITTEN[4], wa_id)
    _, push = await pushed(stage, ana, "message", conversation=conversation,
                           title=f"Customer {wa_id[-5:]}", body=WRITTEN[4])
    outcome = await ana.baton.handle_push(push, 5.0)
    expect(shown(outcome) is not None, f"the push is shown: {outcome.verdict}")
    tokens += secrets(ana.keys)
    thrown = (await ana.baton.diagnostics()).thrown
    expect(thrown > 0, "a sink that throws is counted")
    await ana.baton.sign_out()
    await ana.baton.shutdown()
    happened = [
        "life: the app is in the foreground", "life: there is a network",
        "life: the app is in the background",
        "session: a phone begins agent=", "session: the agent signed out",
        "link: the connection stands at=live", "link: a socket was closed",
        "link: the connection stands at=backoff", "sync: everything is taken anew reason=no_cursor",
        "sync: events came count=", f"outbox: a command is sent op={reply.op_id} kind=reply",
        f"outbox: a command is answered op={reply.op_id} outcome=accepted",
        f"outbox: a command is sent op={note.op_id} kind=note",
        "push: a push is decided kind=message verdict=show", "store: the store is open found=",
        "life: the core is shut down",
    ]
    login = stage.logins["ana"]
    personal = [*WRITTEN, wa_id, wa_id[2:], f"Customer {wa_id[-5:]}", login["email"],
                login["password"], login["name"], target(ana), *tokens]
    for records in (taken, ana.baton.recent_logs()):
        told = "\n".join(f"{one.target}: {one.message}" for one in records)
        for one in happened:
            expect(one in told, f"{one!r} is not in the log")
        for one in personal:
            expect(one.lower() not in told.lower(), f"the log tells {one!r}")
    expect([one.message for one in taken] == [one.message for one in ana.baton.recent_logs()],
           "the sink was given all of it, in order")
    expect(all(one.at_ms > 0 and one.dropped == 0 for one in taken), "nothing is missing")


def secrets(keys):
    """Tokens and keys that the key store holds."""
    session = json.loads(keys.get("baton.session"))["session"]
    texts = [session["access_token"], session["refresh_token"]]
    for name in ("baton.store", "baton.push", "baton.receipts"):
        value = keys.get(name)
        texts += [value.hex(), value.hex()[:32]]
    return texts + [keys.get("baton.receipts").decode()]
