#!/usr/bin/env python3
"""Makes the databases of one schema that tests/it/upgrades.rs opens with later programs.

  tests/upgrades/make.py BATON DIRECTORY      called by scripts/upgrade-fixture.sh

BATON is the program of that schema; earlier ones do as well: what they do not know yet is left
out. A team works for a moment on SQLite, and on PostgreSQL where BATON_TEST_POSTGRES names one.
Then the server ends, and DIRECTORY/<schema>/ has the database as SQL, and what the team had:
key, anchors, tokens of its phones, cursors, and what stands in which conversation.
"""
import base64
import gzip
import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

APP, SECRET, PASSWORD = "900100200300400", "upgrade-app-secret", "upgrade-2026-table"
NUMBER, WABA = "700100000000000", "102290129340398"


def ask(url, body=None, headers=None, method=None, timeout=20):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def until(what, is_so, seconds=60):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        found = is_so()
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"it did not come to pass: {what}")


class Meta:
    """Takes messages and gives ids. A text that asks for silence gets none."""

    def __init__(self):
        self.sent = sent = []

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                told = json.loads(body) if body.startswith(b"{") else {}
                if told.get("text", {}).get("body") == "No answer comes to this":
                    self.connection.close()
                    return
                answer = {"success": True}
                if told.get("type"):
                    wamid = f"wamid.OUT{len(sent)}"
                    sent.append((wamid, told))
                    answer = {"messaging_product": "whatsapp", "messages": [{"id": wamid}],
                              "contacts": [{"input": told.get("to", ""), "wa_id": told.get("to", "")}]}
                self.reply(200, answer)

            def do_GET(self):
                self.reply(200 if "message_templates" in self.path else 404, {"data": []})

            def reply(self, status, value):
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


