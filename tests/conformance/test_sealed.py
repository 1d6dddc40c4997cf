"""Sealed files by the built program, with KMS (moto's server) in two regions: for which release
they open, and that nothing is written otherwise.
"""

import base64
import copy
import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sealed as peer
from conftest import BINARIES, ROOT, SESSION
from kms_regions import Regions, serving
from proof_release import GateKey, Release
from proofs import PAYLOAD_TYPE

COMMIT = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"
OTHER_COMMIT = "6a2bc7f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"
SECRET = b"correct horse battery staple"
# Alice and bob have approved, says CodePipeline.
FACTS = json.loads((ROOT / "core/rule/tests/fixtures/satisfied.json").read_text())["facts"]


@pytest.fixture(scope="module")
def moto():
    with serving() as endpoint:
        yield endpoint


def client(endpoint, region):
    return SESSION.create_client(
        "kms",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def keys(moto):
    """A multi-Region key and its replica, and a key of the second region alone."""
    one, two = (client(moto, region) for region in ("eu-west-1", "eu-central-1"))
    primary = one.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica = one.replicate_key(KeyId=primary, ReplicaRegion="eu-central-1")
    return primary, replica["ReplicaKeyMetadata"]["Arn"], two.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    return GateKey(tmp_path_factory.mktemp("gate"))


def proof(gate, pipeline="payments", revision=COMMIT, environment="prod", **times):
    """A proof, as the gate makes it, of a release that alice and bob approved. It was `made`, and
    is `valid` until, so long from now.
    """
    now = datetime.now(UTC)
    facts = copy.deepcopy(FACTS)
    facts["execution"]["pipeline"] = pipeline
    facts["attempts"].append(
        {
            "stage": "Source",
            "action": "Source",
            "id": "5",
            "kind": "source",
            "status": "Succeeded",
            "approver": {},
            "comment": None,
            "revision": revision,
        }
    )
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": revision, "digest": {"gitCommit": revision}}],
        "predicateType": "https://in-toto.io/attestation/svr/v0.1",
        "predicate": {
            "schemaVersion": 1,
            "verifier": {"id": "https://example.com/two-person-rule"},
            "timeCreated": (now + times.get("made", timedelta())).isoformat(),
            "properties": ["TWO_PERSON_RULE_SATISFIED"],
            "expires": (now + times.get("valid", timedelta(hours=1))).isoformat(),
            "environment": environment,
            "gateVersion": "0.1.0",
            "facts": facts,
            "decision": {},
            "answers": [],
        },
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return gate.signed({"payloadType": PAYLOAD_TYPE, "payload": payload, "signatures": []})


class Place:
    """A folder with secrets, a rule and a proof, and the program in it."""

    def __init__(self, folder, endpoint, keys, gate):
        self.folder = folder
        self.keys = keys
        self.gate = gate
        self.regions = Regions(endpoint)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.environment = {
            **kept,
            "AWS_ENDPOINT_URL_KMS": self.regions.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        (folder / "db.password").write_bytes(SECRET)
        (folder / "rule.json").write_text("{}")
        self.prove()

    def prove(self, **what):
        (self.folder / "proof.json").write_text(json.dumps(proof(self.gate, **what)))

    def policygen(self, verb, *arguments, code=0):
        command = [BINARIES / "policygen", verb, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True)
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == code, said
        assert SECRET.decode() not in said
        assert done.stdout == b""
        return said

    def seal(self, *files, out="prod.sealed", keys=None, code=0, **context):
        context = {"pipeline": "payments", "revision": COMMIT, "environment": "prod", **context}
        options = [part for name, value in context.items() for part in (f"--{name}", value)]
        for key in keys or self.keys[:1]:
            options += ["--key", key]
        files = files or ("db.password",)
        return self.policygen("seal", *files, *options, "--out", out, code=code)

    def unseal(self, *files, environment="prod", out="secrets", code=0, more=(), key=True):
        files = files or ("prod.sealed",)
        options = ["--proof", "proof.json", "--rule", "rule.json", "--environment", environment]
        options += ["--proof-key", self.gate.path] if key else []
        options += ["--out", out, *more]
        before = self.listing()
        said = self.policygen("unseal", *files, *options, code=code)
        if code != 0:
            assert self.listing() == before, "something is left"
        return said

    def listing(self):
        return sorted(path.name for path in self.folder.iterdir())

    def opened(self, out="secrets"):
        return {path.name: path.read_bytes() for path in (self.folder / out).iterdir()}

    def change(self, change, file="prod.sealed"):
        """Changes the header of a sealed file, as somebody would who has it."""
        path = self.folder / file
        line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(line)
        change(header)
        path.write_bytes(json.dumps(header, separators=(",", ":")).encode() + b"\n" + body)


@pytest.fixture
def place(tmp_path, moto, keys, gate):
    place = Place(tmp_path, moto, keys, gate)
    yield place
    place.regions.stop()


def test_the_release_of_the_proof_opens_its_files(place):
    (place.folder / "empty").write_bytes(b"")
    (place.folder / "deep").mkdir()
    (place.folder / "deep" / "tls.key").write_bytes(b"\0\xff" * 9)
    said = place.seal("db.password", "empty", "deep/tls.key")
    assert "`prod.sealed` holds 3 files sealed for the environment `prod`" in said
    assert SECRET not in (place.folder / "prod.sealed").read_bytes()
    place.unseal()
    assert place.opened() == {"db.password": SECRET, "empty": b"", "tls.key": b"\0\xff" * 9}
    folder = place.folder / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert place.regions.calls == {
        ("eu-west-1", "GenerateDataKey"): 1,
        ("eu-west-1", "Decrypt"): 1,
    }


def test_another_program_opens_ours_and_ours_opens_its(place, moto):
    large = os.urandom(2 * peer.CHUNK + 3)
    (place.folder / "app.tar").write_bytes(large)
    place.seal("app.tar", "db.password")
    ours = (place.folder / "prod.sealed").read_bytes()
    header = json.loads(ours.partition(b"\n")[0])
    context = {"pipeline": "payments", "revision": COMMIT, "environment": "prod"}
    assert header["context"] == context
    kms = client(moto, "eu-west-1")
    wrapped = base64.b64decode(header["keys"][0]["wrapped"])
    key = kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"]
    assert peer.unseal(ours, key) == {"app.tar": large, "db.password": SECRET}

    made = kms.generate_data_key(KeyId=place.keys[0], KeySpec="AES_256", EncryptionContext=context)
    files = [("app.tar", large), ("empty", b"")]
    line = peer.line(context, [(place.keys[0], made["CiphertextBlob"])], files)
    (place.folder / "theirs.sealed").write_bytes(peer.seal(line, made["Plaintext"], files))
    place.unseal("theirs.sealed")
    assert place.opened() == dict(files)


def test_the_examples_are_those_that_the_other_program_makes():
    assert (ROOT / "core/seal/tests/vectors.json").read_text() == peer.printed()


def test_files_for_other_environments_are_never_sent_to_kms(place):
    place.seal()
    place.seal(out="test.sealed", environment="test")
    place.seal(out="stage.sealed", environment="Prod")
    said = place.unseal("test.sealed", "prod.sealed", "stage.sealed")
    assert "`test.sealed` is for the environment `test`, so it is left out" in said
    assert place.opened() == {"db.password": SECRET}
    assert place.regions.count("Decrypt") == 1
    said = place.unseal("test.sealed", out="other", code=10)
    assert "none of the sealed files is for the environment `prod`" in said
    assert place.regions.count("Decrypt") == 1


@pytest.mark.parametrize(
    ("proven", "sealed", "asked", "said"),
    [
        ({}, {"pipeline": "billing"}, {}, "was sealed for the pipeline `billing`"),
        ({}, {"revision": OTHER_COMMIT}, {}, f"was sealed for the revision `{OTHER_COMMIT}`"),
        ({}, {"environment": "test"}, {"environment": "test"}, "another-environment"),
        ({"environment": "test"}, {}, {}, "another-environment"),
        ({"environment": None}, {}, {}, "another-environment"),
        ({"pipeline": "billing"}, {}, {}, "and the proof is of `billing`"),
        ({"pipeline": "billing"}, {}, {"more": ["--pipeline", "payments"]}, "another-pipeline"),
        ({"revision": OTHER_COMMIT}, {}, {}, f"and the proof is of `{OTHER_COMMIT}`"),
        ({"valid": timedelta(minutes=-1)}, {}, {}, "expired: it expired at"),
        ({"made": timedelta(hours=-2)}, {}, {"more": ["--max-age", "1h"]}, "too-old"),
    ],
)
def test_another_release_opens_nothing(place, proven, sealed, asked, said):
    place.seal(**sealed)
    place.prove(**proven)
    assert said in place.unseal(code=10, **asked)
    assert place.regions.count("Decrypt") == 0


def test_a_proof_that_does_not_hold_opens_nothing(place, tmp_path_factory):
    place.seal()
    good = proof(place.gate)

    def with_proof(envelope, code=10):
        (place.folder / "proof.json").write_text(json.dumps(envelope))
        return place.unseal(code=code)

    payload = base64.b64decode(good["payload"]).replace(b'"prod"', b'"test"')
    altered = {**good, "payload": base64.b64encode(payload).decode()}
    assert "envelope-signature" in with_proof(altered)
    assert "envelope-signature" in with_proof({**good, "signatures": []})
    assert "envelope-signature" in with_proof(proof(GateKey(tmp_path_factory.mktemp("other"))))
    assert "not a DSSE envelope" in with_proof({"proof": good}, code=1)
    # Two people approved; production's own rule wants three, or their signatures.
    (place.folder / "rule.json").write_text('{"quorum": 3}')
    assert "not-satisfied" in with_proof(good)
    (place.folder / "rule.json").write_text('{"quorum": 1}')
    assert "`rule.json`" in with_proof(good, code=1)
    assert place.regions.count("Decrypt") == 0


def test_what_people_signed_opens_it_without_the_gates_key(place, tmp_path_factory):
    """Their signatures name the pipeline and the revision. Production says for which environment
    this pipeline releases.
    """
    release = Release(tmp_path_factory.mktemp("release"))
    try:
        assert release.ended() == "Succeeded"
        proof = release.proof()
    finally:
        release.emulator.stop()
    (place.folder / "proof.json").write_text(json.dumps(proof))
    (place.folder / "rule.json").write_text(json.dumps(release.rule))
    place.seal(revision=release.revision)
    place.seal(out="other.sealed", revision=COMMIT)
    place.unseal(key=False, code=2)
    assert "another-pipeline" in place.unseal(key=False, code=10, more=["--pipeline", "billing"])
    payments = ["--pipeline", "payments"]
    assert "revision" in place.unseal("other.sealed", key=False, code=10, more=payments)
    aged = place.unseal(key=False, code=10, more=[*payments, "--max-age", "1h"])
    assert "needs-the-gates-key" in aged
    assert "envelope-signature" in place.unseal(code=10)
    # The gate did not say for which environment it is.
    (place.folder / "proof.json").write_text(json.dumps(place.gate.signed(proof)))
    assert "another-environment" in place.unseal(code=10)
    (place.folder / "proof.json").write_text(json.dumps(proof))
    release.rule["signingKeys"].pop("bob")
    (place.folder / "rule.json").write_text(json.dumps(release.rule))
    assert "not-satisfied" in place.unseal(key=False, code=10, more=payments)
    assert place.regions.count("Decrypt") == 0
    release.rule["signingKeys"]["bob"] = [release.keys["bob"].line]
    (place.folder / "rule.json").write_text(json.dumps(release.rule))
    place.unseal(key=False, more=payments)
    assert place.opened() == {"db.password": SECRET}


def relabelled(header):
    header["context"]["environment"] = "prod"


def other_key(header):
    wrapped = base64.b64decode(header["keys"][0]["wrapped"])
    changed = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    header["keys"][0]["wrapped"] = base64.b64encode(changed).decode()


def renamed(header):
    header["files"][0]["name"] = "authorized_keys"


def shortened(header):
    header["files"][0]["size"] -= 1


@pytest.mark.parametrize(
    ("environment", "change", "said"),
    [
        ("test", relabelled, "KMS did not wrap the data key"),
        ("prod", other_key, "KMS did not wrap the data key"),
        ("prod", renamed, "`authorized_keys` in it is not what was sealed"),
        ("prod", shortened, "`db.password` in it is not what was sealed"),
    ],
)
def test_a_header_that_somebody_changed_opens_nothing(place, environment, change, said):
    place.seal(environment=environment)
    place.change(change)
    assert said in place.unseal(code=10)


def test_a_changed_content_opens_nothing_of_any_file(place):
    (place.folder / "first").write_bytes(b"x" * (peer.CHUNK + 1))
    place.seal("first", out="first.sealed")
    place.seal()
    path = place.folder / "prod.sealed"
    good = path.read_bytes()
    body = good.index(b"\n") + 1
    for bad in [
        *(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in (body, len(good) - 1)),
        good[:-1],
        good[:body],
        good + b"\0",
        # The contents of the other sealed file behind this header.
        good[:body] + (place.folder / "first.sealed").read_bytes().partition(b"\n")[2],
    ]:
        path.write_bytes(bad)
        assert "refused: `prod.sealed` is not what was sealed" in place.unseal(
            "first.sealed", "prod.sealed", code=10
        )
    for nonsense in [b"", b"\n", b"{}\n", good[: body - 1], b"\xff" * 99, b"[" * 9999 + b"\n"]:
        path.write_bytes(nonsense)
        assert "`prod.sealed` cannot be opened" in place.unseal(
            "first.sealed", "prod.sealed", code=1
        )


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "..", "a\\b", "C:evil", "a\n"])
def test_a_name_cannot_leave_the_directory(place, name):
    """Even if the sealer made the file with another program."""
    context = {"pipeline": "payments", "revision": COMMIT, "environment": "prod"}
    files = [(name, b"evil")]
    line = peer.line(context, [(place.keys[0], b"wrapped")], files)
    (place.folder / "prod.sealed").write_bytes(peer.seal(line, b"k" * 32, files))
    assert "is not the name of a file to seal" in place.unseal(code=1)
    assert place.regions.count("Decrypt") == 0


