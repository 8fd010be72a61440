#!/usr/bin/env python3
"""What an operator sees of each fault: readiness, lines of the log, alerts, and whether it heals.

A server of its own on loopback for each fault, under a little work: webhooks, and notes of an
agent. The alerts are those of docs/alerts.yml, in a real Prometheus that looks every second. An
alert is named when its condition held; it fires after its own `for`.

  tests/operator/play.py BATON [FAULT…]     faults: see --list

BATON_TEST_POSTGRES  a PostgreSQL whose user may create databases
BATON_OPERATOR_S     for how long each fault lasts (default 30)

Disks are filled in a mount namespace of this program's own, so it needs root or user namespaces.
What is not installed here is said as SKIPPED.
"""
import collections
import glob
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

APP, SECRET, PASSWORD = "900100200300400", "operator-app-secret", "operator-2026-table"
NUMBER = "700100000000000"
LASTS = float(os.environ.get("BATON_OPERATOR_S", "30"))
HEALS_WITHIN = 60
ALERTS = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "alerts.yml")


class Skipped(Exception):
    """What cannot be played here, and why."""


def ask(url, body=None, headers=None, method=None, timeout=5):
    """Status and text of an answer; status 0 where none came."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def until(what, seconds, is_so):
    """Waits for a condition; gives how long it took, or None."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.1)
    if what:
        raise RuntimeError(f"it did not come to pass: {what}")
    return None