class Team:
    """A server with its people, customers and phones."""

    def __init__(self, baton, url):
        self.baton, self.url, self.meta = baton, None, Meta()
        self.root = tempfile.mkdtemp(prefix="baton-upgrade.")
        self.data = os.path.join(self.root, "data")
        os.mkdir(self.data, 0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        self.environment = kept | {"BATON_WHATSAPP__GRAPH_URL": self.meta.url}
        if url:
            self.environment["BATON_STORE__DATABASE"] = url
        self.asked, self.heard = 0, {}

    def run(self, *arguments, secret=""):
        command = [self.baton, "--data", self.data, "--bind", "127.0.0.1:0", *arguments]
        done = subprocess.run(command, input=secret.encode(), env=self.environment,
                              capture_output=True)
        if done.returncode:
            sys.exit(f"{arguments}: {done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout.decode()

    def serve(self):
        command = [self.baton, "--data", self.data, "--bind", "127.0.0.1:0", "serve"]
        self.log = open(os.path.join(self.root, "log"), "w+")
        self.process = subprocess.Popen(command, env=self.environment, stdout=self.log,
                                        stderr=subprocess.STDOUT)

        def ready():
            if self.process.poll() is not None:
                sys.exit("the server did not start: " + open(self.log.name).read())
            return re.search(r"ready at (http://127\.0\.0\.1:\d+)", open(self.log.name).read())
        self.url = until("the server is ready", ready).group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)

    def call(self, path, body=None, token=None, method=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = None if body is None else json.dumps(body).encode()
        return ask(f"{self.url}/api/v1{path}", body, headers, method)

    def made(self, path, body=None, token=None, method=None):
        status, text = self.call(path, body, token, method)
        if status not in (200, 201, 204):
            sys.exit(f"{path} answered {status}: {text}")
        return json.loads(text or "null")

    def hears(self, who, name, kind, content, **more):
        self.asked += 1
        wamid = f"wamid.IN{self.asked}"
        message = {"from": who, "id": wamid, "timestamp": str(int(time.time())), "type": kind,
                   kind: content, **more}
        value = {"messages": [message], "contacts": [{"wa_id": who, "profile": {"name": name}}]}
        self.hook(value)
        return wamid

    def status(self, wamid, kind):
        one = {"id": wamid, "status": kind, "timestamp": str(int(time.time())),
               "recipient_id": "4915000000001"}
        self.hook({"statuses": [one]})

    def hook(self, value, field="messages"):
        value = {"messaging_product": "whatsapp", **value, "metadata": {
            "display_phone_number": "491510000001", "phone_number_id": NUMBER}}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [
            {"id": WABA, "changes": [{"field": field, "value": value}]}]}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        status, text = ask(f"{self.url}/webhooks/whatsapp/{APP}", body, headers)
        if status != 200:
            sys.exit(f"a webhook was answered with {status}: {text}")

    def does(self, token, conversation, kind, **fields):
        """A command; False where this version does not know it."""
        now, chance = int(time.time() * 1000), uuid.uuid4().int
        bits = now << 80 | 7 << 76 | (chance >> 68 & 0xFFF) << 64 | 2 << 62 | chance & (1 << 62) - 1
        command = {"op_id": str(uuid.UUID(int=bits)), "conversation_id": conversation,
                   "type": kind, **fields}
        status, text = self.call("/commands", [command], token)
        told = json.loads(text)
        taken = status == 200 and "refused" not in told["results"][0]
        if not taken:
            print(f"  {kind}: {status} {text[:200]}", file=sys.stderr)
        return told["results"][0] if taken else None

    def rows(self, token):
        found = self.made("/conversations?limit=50", token=token)["conversations"]
        return [(row.get("head") or row["view"]["head"]) for row in found]

    def epoch(self, token, conversation):
        """How often the owner changed, as commands name it."""
        row = [row for row in self.rows(token) if row["id"] == conversation][0]
        return row["owner_epoch"]

    def claims(self, token, conversation):
        self.does(token, conversation, "claim", expect_owner_epoch=self.epoch(token, conversation))

    def lines(self, token, conversation):
        return self.made(f"/conversations/{conversation}/messages", token=token)["lines"]

    def seen(self, token, conversation):
        last = [line for line in self.lines(token, conversation)][-1]
        return {"seq": last["seq"], "id": last["id"]}


def phone(team, email, name):
    login = {"workspace": "acme", "email": email, "password": PASSWORD, "device_name": name}
    return team.made("/sessions", login)


def play(team):
    """What happens before the upgrade; gives what is known of it."""
    team.run("admin", "meta-app", "add", "--id", APP, "--app-secret-file", "-", secret=SECRET)
    team.run("admin", "workspace", "add", "--slug", "acme", "--name", "Acme", "--team", "Desk",
             "--admin-email", "admin@acme.example", "--password-file", "-", secret=PASSWORD)
    team.run("admin", "meta-app", "grant", "--id", APP, "--workspace", "acme")
    team.serve()
    admin = phone(team, "admin@acme.example", "Desk")
    token = admin["access_token"]
    desk = team.made("/teams", token=token)[0]["id"]
    channel = {"name": "Support", "meta_app": APP, "phone_number_id": NUMBER, "access_token": "token",
               "display_number": "+49 151 0000001", "default_team": desk}
    status, text = team.call("/channels", {**channel, "check": False}, token)
    if status >= 400:
        team.made("/channels", channel, token)
    people = {"admin@acme.example": admin}
    for first in ("Ana", "Ben"):
        email = f"{first.lower()}@acme.example"
        agent = team.made("/agents", {"email": email, "name": first, "role": "agent",
                                      "password": PASSWORD}, token)
        team.made(f"/teams/{desk}/members/{agent['id']}", {"kind": "member"}, token, "PUT")
        people[email] = phone(team, email, f"{first}'s phone")
    ana, ben = people["ana@acme.example"], people["ben@acme.example"]
    refreshed = team.made("/sessions/refresh", {"refresh_token": ben["refresh_token"],
                                                "device_id": ben["device_id"]})
    ben["earlier"] = ben["refresh_token"]
    ben.update(refreshed)
    registration = {"lane": "webpush", "target_kind": "webpush_endpoint",
                    "target": "https://push.example/1"}
    team.call(f"/devices/{ana['device_id']}/push", registration, ana["access_token"], "PUT")

    customers = [("4915000000001", "Lucía Ñandú"), ("4915000000002", "Mateo 🎉"),
                 ("4915000000003", "Sheena"), ("5511987654321", "João")]
    for who, name in customers:
        team.hears(who, name, "text", {"body": f"Hello, this is {name}"})
    token = ana["access_token"]
    of = {}
    for row in until("the conversations", lambda: (r := team.rows(token)) and len(r) == 4 and r):
        said = team.lines(token, row["id"])[0]["content"]["text"]
        of[[who for who, name in customers if said.endswith(name)][0]] = row["id"]
    one, two, three, four = (of[who] for who, _ in customers)
    cursors = {"early": team.made("/snapshot", token=token)["cursor"]}
    team.claims(token, one)
    team.does(token, one, "reply", text="Good morning, Lucía", seen=team.seen(token, one))
    wamid = until("the reply is sent", lambda: team.meta.sent and team.meta.sent[-1][0])
    for kind in ("sent", "delivered", "read"):
        team.status(wamid, kind)
    team.does(token, one, "note", text="She pays by invoice")
    team.hears("4915000000001", "Lucía Ñandú", "image",
               {"id": "111", "mime_type": "image/jpeg", "sha256": "AA==", "caption": "My bike"})
    team.hears("4915000000001", "Lucía Ñandú", "reaction", {"message_id": wamid, "emoji": "👍"})
    team.hears("4915000000001", "Lucía Ñandú", "hologram", {"depth": 3})
    team.claims(token, two)
    team.does(token, two, "transfer", to={"kind": "agent", "id": ben["agent_id"]},
              note="He asks for you", expect_owner_epoch=team.epoch(token, two),
              seen=team.seen(token, two))
    team.does(ben["access_token"], two, "reply", text="No answer comes to this",
              seen=team.seen(token, two))
    team.does(token, two, "follow")
    team.claims(token, three)
    team.does(token, three, "resolve", seen=team.seen(token, three))
    team.hears("4915000000003", "Sheena", "location", {"latitude": 1.5, "longitude": 2.5})
    team.claims(token, four)
    until_then = time.strftime("%Y-%m-%dT00:00:00.000Z", time.gmtime(time.time() + 30 * 86_400))
    team.does(token, four, "snooze", until=until_then, seen=team.seen(token, four))
    team.does(token, four, "mark_read", seq=1)
    poll = {"type": "list", "button": "Times", "sections": [
        {"title": "Today", "rows": [{"id": "t16", "title": "16:00"}]}]}
    team.does(ben["access_token"], one, "note", text="Second note", mentions=[ana["agent_id"]])
    team.does(token, one, "send", text="When?", details=poll, seen=team.seen(token, one))
    # What is on its way settles: one is unconfirmed, the others have left.
    until("no answer came", lambda: any(
        line.get("status") in ("unconfirmed", "failed") for line in team.lines(token, two)))
    time.sleep(1.5)
    cursors["late"] = team.made("/snapshot", token=token)["cursor"]
    team.hears("4915000000002", "Mateo 🎉", "text", {"body": "Are you there?"})
    until("the last line", lambda: team.lines(token, two)[-1]["content"].get("text") == "Are you there?")
    lines = {row: [[line["seq"], line["id"], line["content"].get("text")]
                   for line in team.lines(token, row)] for row in (one, two, three, four)}
    return {"workspace": "acme", "password": PASSWORD, "app": APP, "app_secret": SECRET,
            "number": NUMBER, "customer": "4915000000002", "phones": people, "cursors": cursors,
            "lines": lines, "at_ms": int(time.time() * 1000)}


def dump_sqlite(data):
    db = sqlite3.connect(os.path.join(data, "baton.db"))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return "\n".join(db.iterdump()) + "\n"


def dump_postgres(url):
    done = subprocess.run(["pg_dump", "--inserts", "--no-owner", "--no-privileges", url],
                          check=True, capture_output=True, text=True)
    # What only psql or this version of the server understands.
    kept = [line for line in done.stdout.splitlines()
            if not re.match(r"\\|SET (default_|transaction_|idle_|row_|statement_|lock_|client_|xml)|--|$", line)]
    return "\n".join(kept) + "\n"


def written(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode())
    print(path, os.path.getsize(path))


def make(baton, directory, admin_url):
    kind, name, url = "sqlite", None, None
    if admin_url:
        kind, name = "postgres", f"baton_{uuid.uuid4().hex}"
        subprocess.run(["psql", "-q", admin_url, "-c", f"CREATE DATABASE {name} TEMPLATE template0"],
                       check=True)
        url = admin_url.rsplit("/", 1)[0] + "/" + name
    team = Team(baton, url)
    try:
        story = play(team)
        team.stop()
        team.run("verify-log")
        if url:
            text = dump_postgres(url)
            asked = ["psql", "-qtA", url, "-c", "SELECT MAX(version) FROM schema_version"]
            schema = int(subprocess.run(asked, check=True, capture_output=True).stdout)
        else:
            text = dump_sqlite(team.data)
            schema = sqlite3.connect(os.path.join(team.data, "baton.db")).execute(
                "SELECT MAX(version) FROM schema_version").fetchone()[0]
        with open(os.path.join(team.data, "key"), "rb") as key:
            story["key"] = base64.b64encode(key.read()).decode()
        with open(os.path.join(team.data, "anchors.log")) as anchors:
            story["anchors"] = anchors.read()
        story["schema"] = schema
        place = os.path.join(directory, f"{schema:04}")
        written(os.path.join(place, f"{kind}.sql.gz"), text)
        with open(os.path.join(place, f"{kind}.json"), "w") as file:
            json.dump(story, file, indent=1, ensure_ascii=False, sort_keys=True)
            file.write("\n")
    finally:
        if getattr(team, "process", None) and team.process.poll() is None:
            team.process.kill()
        if name:
            subprocess.run(["psql", "-q", admin_url, "-c", f"DROP DATABASE {name} WITH (FORCE)"],
                           check=False)
        shutil.rmtree(team.root, ignore_errors=True)


def main():
    baton, directory = sys.argv[1:3]
    make(baton, directory, None)
    url = os.environ.get("BATON_TEST_POSTGRES")
    if url:
        make(baton, directory, url)
    else:
        print("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set")


main()
