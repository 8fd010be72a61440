#!/usr/bin/env python3
"""Sources of context for Baton: what a CRM, a help desk, a shop and a calendar know of a customer,
and an assistant that suggests answers and gives labels. Each is a small program to begin from. It
needs the standard library alone.

  BATON_SECRET_FILE=secret.txt python3 examples/context.py shop 8090

An admin makes the source under Settings, Context, with the address of this program. A new secret of
it (whsec_...) goes into the file. Whoever does not sign with it is refused: what is told here is
about people. An answer counts that comes within a second.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Seconds that a request may be old: an older one is somebody's copy.
AGE_MAX = 300
BODY_MAX = 1 << 20


def is_signed(headers, body: bytes, secret: str) -> bool:
    """Whether a request was signed with the secret, as Standard Webhooks has it."""
    key = base64.b64decode(secret.strip().removeprefix("whsec_"))
    ident, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not at.isdigit() or abs(time.time() - int(at)) > AGE_MAX:
        return False
    signed = f"{ident}.{at}.".encode() + body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one, f"v1,{mac}") for one in given)


def row(label: str, value, link: str | None = None) -> dict:
    """A row of the card."""
    return {"label": label, "value": str(value)} | ({"link": link} if link else {})


def crm(contact: dict) -> dict:
    tier = contact["fields"].get("tier", "Standard")
    link = f"https://crm.example/people/{contact['id']}"
    return {"title": "Account", "rows": [row("Tier", tier), row("Owner", "Ana", link)]}


def help_desk(contact: dict) -> dict:
    link = "https://help.example/tickets/311"
    return {"title": "Tickets", "rows": [row("Open", 1), row("Newest", "311, waits", link)]}


def shop(contact: dict) -> dict:
    # Customers with a user name may have no number.
    known = "known" if contact.get("phone") else "no number"
    link = "https://shop.example/orders/4711"
    return {"title": "Orders", "rows": [row("Customer", known), row("Last order", 4711, link)]}


def calendar(contact: dict) -> dict:
    day = datetime.date.today() + datetime.timedelta(days=3)
    at = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return {"title": "Appointments", "rows": [row("Next", f"{day}, 10:30")], "at": at}


# What the assistant answers to these words; a model would stand in their place.
ANSWERS = {"open": "We are open from 9 to 18.", "parcel": "Your parcel is on its way."}


def assistant(contact: dict) -> dict:
    return {"title": "Assistant", "rows": []}


def suggestion(asked: dict) -> dict:
    """An answer to what the customer said last, and the labels whose words it has."""
    said = [line["text"].lower() for line in asked["lines"] if line["by"] == "customer"]
    last = said[-1] if said else ""
    texts = [text for word, text in ANSWERS.items() if word in last]
    labels = [label for label in asked["labels"] if label.lower() in last]
    return {"labels": labels} | ({"text": texts[0]} if texts else {})


SOURCES = {
    "assistant": assistant,
    "calendar": calendar,
    "crm": crm,
    "help_desk": help_desk,
    "shop": shop,
}


def main(name: str, port: int) -> None:
    source, secret_file = SOURCES[name], os.environ["BATON_SECRET_FILE"]

    class Source(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers.get("content-length") or 0)
            if size > BODY_MAX:
                return self.says(413, {})
            body = self.rfile.read(size)
            # Read each time, so that a new secret counts at once.
            with open(secret_file, encoding="ascii") as file:
                if not is_signed(self.headers, body, file.read()):
                    return self.says(401, {})
            asked = json.loads(body)
            if asked.get("task") in ("suggest", "classify"):
                return self.says(200, suggestion(asked))
            self.says(200, source(asked["contact"]))

        def says(self, status: int, answer: dict):
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            """Nothing: an address or an id of a customer would stand in it."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Source)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in SOURCES:
        sys.exit(f"usage: context.py {'|'.join(SOURCES)} [PORT]")
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
