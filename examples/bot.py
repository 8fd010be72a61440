#!/usr/bin/env python3
"""A bot for Baton: takes what waits in its team's queue, says the opening hours, asks for an order
number, and hands over to people. It has an API key and needs the standard library alone.

  BATON=https://baton.example BATON_KEY=bk_... python3 examples/bot.py

An admin makes the agent, puts it into a team, makes an API key for it under Settings, API keys, and
names it as a bot under Settings, Bots. That it dies, hangs or talks nonsense is Baton's to mend: a
conversation goes back to people by the words, the messages, the silence and the minutes that are
set there.
"""

import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
import uuid

ORDER = re.compile(r"\b\d{5,10}\b")
ASK = "Thanks! Please send me your order number, or write “human” to talk to one of us."
HOURS = "We are here from 9 to 18, Monday to Friday. "
FOUND = "Order {}: I pass it on to a colleague, who answers you here."


class Baton:
    """Requests to a server."""

    def __init__(self, address: str, key: str):
        self.address, self.key = address.rstrip("/") + "/api/v1", key

    def ask(self, path: str, body=None):
        """What the server answers, read as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def does(self, conversation: str, **command) -> bool:
        """Gives a command; False where it was refused, for instance as a person was faster."""
        op_id = uuid7()
        command = {"op_id": op_id, "conversation_id": conversation, **command}
        result = self.ask("/commands", [command])["results"][0]
        return "accepted" in result


def uuid7() -> str:
    """An id that says when it was made, as Baton wants it of commands."""
    ms = int(time.time() * 1000)
    random = uuid.uuid4().int & ((1 << 74) - 1)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return str(uuid.UUID(int=(ms << 80) | (7 << 76) | (high << 64) | (2 << 62) | low))


def answer(text: str) -> tuple[str, bool]:
    """What it says to a text, and whether a person goes on."""
    order = ORDER.search(text)
    if order:
        return FOUND.format(order.group()), True
    wants_hours = re.search(r"\b(open|hours|when|horario|abr)", text, re.IGNORECASE)
    return (HOURS if wants_hours else "") + ASK, False


def look(baton: Baton, me: str) -> None:
    """Answers each customer who waits for it, or whom nobody has."""
    for row in baton.ask("/conversations?status=open")["conversations"]:
        view = row.get("view")
        if view is None or view["thread"].get("turn") is None:
            continue
        head, last = view["head"], view["thread"]["last_line"]
        owner = head["owner"]
        is_mine = owner == {"kind": "agent", "id": me}
        preview = view.get("preview") or {}
        said = (preview.get("author") or {}).get("kind") == "customer"
        if not said or not (is_mine or owner["kind"] == "queue"):
            continue
        text, is_over = answer((preview.get("content") or {}).get("text") or "")
        seen = {"seq": last["seq"], "id": last["id"]}
        if baton.does(head["id"], type="reply", text=text, seen=seen) and is_over:
            baton.does(head["id"], type="unassign", expect_owner_epoch=epoch(baton, head["id"]))


def epoch(baton: Baton, conversation: str) -> int:
    """Which change of owner was the last."""
    return baton.ask(f"/conversations/{conversation}")["view"]["head"]["owner_epoch"]


def main() -> None:
    """Looks each second, for ever."""
    baton = Baton(os.environ["BATON"], os.environ["BATON_KEY"])
    me = baton.ask("/me")["agent"]["id"]
    print(f"the bot works as {me}", flush=True)
    while True:
        try:
            look(baton, me)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                sys.exit(f"the key is not good (any more): {error}")
            print(f"trying again: {error}", file=sys.stderr, flush=True)
        except OSError as error:
            print(f"trying again: {error}", file=sys.stderr, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
