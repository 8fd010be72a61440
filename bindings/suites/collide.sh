#!/usr/bin/env bash
# Scenario 37: a Kotlin and a Swift agent answer the same turn of one customer. One answer goes
# out; the other's author is shown what they missed and sends theirs after all. Prints
# `scenario 37 ok` or `scenario 37 FAILED: why`; 77 and "SKIPPED: reason" where a language is
# missing.
#
#   bindings/suites/collide.sh
#
# In the world at BATON_WORLD; where there is none, in one of its own, of the server BATON_SERVER
# (default target/debug/baton). BATON_KOTLIN and BATON_SWIFT name other run.sh than those here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
case "${1:-}" in
-h | --help) sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit ;;
esac
export BATON_KOTLIN=${BATON_KOTLIN:-$here/kotlin/run.sh}
export BATON_SWIFT=${BATON_SWIFT:-$here/swift/run.sh}
for language in "$BATON_KOTLIN" "$BATON_SWIFT"; do
  said=$("$language" --build) || { held=$?; echo "$said"; exit $held; }
done
if [ -z "${BATON_WORLD:-}" ]; then
  exec python3 "$here/world.py" --baton "${BATON_SERVER:-$here/../../target/debug/baton}" -- "$0"
fi

exec python3 -c '
"""Two agents, each a process, told by lines what to do."""
import json, os, queue, random, subprocess, sys, threading, time, urllib.request

DEADLINE = 120


def ask(path, **body):
    asked = urllib.request.Request(
        os.environ["BATON_WORLD"] + path, json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


def expect(is_so, what):
    if not is_so:
        raise AssertionError(what)


class Agent:
    def __init__(self, script, who, conversation, text):
        self.script, self.who, self.text = script, who, text
        self.process = subprocess.Popen(
            [script, "collide", who, conversation, text],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def hears(self):
        try:
            line = self.lines.get(timeout=DEADLINE)
        except queue.Empty:
            raise AssertionError(f"{self.who} says nothing for {DEADLINE} s") from None
        expect(line is not None and not line.startswith("failed"), f"{self.who}: {line}")
        return line

    def tell(self, *told):
        for one in told:
            self.process.stdin.write(one + "\n")

    def does(self, told):
        self.tell(told)
        return self.hears()

    def ends(self):
        try:
            self.process.stdin.close()
            self.process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()


def reached(customer):
    sent = ask("/reached", wa_id=customer)["reached"]
    return [one["body"]["body"] for one in sent if one["type"] == "text"]


def waits_for(what, look):
    until = time.monotonic() + 30
    while not look():
        expect(time.monotonic() < until, what)
        time.sleep(0.05)


def collide(first_types):
    """One round; says who was first."""
    customer = f"49131{random.randrange(10 ** 8):08}"
    said = ask("/customer", wa_id=customer, name="Two at once", text="Is it in stock?")
    conversation = said["conversation"]
    kotlin = Agent(os.environ["BATON_KOTLIN"], "ana", conversation, "Yes, says Kotlin")
    swift = Agent(os.environ["BATON_SWIFT"], "ben", conversation, "No, says Swift")
    both = [kotlin, swift]
    try:
        for one in both:
            expect(one.hears() == "ready", f"{one.who} is not ready")
        if first_types:
            holds = {one.who: one.does("type") for one in both}
            expect(holds == {"ana": "typed mine", "ben": "typed theirs"}, f"they type: {holds}")
        # At once: neither has seen what the other says.
        for one in both:
            one.tell("reply", "wait")
        for one in both:
            expect(one.hears() == "kept", f"the answer of {one.who} was not kept")
        ends = {one: one.hears() for one in both}
        sent = [one for one in both if ends[one] == "sent"]
        held = [one for one in both if ends[one].startswith("held ")]
        expect(len(sent) == 1 and len(held) == 1, f"{list(ends.values())}")
        (first,), (second,) = sent, held
        expect(ends[second] == f"held stale {first.text}", ends[second])
        waits_for("one answer reaches the customer", lambda: reached(customer))
        expect(reached(customer) == [first.text], f"the customer got {reached(customer)}")
        waits_for("the second sees the line of the first",
                  lambda: second.does("lines").endswith("|" + first.text))
        expect(second.does("anyway") == "chosen", "it cannot be sent anyway")
        expect(second.does("wait") == "sent", "what was sent anyway is held")
        waits_for("both answers reach the customer",
                  lambda: reached(customer) == [first.text, second.text])
        for one in both:
            expect(one.does("quit") == "bye", f"{one.who} does not end")
        return first.who
    finally:
        for one in both:
            one.ends()


try:
    for first_types in (True, False):
        first = collide(first_types)
        print(f"collide: {first} was first", file=sys.stderr)
except (AssertionError, OSError) as error:
    print(f"scenario 37 FAILED: {error}")
    sys.exit(1)
print("scenario 37 ok")
'