def test_files_that_cannot_be_sealed_or_opened_together(place):
    (place.folder / "a b").write_bytes(b"")
    assert "`a b` has a name that cannot be sealed" in place.seal("a b", code=1)
    assert "`.` is not a file" in place.seal(".", code=1)
    assert "`missing` cannot be read" in place.seal("missing", code=1)
    (place.folder / "deep").mkdir()
    (place.folder / "deep" / "DB.password").write_bytes(b"")
    twice = place.seal("db.password", "deep/DB.password", code=1)
    assert "two files are called `DB.password`" in twice
    assert "prod.sealed" not in place.listing()
    place.seal()
    sealed = (place.folder / "prod.sealed").read_bytes()
    assert "`prod.sealed` exists" in place.seal(code=1)
    assert "`db.password` exists" in place.seal(out="db.password", code=1)
    assert (place.folder / "prod.sealed").read_bytes() == sealed
    place.seal("deep/DB.password", out="more.sealed")
    both = place.unseal("prod.sealed", "more.sealed", code=1)
    assert "`prod.sealed` and `more.sealed` both hold a file `DB.password`" in both


def test_what_exists_is_never_written_to(place):
    place.seal()
    (place.folder / "secrets").mkdir()
    assert "`secrets` exists" in place.unseal(code=1)
    (place.folder / "secrets").rmdir()
    (place.folder / "secrets").symlink_to("nowhere")
    assert "`secrets` exists" in place.unseal(code=1)
    assert "`no/secrets` cannot be written" in place.unseal(out="no/secrets", code=1)
    assert "is not a file" in place.unseal("/dev/zero", out="other", code=1)


