"""Half of what schemathesis asks is about what is really there. Never about the session that asks,
nor about whoever is signed in: those would end the run."""

import json
import os
import random

import schemathesis

IDS = json.loads(os.environ["BATON_IDS"])
SPARED = set(json.loads(os.environ["BATON_SPARED"]))
NOBODY = "00000000-0000-7000-8000-000000000000"
CHANCE = random.Random(17)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, real in IDS.items():
        if path_parameters and name in path_parameters and CHANCE.random() < 0.5:
            path_parameters[name] = real
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, list):
        for command in body:
            if isinstance(command, dict) and "conversation_id" in command and CHANCE.random() < 0.5:
                command["conversation_id"] = IDS["conversation"]
    elif isinstance(body, dict):
        for field, of in (("default_team", "team"), ("team_id", "team"), ("channel_id", "channel")):
            if field in body and CHANCE.random() < 0.5:
                body[field] = IDS[of]
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    # It learns ids from answers, those of whoever asks or will ask too.
    for name, value in dict(case.path_parameters or {}).items():
        if value in SPARED:
            case.path_parameters[name] = IDS.get(name, NOBODY)
