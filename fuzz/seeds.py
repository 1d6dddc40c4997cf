"""Seeds of the fuzz targets, made from what the repository has: fixtures, recordings, vectors and
templates. Nothing of it is copied into the corpora.
"""

import base64
import json
import re
from copy import deepcopy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A seed is small, so that thousands of its mutations can be tried each second.
LARGEST = 30_000


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def load(path):
    return json.loads(text(path))


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def values(value):
    """A value of JSON and all values in it, also those in texts that are JSON."""
    yield value
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            yield from values(json.loads(value))
        except ValueError:
            return
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from values(item)


def objects(*patterns):
    """All objects in JSON files."""
    for path in files(*patterns):
        for value in values(json.loads(path.read_text(encoding="utf-8"))):
            if isinstance(value, dict):
                yield value


def patched(document, patch):
    """A document after a JSON Patch (RFC 6902) of `add`, `replace` and `remove`."""
    document = deepcopy(document)
    for change in patch:
        *parents, last = change["path"].lstrip("/").split("/")
        place = document
        for step in parents:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            last = len(place) if last == "-" else int(last)
        if change["op"] == "remove":
            del place[last]
        elif change["op"] == "add" and isinstance(place, list):
            place.insert(last, change["value"])
        elif change["op"] in ("add", "replace"):
            place[last] = change["value"]
    return document


def cases():
    """A rule and the facts of an execution, for each fixture of the rule."""
    base = load("core/rule/tests/fixtures/satisfied.json")
    yield base
    for path in files("core/rule/tests/fixtures/*/*.json"):
        yield patched(base, json.loads(path.read_text(encoding="utf-8"))["defect"])


def accounts():
    sound = load("policygen/tests/fixtures/audit/sound.json")
    yield sound
    for path in files("policygen/tests/fixtures/audit/*/*.json"):
        fixture = json.loads(path.read_text(encoding="utf-8"))
        patch = next((v for v in values(fixture) if is_patch(v)), None)
        account = patched(sound, patch) if patch else fixture
        if "UserDetailList" in account:
            yield account


def is_patch(value):
    return (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and {"op", "path"} <= item.keys() for item in value)
    )


def policies():
    wanted = ("policygen/tests/fixtures/audit/**/*.json", "tests/kit/src/managed/*.json")
    return (value for value in objects(*wanted) if "Statement" in value)


def judged(*pairs):
    """Each fixture of the rule, with two rules: `...` stands for the fixture's own."""
    for case in cases():
        for pair in pairs:
            both = {name: case["rule"] if rule is ... else rule for name, rule in pair.items()}
            yield both | {"facts": case["facts"]}


def arns():
    found = set()
    for path in files("tests/recorded/*.json", "policygen/tests/fixtures/audit/sound.json"):
        found |= set(re.findall(r"arn:[^\"\\ ]{5,120}", path.read_text(encoding="utf-8")))
    return sorted(found)


def replies():
    """Both lists of each recording, in one file."""
    for path in files("tests/recorded/*.json"):
        whole = {}
        for call in values(json.loads(path.read_text(encoding="utf-8"))):
            for key in ("pipelineExecutionSummaries", "actionExecutionDetails"):
                if isinstance(call, dict) and key in call:
                    whole[key] = call[key]
        if whole:
            yield whole


def events():
    """Of CloudTrail."""
    for event in objects("tests/recorded/approval-rejected-with-cloudtrail.json"):
        if "eventName" in event:
            yield event
            yield {"Records": [event]}
            yield {"Events": [{"CloudTrailEvent": json.dumps(event)}]}
            yield {"detail-type": "AWS API Call via CloudTrail", "detail": event}
            yield {"events": [{"message": json.dumps(event)}]}


def keys():
    for vector in load("core/signing/tests/vectors.json"):
        yield vector["signingKey"]
        if vector.get("desk"):
            yield f"{vector['desk']['rpId']} {vector['desk']['origin']}"
    yield text("fuzz/src/proof/gate.pem")


def proofs():
    signed = load("fuzz/src/proof/signed.json")
    yield signed
    yield {"statement": json.loads(base64.b64decode(signed["payload"]))}


def sealed():
    for vector in load("core/seal/tests/vectors.json"):
        file = base64.b64decode(vector.get("sealed", ""))
        if 0 < len(file) < 4096:
            yield file
    yield from (bytes([number]) for number in range(8))


def pipelines():
    wanted = (
        "policygen/tests/fixtures/pipeline/*",
        "policygen/tests/fixtures/template/*",
        "policygen/tests/fixtures/doctor/clean.json",
        "templates/*.yaml",
    )
    return [path.read_text(encoding="utf-8") for path in files(*wanted)]


# The other inputs of a target are in fuzz/corpus.
SEEDS = {
    "account": accounts,
    "arn": arns,
    "cloudtrail": events,
    "desk": list,
    "event": lambda: [load("job/tests/fixtures/documented-event.json")],
    "feedback": list,
    "file": list,
    "forge": list,
    "key": keys,
    "parameters": lambda: judged(
        {"floor": {}, "parameters": ...}, {"floor": ..., "parameters": {"quorum": 3}}
    ),
    "pipeline": pipelines,
    "policy": policies,
    "proof": proofs,
    "relay": list,
    "replies": replies,
    "request": lambda: [{"proof": load("fuzz/src/proof/signed.json")}],
    "rule": lambda: judged({"old": {}, "new": ...}, {"old": ..., "new": {}}),
    "seal": sealed,
    "signature": lambda: load("core/signing/tests/vectors.json"),
    "token": list,
}


def seeds(target):
    """The seeds of a target, each once."""
    found = {}
    for seed in SEEDS[target]():
        if isinstance(seed, (dict, list)):
            seed = json.dumps(seed, separators=(",", ":"), ensure_ascii=False)
        found[seed.encode() if isinstance(seed, str) else seed] = None
    return [seed for seed in found if len(seed) <= LARGEST]


def kept(target):
    """The inputs of a target that are in the repository."""
    return [path.read_bytes() for path in files(f"fuzz/corpus/{target}/*")]


def words(inputs):
    """The keys and short texts of inputs that are JSON, for the fuzzer's dictionary."""
    known = {}
    for text in inputs:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        for value in values(document):
            names = value if isinstance(value, dict) else [value]
            known |= {name: None for name in names if isinstance(name, str) and 0 < len(name) < 40}
    return list(known)[:400]
