"""Pushes: in the app while it is in the background, and in place of it."""

import base64
import json
import time
import uuid
from pathlib import Path

from baton import (
    AnswerOutcome, Baton, CoreError, NotificationAnswer, PushMessage, PushOffReason, PushRoad,
    PushState, PushTarget, take_push,
)
from stage import eventually, expect, scenario, texts

FIXTURES = Path(__file__).resolve().parents[3] / "protocol/fixtures"
# For a push, in seconds: what platforms leave is more.
WITHIN = 5.0


async def pushed(stage, phone, kind, *, content="e2e", **more):
    """What the push service hands to the app: the push's id, and the push."""
    who = await phone.baton.signed_in()
    sealed = {}
    if content == "e2e":
        auth = phone.keys.get("baton.push")[32:48]
        sealed["auth"] = base64.urlsafe_b64encode(auth).rstrip(b"=").decode()
    told = await stage.world.ask("push", who=phone.who, device=who.device, target=target(phone),
                                 content=content, push={"kind": kind, **more}, **sealed)
    return told["id"], PushMessage.FCM(told["data"])


async def sent(stage, phone, kind, conversation):
    """What the server itself sent to the phone: the push's id, and the push."""
    told = await stage.world.ask("pushed", target=target(phone), kind=kind,
                                 conversation=conversation)
    return told["id"], PushMessage.FCM(told["data"])


def target(phone):
    return f"token-of-{phone.directory.name}"


async def registered(stage):
    """Ana's phone, which can be reached by push, in the background; a customer has written."""
    ana = await stage.phone("ana")
    await ana.baton.register_push(PushTarget(road=PushRoad.FCM_TOKEN, target=target(ana),
                                             app_id="example.baton", locale="es"))
    await has_pushes(ana)
    conversation, wa_id = await stage.customer("antes")
    await ana.row(conversation)
    await ana.baton.background()
    return ana, conversation, wa_id


async def has_pushes(phone):
    """Waits until the server has confirmed the wish for pushes."""
    async def is_on():
        return (await phone.baton.push_state()).is_ON()
    await eventually(f"pushes of {phone.who} are on", is_on)


def shown(outcome):
    """What is shown, of an outcome that shows something."""
    return getattr(outcome.verdict, "notification", None)


@scenario(19)
async def push_wakes(stage):
    ana, conversation, wa_id = await registered(stage)
    await stage.colleague("ana", "claim", conversation)
    await stage.customer("¿siguen ahí?", wa_id)
    id_, push = await sent(stage, ana, "message", conversation)
    first = await ana.baton.handle_push(push, WITHIN)
    second = await ana.baton.handle_push(push, WITHIN)
    notification = shown(first)
    expect(first.verdict.is_SHOW(), f"the first is shown: {first.verdict}")
    expect("¿siguen ahí?" in notification.body and notification.opens == conversation,
           f"with what was said: {notification}")
    expect(notification.push == id_, f"{notification.push}")
    expect(second.verdict.is_SUPPRESS(), f"the second is suppressed: {second.verdict}")
    await ana.baton.network(False)
    await ana.baton.foreground()
    timeline = await ana.timeline(conversation)
    await eventually("the store has it", lambda: texts(timeline) == ["antes", "¿siguen ahí?"], 5)
    await timeline.close()
    await ana.baton.background()
    await ana.baton.network(True)
    ben = stage.logins["ben"]["agent_id"]
    await stage.colleague("admin", "assign", conversation, agent_id=ben)
    _, over = await sent(stage, ana, "retract", conversation)
    outcome = await ana.baton.handle_push(over, WITHIN)
    withdrawn = [place.tag for place in outcome.withdraw]
    if outcome.verdict.is_WITHDRAW():
        withdrawn.append(outcome.verdict.place.tag)
    expect(notification.place.tag in withdrawn, f"it is withdrawn: {outcome.verdict} {withdrawn}")
    expect(shown(outcome) is None, f"and nothing else is shown: {shown(outcome)}")


@scenario(20)
async def push_garbage(stage):
    ana, conversation, _ = await registered(stage)
    _, strange = await pushed(stage, ana, "message", content="full", workspace=str(uuid.uuid4()),
                              conversation=conversation, title="Secreto", body="de otros")
    outcome = await in_time(ana.baton.handle_push(strange, WITHIN))
    said = " ".join(filter(None, (getattr(shown(outcome), name, "") for name
                                  in ("title", "body", "public_text"))))
    expect("Secreto" not in said and "de otros" not in said, f"nothing of it is shown: {said}")
    expect(getattr(shown(outcome), "opens", None) is None, "and nothing is opened by it")
    for garbage in (PushMessage.FCM({"any": "thing"}), PushMessage.APNS("{not json"),
                    PushMessage.WEB_PUSH(b"\x00\xff" * 100)):
        outcome = await in_time(ana.baton.handle_push(garbage, WITHIN))
        expect(outcome.verdict.is_FALLBACK(), f"a fallback: {outcome.verdict}")
        expect(shown(outcome).title or shown(outcome).body, "with a text")


