#!/usr/bin/env python3
"""The world of the suites: a real server with a seeded team, a simulated WhatsApp, and ways to the
server that can be cut. Suites of every language steer it over HTTP, so that each scenario is the
same in all of them.

    world.py --baton target/debug/baton -- COMMAND…

starts everything on this machine alone, runs COMMAND with BATON_WORLD set to its address, and ends
with COMMAND's exit code. Every request is a POST with a JSON object, answered by one:

    /facts     {}                                   server, simulator, workspace, logins by name
    /way       {}                                   {"way", "url"}: a way to the server of its own
    /cut       {"way", "mode"}                      pass | slow | refuse | stall | fails | page |
                                               mute; refuse
                                                    and stall also break what is open
    /bytes     {"way"}                              {"up", "down"}: bytes that went over it so far
    /customer  {"wa_id", "name", "text"}            a customer writes; answered once the server has
                                                    it: {"conversation", "seq", "id"}
    /colleague {"who", "conversation", "type", …}   a colleague acts; `seen` and
                                                    `expect_owner_epoch` are filled in as they are
                                                    now; the command's result
    /reached   {"wa_id"}                            texts that reached the customer's phone, in order
    /files     {"wa_id"}                            files that reached the customer's phone, in
                                                    order: {"kind", "filename", "caption",
                                                    "bytes", "is_whole"}; whole is a file whose
                                                    byte n is (7 n + n / 251) modulo 256
    /revoke    {"device"}                           an admin revokes a device
    /push      {"who", "device", "target", "auth", "content", "push": {"kind", "conversation", …}}
                                                    what Firebase would hand to the app, {"id",
                                                    "data"}; see the simulator's /control/push
    /pushed    {"target", "kind", "conversation"}   the server's own push, once it came: {"id",
                                                    "data"}; each is told once
    /receipts  {"who", "device"}                    how far pushes came, as the server knows it
    /team      {"members", "routing"}               {"team"}: a new team that is routed so
    /simulator {"method", "path", "body"}           anything else of the simulator's control
    /rest      {"who", "method", "path", "body"}    anything else of the server's REST
"""

import argparse
import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLINE = 20.0
# Bytes a second of a way that is slow, from the phone to the server.
SLOW = 500_000


# What stands between a phone and its server may answer in the server's place.
STRANGE = {
    "fails": (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 20\r\n"
              b"Connection: close\r\n\r\n<h1>It is away.</h1>"),
    "page": (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
             b"Connection: close\r\n\r\n<h1>Welcome to a net.</h1>"),
    "mute": b"",
}