def test_one_region_is_lost(place):
    """The article asked for two key servers. A multi-Region key is in two regions."""
    primary, replica, single = place.keys
    place.seal(keys=[primary, replica])
    place.seal(out="three.sealed", keys=[primary, replica, single])
    header = json.loads((place.folder / "prod.sealed").read_bytes().partition(b"\n")[0])
    assert header["keys"][0]["wrapped"] == header["keys"][1]["wrapped"]
    assert place.regions.calls["eu-central-1", "Encrypt"] == 1
    place.regions.lost = {"eu-west-1"}
    place.unseal()
    assert place.opened() == {"db.password": SECRET}
    # Only the second region was asked for long: a lost one is asked once, and not again.
    assert place.regions.calls["eu-west-1", "Decrypt"] == 1
    assert place.regions.calls["eu-central-1", "Decrypt"] == 1
    place.seal(out="meanwhile.sealed", keys=[primary, replica])
    place.regions.lost = {"eu-central-1"}
    place.unseal("meanwhile.sealed", out="meanwhile")
    assert place.opened("meanwhile") == {"db.password": SECRET}
    place.regions.lost |= {"eu-west-1"}
    said = place.unseal(out="none", code=1)
    assert f"no KMS key answered: {replica}: Decrypt is unavailable" in said
    assert f"{primary}: Decrypt is unavailable" in said
    place.seal(out="never.sealed", keys=[primary, replica], code=1)
    assert "never.sealed" not in place.listing()