async def in_time(call):
    begun = time.monotonic()
    outcome = await call
    took = time.monotonic() - begun
    expect(took <= WITHIN, f"within the deadline: {took:.1f} s")
    return outcome


@scenario(21)
async def extension(stage):
    ana, conversation, wa_id = await registered(stage)
    await stage.customer("urgente", wa_id)
    _, push = await pushed(stage, ana, "message", conversation=conversation,
                           title="Una clienta", body="urgente")
    config = Baton.config(ana.url, ana.directory)
    taken = take_push(config, ana.keys, push)
    expect("urgente" in taken.notification.body, f"a notification: {taken.notification}")
    expect(taken.is_kept, "the app will find it")
    expect(taken.receipt is not None and taken.receipt.url.startswith(ana.url), f"{taken.receipt}")
    again = take_push(config, ana.keys, push)
    expect(again.notification.place == taken.notification.place, "a copy shows in the same place")
    await ana.baton.foreground()
    await ana.live()
    await ana.row(conversation, lambda row: row.preview == "urgente")
    outcome = await ana.baton.handle_push(push, WITHIN)
    expect(outcome.verdict.is_SUPPRESS(), f"nothing twice: {outcome.verdict}")
    alerts = [one for event in ana.heard(lambda event: event.is_NOTIFICATIONS())
              for one in event.update if one.alerts]
    expect(not alerts, f"nothing makes itself heard again: {alerts}")


@scenario(35)
async def answered_from_the_notification(stage):
    ana, conversation, wa_id = await registered(stage)
    await stage.colleague("ana", "claim", conversation)
    token = await told(stage, ana, conversation, wa_id, "¿Queda alguno?")
    for _ in range(2):
        await ana.restart()
        await ana.baton.network(True)
        answer = NotificationAnswer.REPLY("Queda uno")
        outcome = await ana.baton.answer_notification(token, answer, WITHIN * 4)
        expect(outcome == AnswerOutcome.SENT, f"it is sent: {outcome}")
    await stage.reaches(wa_id, ["Queda uno"])
    token = await told(stage, ana, conversation, wa_id, "Lo quiero")
    ben = stage.logins["ben"]["agent_id"]
    await stage.colleague("admin", "assign", conversation, agent_id=ben)
    await stage.colleague("ben", "reply", conversation, text="Apartado")
    await ana.restart()
    await ana.baton.network(True)
    answer = NotificationAnswer.REPLY("Se lo aparto")
    outcome = await ana.baton.answer_notification(token, answer, WITHIN * 4)
    expect(outcome == AnswerOutcome.OPEN_APP, f"the app opens: {outcome}")
    held = [one for one in await ana.baton.outbox() if one.review is not None]
    expect([one.text for one in held] == ["Se lo aparto"], f"it waits for her: {held}")
    await stage.reaches(wa_id, ["Queda uno", "Apartado"])


@scenario(54)
async def offered(stage):
    routed = await stage.world.ask("team", members=["ana"], routing={"hand": "offer"})
    team = routed["team"]
    ana, _, _ = await registered(stage)
    async def answers(token, answer):
        await ana.restart()
        await ana.baton.network(True)
        return await ana.baton.answer_notification(token, answer, WITHIN * 4)
    of, (accept, _) = await is_offered(stage, ana, team)
    for _ in range(2):
        outcome = await answers(accept, NotificationAnswer.ACCEPT())
        expect(outcome == AnswerOutcome.SENT, f"it is hers: {outcome}")
    expect(await stage.server_owner(of) == ana.agent, "she owns it")
    of, (accept, decline) = await is_offered(stage, ana, team)
    outcome = await answers(decline, NotificationAnswer.DECLINE())
    expect(outcome == AnswerOutcome.SENT, f"she said no: {outcome}")
    expect(await stage.server_owner(of) == team, "nobody owns it")
    # The server has it; it leaves the outbox once the log shows it.
    await ana.baton.foreground()
    async def is_empty():
        return await ana.baton.outbox() == []
    await eventually("nothing is left to do", is_empty)
    outcome = await answers(accept, NotificationAnswer.ACCEPT())
    expect(outcome == AnswerOutcome.OPEN_APP, f"the app opens: {outcome}")
    await offered_to_a_locked_phone(stage, ana, team)