class Place:
    """A directory for the server's data, and what the server is started with."""

    def __init__(self, baton, url=None, disk=None):
        self.baton, self.environment = baton, {}
        self.root = tempfile.mkdtemp(prefix="baton-operator.")
        self.data = os.path.join(self.root, "data")
        os.mkdir(self.data, 0o700)
        self.is_mounted = disk is not None
        if self.is_mounted:
            self.mount(disk)
        if url:
            self.environment["BATON_STORE__DATABASE"] = url

    def mount(self, disk):
        """A small disk: one in memory, or a real file system, which can fail."""
        image = os.path.join(self.root, "image")
        steps = [["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", self.data]]
        if disk == "ext4":
            with open(image, "wb") as file:
                file.truncate(96 << 20)
            steps = [["/sbin/mkfs.ext4", "-q", image],
                     ["mount", "-o", "loop,errors=remount-ro", image, self.data]]
        for step in steps:
            try:
                subprocess.run(step, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                raise Skipped(f"{step[0]} does not work here") from None

    def command(self, *arguments):
        return [self.baton, "--data", self.data, "--bind", "127.0.0.1:0", "--log-format", "json", *arguments]

    def variables(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        return kept | self.environment

    def admin(self, *arguments, secret=""):
        subprocess.run(self.command("admin", *arguments), input=secret.encode(), check=True,
                       env=self.variables(), stdout=subprocess.DEVNULL)

    def seed(self):
        self.admin("meta-app", "add", "--id", APP, "--app-secret-file", "-", secret=SECRET)
        self.admin("workspace", "add", "--slug", "acme", "--name", "Acme", "--team", "Desk",
                   "--admin-email", "ana@acme.example", "--password-file", "-", secret=PASSWORD)
        self.admin("meta-app", "grant", "--id", APP, "--workspace", "acme")

    def remove(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.data], check=False)
        shutil.rmtree(self.root, ignore_errors=True)


class Server:
    """A running `baton serve` with its log, and a little work for it."""

    def __init__(self, place, environment=None):
        self.place = place
        self.lines, self.ready = [], collections.Counter()
        self.answers = {"webhook": collections.Counter(), "command": collections.Counter()}
        self.url, self.is_over, self.asked = None, False, 0
        self.process = subprocess.Popen(
            place.command("serve"), env=place.variables() | (environment or {}),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.threads = [threading.Thread(target=self.read, daemon=True)]
        self.threads[0].start()
        until("the server is ready", 60, lambda: self.url or self.process.poll() is not None)
        if not self.url:
            raise RuntimeError("the server did not start: " + "".join(line for _, line in self.lines))

    def read(self):
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found and not self.url:
                self.url = found.group(0)
            self.lines.append((time.monotonic(), line))

    def call(self, path, body=None, token=None, method=None):
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        body = None if body is None else json.dumps(body).encode()
        return ask(f"{self.url}/api/v1{path}", body, headers, method)

    def made(self, path, body=None, token=None):
        status, text = self.call(path, body, token)
        if status not in (200, 201):
            raise RuntimeError(f"{path} answered {status}: {text}")
        return json.loads(text)

    def sign_in(self):
        login = {"workspace": "acme", "email": "ana@acme.example", "password": PASSWORD}
        return self.made("/sessions", login)["access_token"]

    def begin_work(self):
        token = self.sign_in()
        team = self.made("/teams", token=token)[0]["id"]
        self.made("/channels", {"name": "Support", "meta_app": APP, "phone_number_id": NUMBER,
                                "display_number": "+49 151 0000001", "access_token": "token",
                                "default_team": team, "check": False}, token)
        if self.post() != 200:
            raise RuntimeError("a webhook was not taken")
        row = self.made("/conversations", token=token)["conversations"][0]
        conversation = (row.get("head") or row["view"]["head"])["id"]

        def posts():
            self.answers["webhook"][self.post()] += 1

        def notes():
            status, text = self.note(token, conversation)
            code = str(status)
            if status == 200:
                code = json.loads(text)["results"][0].get("refused", {}).get("code", "accepted")
            elif text.startswith("{"):
                code = f"{status} {json.loads(text).get('code', '')}".strip()
            self.answers["command"][code] += 1

        def looks():
            status, text = ask(f"{self.url}/readyz", timeout=3)
            told = json.loads(text) if text.startswith("{") else {}
            usual = ("up", "ok", "ready", "active", True, None)
            reasons = [f"{name} {value}" for name, value in sorted(told.items())
                       if isinstance(value, (str, bool)) and value not in usual]
            self.ready[" ".join([str(status), *reasons])] += 1

        for work, pause in ((posts, 0.1), (notes, 0.5), (looks, 0.5)):
            self.threads.append(threading.Thread(target=self.repeat, args=(work, pause), daemon=True))
            self.threads[-1].start()

    def repeat(self, work, pause):
        while not self.is_over:
            work()
            time.sleep(pause)

    def post(self):
        self.asked += 1
        text = {"from": f"4915{self.asked % 20:08}", "id": f"wamid.{uuid.uuid4()}", "type": "text",
                "timestamp": str(int(time.time())), "text": {"body": "Hola"}}
        value = {"messaging_product": "whatsapp", "messages": [text],
                 "metadata": {"display_phone_number": "491510000001", "phone_number_id": NUMBER},
                 "contacts": [{"wa_id": text["from"], "profile": {"name": "Lucia"}}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [
            {"id": "1", "changes": [{"field": "messages", "value": value}]}]}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        return ask(f"{self.url}/webhooks/whatsapp/{APP}", body, headers)[0]

    def note(self, token, conversation):
        # A UUIDv7 of the server's own time would need that clock: this one is ours.
        now, random = int(time.time() * 1000), uuid.uuid4().int
        bits = now << 80 | 7 << 76 | (random >> 68 & 0xFFF) << 64 | 2 << 62 | random & (1 << 62) - 1
        command = {"op_id": str(uuid.UUID(int=bits)), "conversation_id": conversation,
                   "type": "note", "text": "seen"}
        return self.call("/commands", [command], token)

    def forget(self):
        """What is counted from here on."""
        self.lines.clear()
        self.ready.clear()
        for counter in self.answers.values():
            counter.clear()

    def is_well(self):
        if self.process.poll() is not None:
            return False
        return ask(f"{self.url}/readyz", timeout=3)[0] == 200 and self.post() == 200

    def end(self):
        self.is_over = True
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Prometheus:
    """A real one that scrapes one server, with the project's rules."""

    def __init__(self, server):
        self.process, self.seen = None, set()
        program = shutil.which("prometheus")
        if not program:
            return
        self.root = tempfile.mkdtemp(prefix="baton-prometheus.")
        target = server.url.removeprefix("http://")
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                  "rule_files": [os.path.abspath(ALERTS)],
                  "scrape_configs": [{"job_name": "baton", "static_configs": [{"targets": [target]}]}]}
        with open(os.path.join(self.root, "prometheus.yml"), "w") as file:
            json.dump(config, file)
        self.port = 9900 + os.getpid() % 90
        self.process = subprocess.Popen(
            [program, f"--config.file={self.root}/prometheus.yml", f"--storage.tsdb.path={self.root}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("Prometheus is ready", 30, lambda: ask(f"http://127.0.0.1:{self.port}/-/ready")[0] == 200)

    def look(self):
        """Notes the alerts whose condition holds now."""
        if not self.process:
            return set()
        _, text = ask(f"http://127.0.0.1:{self.port}/api/v1/query?query=ALERTS")
        found = json.loads(text)["data"]["result"] if text else []
        now = {one["metric"]["alertname"] for one in found}
        self.seen |= now
        return now

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            shutil.rmtree(self.root, ignore_errors=True)


# The faults. Each gives how to break something and how to mend it; None where a person must act.


def fill(server):
    """Everything but a rest of it that is no room."""
    with open(os.path.join(server.place.data, "ballast"), "wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            pass


def make_room(server):
    os.remove(os.path.join(server.place.data, "ballast"))


def fail_disk(server):
    """As the kernel does on its own when a file system is damaged: all of it turns read-only."""
    subprocess.run(["mount", "-o", "remount,abort", server.place.data], check=True)


def remove_file(server):
    for file in glob.glob(os.path.join(server.place.data, "baton.db*")):
        os.remove(file)


def corrupt(server):
    """A page of a table in the middle of the file, behind the back of the cache."""
    path = os.path.join(server.place.data, "baton.db")
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        for page in range(8, size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(4096))


class Postgres:
    """A database of one's own on a real server, which is stopped as a whole."""

    def __init__(self):
        script = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "postgres.sh")
        self.state = tempfile.mkdtemp(prefix="baton-operator-postgres.")
        self.run = lambda what: subprocess.run(
            [script, what], env=os.environ | {"BATON_POSTGRES_STATE": self.state},
            check=True, capture_output=True, text=True).stdout.strip()
        self.url = self.run("start")

    def pids(self):
        with open(os.path.join(self.state, "directory")) as file:
            data = os.path.join(file.read().strip(), "data")
        with open(os.path.join(data, "postmaster.pid")) as file:
            first = int(file.readline())
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(first)], capture_output=True, text=True)
        return [first, *map(int, children.stdout.split())]

    def signal(self, what):
        for pid in self.pids():
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                pass

    def end(self):
        self.signal(signal.SIGCONT)
        self.run("stop")
        shutil.rmtree(self.state, ignore_errors=True)


class Redis:
    """Stopped by a signal, as a machine that hangs."""

    def __init__(self):
        program = shutil.which("redis-server")
        if not program:
            raise Skipped("there is no redis-server")
        self.port = 6500 + os.getpid() % 400
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait()


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Skipped("there is no libfaketime")
    return found[0]


def on_sqlite(breaks, mends, disk=None):
    def play(baton):
        place = Place(baton, disk=disk)
        try:
            place.seed()
            return observe(Server(place), breaks, mends)
        finally:
            place.remove()
    return play


def redis_stops(baton):
    redis = Redis()
    place = Place(baton)
    place.environment["BATON_REDIS__URL"] = redis.url
    try:
        place.seed()
        return observe(Server(place), lambda _: redis.process.send_signal(signal.SIGSTOP),
                       lambda _: redis.process.send_signal(signal.SIGCONT))
    finally:
        redis.end()
        place.remove()


def postgres_stops(baton):
    postgres = Postgres()
    place = Place(baton, postgres.url)
    try:
        place.seed()
        return observe(Server(place), lambda _: postgres.signal(signal.SIGSTOP),
                       lambda _: postgres.signal(signal.SIGCONT))
    finally:
        postgres.end()
        place.remove()


def clock_off(hours):
    def play(baton):
        library, postgres = faketime(), Postgres()
        place = Place(baton, postgres.url)
        try:
            place.seed()
            offset = os.path.join(place.root, "offset")
            write(offset, "+0")
            environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": offset,
                           "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
            return observe(Server(place, environment), lambda _: write(offset, f"{hours:+}h"),
                           lambda _: write(offset, "+0"))
        finally:
            postgres.end()
            place.remove()
    return play


def write(path, text):
    with open(path, "w") as file:
        file.write(text + "\n")


FAULTS = {
    "disk full": on_sqlite(fill, make_room, disk="tmpfs"),
    "disk read-only": on_sqlite(fail_disk, None, disk="ext4"),
    "database file removed": on_sqlite(remove_file, None),
    "pages corrupt": on_sqlite(corrupt, None),
    "Redis stopped": redis_stops,
    "PostgreSQL stopped": postgres_stops,
    "clock 25 h ahead": clock_off(25),
    "clock 25 h behind": clock_off(-25),
}


def observe(server, breaks, mends):
    """Plays one fault; gives the cells of its row."""
    prometheus = None
    try:
        server.begin_work()
        prometheus = Prometheus(server)
        until("the work is under way", 30, lambda: server.answers["webhook"][200] > 20)
        time.sleep(5)
        before = prometheus.look()
        prometheus.seen.clear()
        server.forget()
        breaks(server)
        began = time.monotonic()
        while time.monotonic() - began < LASTS and server.process.poll() is None:
            prometheus.look()
            time.sleep(0.5)
        during = summary(server, prometheus, before)
        ended = server.process.poll()
        if ended is not None:
            return [*during, f"the server ended with exit code {ended}"]
        if mends is None:
            return [*during, "stays so until a person acts"]
        server.forget()
        mends(server)
        took = until(None, HEALS_WITHIN, server.is_well)
        time.sleep(2)
        after = f"{len(told(server))} lines"
        return [*during, f"by itself in {took:.1f} s, {after}" if took is not None else "NOT HEALED"]
    finally:
        if prometheus:
            prometheus.end()
        server.end()


def told(server):
    """Lines of the log that are warnings or errors, as (level, message)."""
    found = []
    for _, line in list(server.lines):
        try:
            one = json.loads(line)
        except ValueError:
            found.append(("raw", line.strip()))
            continue
        message = one.get("message") or one.get("fields", {}).get("message", "")
        if one.get("level", "").upper() in ("WARN", "ERROR"):
            found.append((one["level"].upper(), message))
    return found


def summary(server, prometheus, before):
    counts = collections.Counter(told(server))
    lines = "; ".join(f"{count} × {level} “{message}”" for (level, message), count in counts.most_common())
    if prometheus.process:
        alerts = ", ".join(sorted(prometheus.seen - before)) or "none"
    else:
        alerts = "SKIPPED: there is no prometheus"
    answers = [", ".join(f"{count} × {code or 'no answer'}" for code, count in counter.most_common())
               for counter in (server.answers["webhook"], server.answers["command"])]
    ready = ", ".join(f"{count} × {what}" for what, count in server.ready.most_common())
    return [ready, *answers, f"{sum(counts.values())}: {lines}" if counts else "0", alerts]


COLUMNS = ["fault", "`/readyz`", "webhooks", "commands", "warnings and errors in the log",
           "alerts whose condition held", "healed"]


def main():
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if arguments else 2
    if arguments[0] == "--list":
        print("\n".join(FAULTS))
        return 0
    if not os.environ.get("BATON_OPERATOR_INSIDE"):
        os.environ["BATON_OPERATOR_INSIDE"] = "1"
        unshare = ["unshare", "--mount"] + ([] if os.getuid() == 0 else ["--map-root-user"])
        os.execvp(unshare[0], [*unshare, sys.executable, os.path.abspath(__file__), *arguments])
    baton, wanted = os.path.abspath(arguments[0]), arguments[1:] or list(FAULTS)
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown:
        print(f"play.py: there is no fault {unknown[0]!r}; see --list", file=sys.stderr)
        return 2
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS), flush=True)
    for name in wanted:
        try:
            cells = FAULTS[name](baton)
        except Skipped as why:
            cells = [f"SKIPPED: {why}"] + [""] * (len(COLUMNS) - 2)
        print(f"| {name}, {LASTS:.0f} s | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