class Way:
    """A way to the server: a loopback port that passes bytes on, or does not."""

    def __init__(self, target):
        self.target, self.mode, self.pairs = target, "pass", set()
        self.bytes = {"up": 0, "down": 0}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            if self.mode == "refuse":
                self.reset(near)
                continue
            work = self.answers if self.mode in STRANGE else self.carry
            threading.Thread(target=work, args=(near,), daemon=True).start()

    def answers(self, near):
        try:
            near.settimeout(DEADLINE)
            near.recv(65536)
            near.sendall(STRANGE.get(self.mode, b""))
        except OSError:
            pass
        near.close()

    @staticmethod
    def reset(near):
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        near.close()

    def carry(self, near):
        far = socket.create_connection(self.target)
        pair = (near, far)
        with self.lock:
            self.pairs.add(pair)
        back = threading.Thread(target=self.copy, args=(far, near, "down"), daemon=True)
        back.start()
        self.copy(near, far, "up")
        back.join()
        with self.lock:
            self.pairs.discard(pair)
        for end in pair:
            end.close()

    def copy(self, source, sink, where):
        try:
            while data := source.recv(65536):
                while self.mode == "stall":
                    time.sleep(0.01)
                if (self.mode, where) in (("slow", "up"), ("slow_down", "down")):
                    time.sleep(len(data) / SLOW)
                sink.sendall(data)
                with self.lock:
                    self.bytes[where] += len(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def set(self, mode):
        if mode not in ("pass", "slow", "slow_down", "refuse", "stall", *STRANGE):
            raise ValueError("mode is pass, slow, slow_down, refuse, stall, fails, page or mute")
        self.mode = mode
        if mode in ("pass", "slow", "slow_down"):
            return
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Asked(Exception):
    """The server, or the simulator, said no."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


def ask(method, url, body=None, token=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Asked(error.code, error.read().decode(errors="replace")) from None
    return json.loads(text) if text else {}


def op_id():
    """A UUID of version 7."""
    ms = int(time.time() * 1000)
    number = (ms << 80) | (7 << 76) | (secrets.randbits(12) << 64)
    number |= (2 << 62) | secrets.randbits(62)
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


SEEING = {"reply", "transfer", "resolve", "mark_waiting", "snooze", "resend", "forward"}
OWNING = {"claim", "assign", "unassign", "transfer"}


class World:
    def __init__(self, facts):
        self.told_pushes = set()
        self.facts, self.tokens, self.ways = facts, {}, []
        self.lock = threading.Lock()
        host, port = facts["server_url"].removeprefix("http://").split(":")
        self.target = (host, int(port))

    def login(self, who):
        for login in self.facts["logins"]:
            if login["name"].lower() == who.lower():
                return login
        raise ValueError(f"nobody is called {who}")

    def token(self, who, ended=None):
        with self.lock:
            if self.tokens.get(who) in (None, ended):
                login = self.login(who)
                body = {key: login[key] for key in ("workspace", "email", "password")}
                url = self.facts["server_url"] + "/api/v1/sessions"
                self.tokens[who] = ask("POST", url, body)["access_token"]
            return self.tokens[who]

    def rest(self, who, method, path, body=None):
        url, token = self.facts["server_url"] + "/api/v1" + path, self.token(who)
        try:
            return ask(method, url, body, token)
        except Asked as refused:
            if refused.status != 401:
                raise
        # A token lasts for a quarter of an hour, and a run on a busy machine longer.
        return ask(method, url, body, self.token(who, ended=token))

    def simulator(self, method, path, body=None):
        return ask(method, self.facts["simulator_url"] + path, body)

    def find(self, wa_id, conversation=None):
        """Among the newest of the inbox, unless it is said which conversation is theirs."""
        if conversation:
            snapshot = self.rest("admin", "GET", "/conversations/" + conversation)
            return snapshot.get("view") or snapshot
        page = self.rest("admin", "GET", "/conversations?limit=200")
        for row in page["conversations"]:
            view = row.get("view") or {}
            if view.get("contact", {}).get("phone") == wa_id:
                return view
        return None

    def do_facts(self, _):
        logins = {login["name"].lower(): login for login in self.facts["logins"]}
        return {
            "server": self.facts["server_url"],
            "simulator": self.facts["simulator_url"],
            "workspace": self.facts["logins"][0]["workspace"],
            "logins": logins,
        }

    def do_way(self, _):
        self.ways.append(Way(self.target))
        return {"way": len(self.ways) - 1, "url": self.ways[-1].url}

    def do_cut(self, asked):
        self.ways[asked["way"]].set(asked["mode"])
        return {}

    def do_bytes(self, asked):
        way = self.ways[asked["way"]]
        with way.lock:
            return dict(way.bytes)

    def do_customer(self, asked):
        person = {"wa_id": asked["wa_id"], "name": asked.get("name", "")}
        known = asked.get("conversation")
        before = self.find(asked["wa_id"], known)
        at = before["head"]["last_seq"] if before else 0
        said = {"type": "text", "text": {"body": asked["text"]}}
        if asked.get("ago_s"):
            said["timestamp"] = str(int(time.time()) - asked["ago_s"])
        self.simulator("POST", "/control/messages", {"from": person, "message": said})
        until = time.time() + DEADLINE
        while time.time() < until:
            view = self.find(asked["wa_id"], known)
            if view and view["head"]["last_seq"] > at:
                line = view["thread"]["last_line"]
                return {"conversation": view["head"]["id"], "seq": line["seq"], "id": line["id"]}
            time.sleep(0.02)
        raise TimeoutError("the customer's message did not arrive")

    def do_history(self, asked):
        """The phone app shares what a customer said before, a day between two texts."""
        days = range(len(asked["texts"]), 0, -1)
        said = [{"from": asked["wa_id"], "id": f"wamid.{op_id()}", "type": "text",
                 "timestamp": str(int(time.time()) - 86_400 * ago), "text": {"body": text},
                 "history_context": {"status": "READ"}}
                for ago, text in zip(days, asked["texts"])]
        self.simulator("POST", "/control/events", {
            "kind": "history", "phase": 0, "chunk_order": 1, "progress": 100,
            "threads": [{"id": asked["wa_id"], "messages": said}],
        })
        return {}

    def do_colleague(self, asked):
        command = {key: value for key, value in asked.items() if key not in ("who", "conversation")}
        command.setdefault("op_id", op_id())
        command["conversation_id"] = asked["conversation"]
        snapshot = self.rest(asked["who"], "GET", "/conversations/" + asked["conversation"])
        view = snapshot.get("view") or snapshot
        if command["type"] in SEEING:
            command.setdefault("seen", view.get("thread", {}).get("last_line"))
        if command["type"] in OWNING:
            command.setdefault("expect_owner_epoch", view["head"]["owner_epoch"])
        answer = self.rest(asked["who"], "POST", "/commands", [command])
        return answer["results"][0]

    def do_source(self, asked):
        """A shop of the team's own, as a source of context: the server asks it."""
        phone = asked["contact"]["phone"]
        return {"title": "Shop", "rows": [{"label": "Number", "value": phone}]}

    def do_reached(self, asked):
        reached = self.simulator("GET", "/control/reached")
        mine = [one for one in reached if asked["wa_id"] in json.dumps(one)]
        return {"reached": mine}

    def do_files(self, asked):
        known = {one["id"]: one for one in self.simulator("GET", "/control/media")}
        reached = [one for one in self.do_reached(asked)["reached"] if "id" in one["body"]]
        def told(one):
            body, file = one["body"], known[one["body"]["id"]]
            content = bytes((at * 7 + at // 251) % 256 for at in range(file["bytes"]))
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            return {"kind": one["type"], "filename": body.get("filename"),
                    "caption": body.get("caption"), "bytes": file["bytes"],
                    "is_whole": file["sha256"] == digest}
        return {"files": [told(one) for one in reached]}

    def do_revoke(self, asked):
        self.rest("admin", "DELETE", f"/sessions/{asked['device']}")
        return {}

    def do_push(self, asked):
        """`target` is what the app registered; `auth` are bytes 32 to 48 of what it keeps under
        `baton.push`, base64url: what only the device and the server know."""
        who, device = asked["who"], asked["device"]
        me = self.rest(who, "GET", "/me")
        to = {"lane": "fcm", "target": asked["target"]}
        if asked.get("auth"):
            key = self.rest(who, "GET", f"/devices/{device}/push")["key"]
            to["key"] = {**key, "auth": asked["auth"]}
        push = {
            "workspace": me["workspace_id"],
            "agent": me["agent"]["id"],
            "expires_at_ms": int((time.time() + 60) * 1000),
            "cursor": self.rest("admin", "GET", "/snapshot?limit=1")["cursor"],
            **asked["push"],
        }
        order = {"to": to, "push": push, "content": asked.get("content", "e2e")}
        sent = self.simulator("POST", "/control/push", order)
        return {"id": sent["id"], "data": sent["input"]["data"]}

    def do_pushed(self, asked):
        """What the server itself sent: it waits a while for an app that is open."""
        path = "/control/push/inbox/" + urllib.parse.quote(asked["target"], safe="")
        since, deadline = 0, time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            for one in self.simulator("GET", f"{path}?since={since}&wait_ms=500"):
                since = max(since, one["n"] + 1)
                data = (one["input"] or {}).get("data", {})
                is_meant = (data.get("k"), data.get("c")) == (asked["kind"], asked["conversation"])
                if is_meant and data["id"] not in self.told_pushes:
                    self.told_pushes.add(data["id"])
                    return {"id": data["id"], "data": data}
        raise TimeoutError("the server sent no such push")

    def do_receipts(self, asked):
        return self.rest(asked["who"], "GET", f"/devices/{asked['device']}/push")

    def do_team(self, asked):
        """A team of its own: what waits at others is not offered to its members first."""
        team = self.rest("admin", "POST", "/teams", {"name": f"Team {op_id()}"})["id"]
        for who in asked["members"]:
            path = f"/teams/{team}/members/{self.login(who)['agent_id']}"
            self.rest("admin", "PUT", path, {"kind": "member"})
        put = {"home": {"kind": "team", "id": team}, "body": asked["routing"]}
        self.rest("admin", "POST", "/settings", [{"kind": "routing", "id": team, "put": put}])
        return {"team": team}

    def do_simulator(self, asked):
        answer = self.simulator(asked["method"], asked["path"], asked.get("body"))
        return answer if isinstance(answer, dict) else {"answer": answer}

    def do_rest(self, asked):
        answer = self.rest(asked["who"], asked["method"], asked["path"], asked.get("body"))
        return answer if isinstance(answer, dict) else {"answer": answer}


def handler(world):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("content-length") or 0)
            asked = json.loads(self.rfile.read(length) or b"{}")
            act = getattr(world, "do_" + self.path.strip("/"), None)
            try:
                if act is None:
                    raise ValueError(f"there is no {self.path}")
                status, answer = 200, act(asked)
            except Asked as error:
                status, answer = 502, {"error": str(error), "status": error.status}
            except Exception as error:  # told to the suite, which fails by it
                status, answer = 500, {"error": repr(error)}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many customers write at once; the default is five.
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--baton", default="target/debug/baton")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    command = [part for part in args.command if part != "--"]
    log = open(os.environ.get("BATON_WORLD_LOG", os.devnull), "wb")
    server = subprocess.Popen(
        [args.baton, "demo", "--json", "--bind", "127.0.0.1:0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
    )
    try:
        line = server.stdout.readline()
        if not line:
            sys.exit("the server did not start; set BATON_WORLD_LOG to a file to see why")
        world = World(json.loads(line))
        http = Server(("127.0.0.1", 0), handler(world))
        threading.Thread(target=http.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{http.server_address[1]}"
        print(f"world at {address}", flush=True)
        environment = {**os.environ, "BATON_WORLD": address}
        code = subprocess.call(command, env=environment) if command else server.wait()
        if server.poll() is not None:
            sys.exit(f"the server ended with {server.returncode} while the suite ran")
        sys.exit(code)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    main()