def test_two_keys_that_have_nothing_in_common(place):
    primary, _, single = place.keys
    place.seal(keys=[single, primary])
    assert place.regions.calls["eu-west-1", "Encrypt"] == 1
    place.regions.lost = {"eu-central-1"}
    place.unseal()
    assert place.opened() == {"db.password": SECRET}


def test_a_key_that_may_not_be_used_is_not_a_refusal(place):
    """What the caller cannot do says nothing about the release."""
    place.seal(keys=place.keys[:2])
    place.regions.denied = {"eu-west-1"}
    place.unseal()
    place.regions.denied = {"eu-west-1", "eu-central-1"}
    said = place.unseal(out="other", code=1)
    assert "the data key of `prod.sealed` cannot be had" in said
    assert "AWS refused Decrypt: User: x is not authorized" in said
    # Nobody is asked twice who has refused.
    assert place.regions.calls["eu-west-1", "Decrypt"] == 2
    assert "AWS refused GenerateDataKey" in place.seal(out="other.sealed", code=1)


MEASURE = """
import os, sys
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
assert status == 0
print(usage.ru_maxrss)
"""


def peak(place, *arguments):
    """The largest memory of a run, in bytes. A small program starts it: what a program had before
    it became another one counts too.
    """
    command = [sys.executable, "-S", "-c", MEASURE, BINARIES / "policygen", *arguments]
    done = subprocess.run(
        command, cwd=place.folder, env=place.environment, capture_output=True, check=True
    )
    return int(done.stdout) << 10


def test_a_large_artifact_needs_no_memory_of_its_size(place):
    size = 96 << 20
    with (place.folder / "app.tar").open("wb") as file:
        file.truncate(size)
    context = ["--pipeline", "payments", "--revision", COMMIT, "--environment", "prod"]
    seal = ["seal", "app.tar", *context, "--key", place.keys[0], "--out", "app.sealed"]
    assert peak(place, *seal) < size / 2
    unseal = ["unseal", "app.sealed", "--proof", "proof.json", "--rule", "rule.json"]
    unseal += ["--proof-key", place.gate.path, "--environment", "prod", "--out", "opened"]
    assert peak(place, *unseal) < size / 2
    with (place.folder / "opened" / "app.tar").open("rb") as file:
        opened = hashlib.file_digest(file, "sha256").digest()
    assert opened == hashlib.sha256(bytes(size)).digest()
