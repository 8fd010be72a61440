"""Whether the library from PyPI takes the requests that it should take, and no other.

Reads {"good": [{secret, headers, body}], "bad": [...]}; ends with 1 where it judges otherwise."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

asked = json.load(sys.stdin)


def takes(request):
    try:
        body = Webhook(request["secret"]).verify(request["body"], request["headers"])
    except WebhookVerificationError:
        return False
    return body == json.loads(request["body"])


wrong = [request for request in asked["good"] if not takes(request)]
wrong += [request for request in asked["bad"] if takes(request)]
for request in wrong:
    print("judged wrongly:", json.dumps(request["headers"]), file=sys.stderr)
if not asked["good"] or not asked["bad"] or wrong:
    sys.exit(1)
print(f"Python: {len(asked['good'])} requests taken, {len(asked['bad'])} refused")
