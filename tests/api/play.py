"""Starts a server with a seeded team and a simulated WhatsApp in a temporary folder, and lets
schemathesis ask it. Called by scripts/schemathesis.sh."""

import hashlib
import hmac
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,ignored_auth"
)
PASSWORD = "correct horse battery"
NUMBER = "100200300400500"
NAMES = {"admin": "admin", "supervisor": "sara", "agent": "ana"}
HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
        return json.loads(text) if text[:1] in (b"{", b"[") else None


def wait_for(url):
    for _ in range(300):
        try:
            ask("GET", url)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"{url} does not answer")


class House:
    """The server, its folder and its processes."""

    def __init__(self, programs, folder):
        self.baton, self.folder = f"{programs}/baton", pathlib.Path(folder)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.graph = f"http://127.0.0.1:{free_port()}"
        self.log = open(self.folder / "server.log", "wb")
        self.env = {
            **{name: of for name, of in os.environ.items() if not name.startswith("BATON_")},
            "BATON_WHATSAPP__GRAPH_URL": self.graph,
            "BATON_HTTP__BIND": self.url.removeprefix("http://"),
            "BATON_LIMITS__AGENT_COMMANDS_PER_S": "5000",
            "BATON_LIMITS__AGENT_COMMANDS_BURST": "50000",
            "BATON_LIMITS__WORKSPACE_COMMANDS_PER_S": "50000",
            "BATON_LIMITS__WORKSPACE_COMMANDS_BURST": "50000",
        }
        simulator = [f"{programs}/baton-simulator", "--bind", self.graph.removeprefix("http://")]
        self.processes = [subprocess.Popen(simulator, stdout=self.log, stderr=self.log)]

    def admin(self, secret, *arguments):
        command = [self.baton, "admin", *arguments, "--data", str(self.folder / "data")]
        done = subprocess.run(
            command, input=secret, env=self.env, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            sys.exit(f"baton admin {arguments[0]}: {done.stderr}")

    def furnish(self):
        of = ["--workspace", "acme"]
        self.admin(PASSWORD, "workspace", "add", "--slug", "acme", "--name", "Acme",
                   "--admin-email", "admin@acme.example", "--password-file", "-")
        self.admin("secret", "meta-app", "add", "--id", "app", "--app-secret-file", "-")
        self.admin("token", "channel", "add", "--no-check", *of, "--name", "Support",
                   "--meta-app", "app", "--phone-number-id", NUMBER, "--display-number",
                   "+34 600 000 000", "--team", "Team", "--access-token-file", "-")
        for name, role in (("sara", "supervisor"), ("ana", "agent"), ("target", "agent")):
            self.admin(PASSWORD, "agent", "add", *of, "--email", f"{name}@acme.example",
                       "--name", name.title(), "--role", role, "--team", "Team",
                       "--password-file", "-")

    def serve(self):
        command = [self.baton, "serve", "--data", str(self.folder / "data")]
        served = subprocess.Popen(command, env=self.env, stdout=self.log, stderr=self.log)
        self.processes.append(served)
        wait_for(f"{self.url}/readyz")

    def sign_in(self, name):
        body = {"workspace": "acme", "email": f"{name}@acme.example", "password": PASSWORD}
        end = time.monotonic() + 1_000
        while True:
            try:
                return ask("POST", f"{self.url}/api/v1/sessions", body)
            except urllib.error.HTTPError as error:
                wait = int(error.headers.get("retry-after") or 1)
                if error.code != 429 or time.monotonic() + wait > end:
                    raise
                time.sleep(wait)

    def write(self, customer, text):
        message = {"from": customer, "id": f"wamid.{text}", "timestamp": str(int(time.time())),
                   "type": "text", "text": {"body": text}}
        value = {"messaging_product": "whatsapp",
                 "metadata": {"display_phone_number": "34600000000", "phone_number_id": NUMBER},
                 "contacts": [{"profile": {"name": "Ada"}, "wa_id": customer}],
                 "messages": [message]}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": signature}
        request = urllib.request.Request(f"{self.url}/webhooks/whatsapp/app", body, headers)
        with urllib.request.urlopen(request, timeout=20):
            pass

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(30)


def ids(house, token):
    """What is really there, for addresses and commands."""
    def read(path):
        headers = {"authorization": f"Bearer {token}"}
        return ask("GET", f"{house.url}/api/v1/{path}", headers=headers)
    agents = {one["name"]: one["id"] for one in read("agents")}
    rows = read("snapshot")["conversations"]
    conversations = [one.get("view", one)["head"]["id"] for one in rows]
    lines = read(f"conversations/{conversations[0]}/messages")["lines"]
    return {"agent": agents["Target"], "team": read("teams")[0]["id"],
            "channel": read("channels")[0]["id"], "conversation": conversations[0],
            "message": lines[-1]["id"]}


METHODS = ("get", "put", "post", "delete", "patch")


# After so many tries nobody signs in from this address for a while: these come last.
PACED = ("/api/v1/sessions", "/api/v1/invitations/read", "/api/v1/invitations/accept")


def routes(house):
    described = ask("GET", f"{house.url}/api/v1/openapi.json")
    found = [(method.upper(), path) for path, of in described["paths"].items()
             for method in of if method in METHODS]
    return sorted(found, key=is_paced)


def is_paced(route):
    return route[0] == "POST" and route[1] in PACED


class Play:
    """Asks one route after the other. What held is kept in a file, if there is one, and is not
    asked again by the next run."""

    def __init__(self, house, folder, examples):
        self.house, self.folder, self.examples = house, folder, examples
        self.known = [house.sign_in(name) for name in NAMES.values()]
        self.there = ids(house, self.known[0]["access_token"])
        kept = os.environ.get("BATON_HELD")
        self.kept = pathlib.Path(kept) if kept else pathlib.Path(folder) / "held"
        self.held = set(self.kept.read_text().splitlines()) if self.kept.exists() else set()
        self.failed, self.late = [], False
        minutes = os.environ.get("BATON_MINUTES")
        self.end = time.monotonic() + 60 * int(minutes) if minutes else None

    def role(self, role):
        asked, tokens = [], []
        for method, path in routes(self.house):
            line = f"{self.examples} {role} {method} {path}"
            if line not in self.held:
                if self.end and time.monotonic() > self.end:
                    self.late = True
                    break
                # Afterwards nobody can sign in for a while.
                if is_paced((method, path)) and not tokens:
                    tokens = [self.signed_in(role) for _ in PACED]
                token = tokens.pop() if tokens else self.signed_in(role)
                asked.append(self.route(token, line, method, path))
        print(f"as {role}: {len(asked)} routes, {sum(asked)} requests", flush=True)

    def signed_in(self, role):
        """A token of each route's own: one ends after some minutes."""
        self.known.append(self.house.sign_in(NAMES[role]))
        return self.known[-1]["access_token"]

    def route(self, token, line, method, path):
        spared = [one[of] for one in self.known for of in ("agent_id", "device_id")]
        env = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "BATON_IDS": json.dumps(self.there),
               "BATON_SPARED": json.dumps(spared), "PYTHONPATH": str(HERE)}
        program = str(pathlib.Path(sys.executable).parent / "schemathesis")
        command = [program, "run", f"{self.house.url}/api/v1/openapi.json",
                   "--include-name", f"{method} {path}",
                   "--header", f"Authorization: Bearer {token}", "--checks", CHECKS,
                   "--max-examples", self.examples, "--phases", "examples,coverage,fuzzing",
                   "--request-timeout", "30", "--seed", "17", "--no-color",
                   "--generation-database", "none", "--continue-on-failure"]
        done = subprocess.run(command, env=env, cwd=self.folder, check=False,
                              capture_output=True, text=True)
        me = f"{self.house.url}/api/v1/me"
        ask("GET", me, headers={"authorization": f"Bearer {token}"})
        is_alone = "Selected: 1/" in done.stdout
        if done.returncode or not is_alone:
            self.failed.append(line)
            print(f"== {line}\n{done.stdout}{done.stderr}", flush=True)
        else:
            with self.kept.open("a") as kept:
                kept.write(f"{line}\n")
        cases = re.search(r"(\d+) generated", done.stdout)
        return int(cases[1]) if cases else 0


def main(programs, examples, roles):
    with tempfile.TemporaryDirectory() as folder:
        house = House(programs, folder)
        try:
            wait_for(f"{house.graph}/control")
            house.furnish()
            house.serve()
            for number in range(3):
                house.write(f"3460000010{number}", f"hello-{number}")
            play = Play(house, folder, examples)
            for role in roles.split():
                play.role(role)
            said = (pathlib.Path(folder) / "server.log").read_text(errors="replace")
            errors = [line for line in said.splitlines() if "ERROR" in line or "panicked" in line]
            print("\n".join(errors[:20]))
        finally:
            house.end()
    if play.failed:
        sys.exit("schemathesis: something is wrong with\n" + "\n".join(play.failed))
    if play.late:
        print("schemathesis: time is over; say it again to go on")
        sys.exit(75)
    print("schemathesis: nothing is wrong")


main(*sys.argv[1:])