async def offered_to_a_locked_phone(stage, ana, team):
    """While the phone is locked nobody answers an offer with it; once the server heard of it, she
    does."""
    of, (accept, decline) = await is_offered(stage, ana, team)
    await ana.restart(lock_after_s=1)
    async def is_locked():
        return (await ana.baton.standing()).is_LOCKED()
    await eventually("it is locked", is_locked)
    for token, answer in ((accept, NotificationAnswer.ACCEPT()),
                          (decline, NotificationAnswer.DECLINE())):
        try:
            outcome = await ana.baton.answer_notification(token, answer, WITHIN)
        except CoreError.Locked:
            continue
        expect(False, f"a locked phone answers: {outcome}")
    expect(await stage.server_owner(of) == team, "nobody answered")
    await ana.go_live()
    outcome = await ana.baton.answer_notification(accept, NotificationAnswer.ACCEPT(), WITHIN * 4)
    expect(outcome == AnswerOutcome.SENT, f"it is hers: {outcome}")
    expect(await stage.server_owner(of) == ana.agent, "she owns it")


async def is_offered(stage, phone, team):
    """What a customer wrote comes to the team, and a push offers it: the conversation, and the
    tokens of both buttons."""
    conversation, _ = await stage.customer("hola")
    await stage.colleague("admin", "transfer", conversation, to={"kind": "queue", "id": team})
    _, push = await sent(stage, phone, "offer", conversation)
    notification = shown(await phone.baton.handle_push(push, WITHIN))
    actions = notification.actions
    expect([one.is_ACCEPT() for one in actions] == [True, False] and actions[1].is_DECLINE(),
           f"both buttons: {notification}")
    expect(notification.expires_at_ms == actions[0].until_ms, f"it has an end: {notification}")
    return conversation, [one.token for one in actions]


async def told(stage, phone, conversation, wa_id, text):
    """A customer writes and a push says so: the token of the notification's answer."""
    await stage.customer(text, wa_id)
    _, push = await sent(stage, phone, "message", conversation)
    notification = shown(await phone.baton.handle_push(push, WITHIN))
    reply = next((one for one in notification.actions if one.is_REPLY()), None)
    expect(reply is not None and reply.token, f"it can be answered: {notification}")
    return reply.token


@scenario(36)
async def pushes_are_a_kept_wish(stage):
    ana = await stage.phone("ana", sign_in=False)
    wanted = PushTarget(road=PushRoad.FCM_TOKEN, target=target(ana), app_id="example.baton",
                        locale="es")
    nothing = PushState.OFF(PushOffReason.NOT_REGISTERED())
    expect(await ana.baton.push_state() == nothing, "nobody asked for pushes")
    await ana.baton.register_push(wanted)
    expect((await ana.baton.push_state()).is_WAITING(), "the wish waits")
    await ana.restart()
    expect((await ana.baton.push_state()).is_WAITING(), "the wish is kept")
    await ana.baton.network(True)
    await ana.baton.foreground()
    await ana.sign_in()
    await has_pushes(ana)
    await eventually("the app is told", lambda: ana.heard(
        lambda event: event.is_PUSH() and event.state.is_ON()))
    who = await ana.baton.signed_in()
    path = f"/devices/{who.device}/push"
    registered = await stage.world.ask("rest", who="ana", method="GET", path=path)
    expect(registered["lane"] == "fcm", f"the server has it: {registered}")
    await ana.baton.push_off(PushOffReason.PERMISSION())
    off = PushState.OFF(PushOffReason.PERMISSION())
    expect(await ana.baton.push_state() == off, "the app's reason is told")
    await ana.baton.register_push(wanted)
    await has_pushes(ana)
    await ana.baton.unregister_push()
    expect(await ana.baton.push_state() == nothing, "it is over")

    async def is_gone():
        try:
            await stage.world.ask("rest", who="ana", method="GET", path=path)
        except Exception:
            return True
        return False
    await eventually("the server has none", is_gone)


@scenario(39)
async def pushes_of_the_fixtures(stage):
    phone = await stage.phone("ana", sign_in=False)
    config, seen = Baton.config(phone.url, phone.directory), set()
    for lane in ("fcm", "apns", "webpush", "relay"):
        for one in json.loads((FIXTURES / f"push.{lane}.json").read_text()):
            road, reads = one["handed"]["road"], one["reads"]
            shown = take_push(config, phone.keys, handed(one["handed"])).notification
            words = " ".join((shown.title, shown.body))
            expect("Lucía" not in words and "azul" not in words, f"it tells nobody: {words}")
            kind = {"retract": "settled"}.get(reads["kind"], reads["kind"])
            expected = "activity" if road == "web_push" else kind
            expect(shown.loc_key == f"push.{expected}", f"{lane}, {reads['kind']}: {shown}")
            if road != "web_push":
                expect(shown.push == reads["id"], f"which push it is: {shown}")
                expect(shown.place.conversation == reads["conversation"], f"where: {shown}")
            seen.add((lane, reads["kind"]))
    expect(len(seen) > 20, f"all kinds on all roads: {seen}")


def handed(one):
    """What the platform hands over, as its part of an app gives it to the core."""
    road, data = one["road"], one["data"]
    if road == "fcm":
        return PushMessage.FCM(data)
    if road == "apns":
        return PushMessage.APNS(json.dumps(data))
    return PushMessage.WEB_PUSH(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)))
