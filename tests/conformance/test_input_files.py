"""Every option of `policygen` that names a file: what Windows and other programs write is read, and
a file that says nothing is not mistaken for an answer.
"""

import gzip
import json

import pytest
from conftest import ROOT, SESSION, declaration
from saved import ACCOUNT, account, approval_event, details, policygen, summary, write

EXECUTION = "11111111-1111-4111-8111-111111111111"
EVIDENCE = ["evidence", "--pipeline", "payments", "--account", ACCOUNT]
AUDIT = ["audit", "--slot", "ApprovalA", "--slot", "ApprovalB"]
LISTS = ["--input", "executions.json", "--input", "actions.json"]
RULE = {"quorum": 2, "people": {"alice": [f"arn:aws:iam::{ACCOUNT}:user/alice"]}}
SSO = "arn:aws:sso:::permissionSet"
ASSIGNMENT = {
    "AccountAssignments": [
        {
            "AccountId": ACCOUNT,
            "PermissionSetArn": f"{SSO}/ssoins-1234567890abcdef/ps-1234567890abcdef",
            "PrincipalId": "a-1",
            "PrincipalType": "USER",
        }
    ]
}
SCP = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
CONFIG = (ROOT / "templates" / "approvers.toml").read_text()
# The option, the rest of the command, and the content of its file.
OPTIONS = {
    "audit --account-file": ([*AUDIT, "--account-file"], account()),
    "audit --scp": ([*AUDIT, "--account-file", "account.json", "--scp"], SCP),
    "audit --rule": ([*AUDIT, "--account-file", "account.json", "--rule"], RULE),
    "audit --config": (
        [*AUDIT, "--account-file", "account.json", "--config"],
        f"{CONFIG}\n[members]\nApprovalA = ['alice']\n",
    ),
    "audit --gate-rule": (
        [*AUDIT, "--account-file", "account.json", "--rule", "rule.json", "--gate-rule"],
        {"FunctionArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:two-person-rule-gate"},
    ),
    "audit --accept": ([*AUDIT, "--account-file", "account.json", "--accept"], []),
    "audit --identity-center-file": (
        [*AUDIT, "--account-file", "account.json", "--identity-center-file"],
        ASSIGNMENT,
    ),
    "doctor --pipeline-file": (["doctor", "--pipeline-file"], {"pipeline": declaration()}),
    "doctor --rule": (["doctor", "--rule"], RULE),
    "evidence --input": (
        [*EVIDENCE, "--input"],
        {
            "pipelineExecutionSummaries": [summary(EXECUTION)],
            "actionExecutionDetails": details(EXECUTION),
        },
    ),
    "evidence --cloudtrail-file": (
        [*EVIDENCE, *LISTS, "--cloudtrail-file"],
        {"Records": [approval_event(EXECUTION, "ApprovalA", "alice")]},
    ),
    "evidence --rule": ([*EVIDENCE, *LISTS, "--rule"], RULE),
    "evidence --accept": ([*EVIDENCE, *LISTS, "--accept"], []),
    "evidence --account-file": (
        ["evidence", "--pipeline", "payments", *LISTS, "--account-file"],
        account(),
    ),
    "rule check": (["rule", "check", "rule.json"], {**RULE, "quorum": 3}),
    "explain --rule": (["explain", f"arn:aws:iam::{ACCOUNT}:user/alice", "--rule"], RULE),
    "generate --config": (["generate", "--format", "cloudformation", "--config"], CONFIG),
    "generate --patch-pipeline": (
        [
            *("generate", "--region", "eu-west-1", "--account", ACCOUNT, "--pipeline", "payments"),
            *("--stage", "Release", "--print", "pipeline.json", "--patch-pipeline"),
        ],
        {"pipeline": {**declaration(), "pipelineType": "V2"}},
    ),
}
FORMS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "PowerShell": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16 big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "compressed": lambda text: gzip.compress(text.encode()),
}
EMPTY = {
    "nothing": b"",
    "blank": b" \r\n",
    "byte order mark alone": b"\xff\xfe",
    "nothing, compressed": gzip.compress(b""),
}


@pytest.fixture
def folder(tmp_path):
    """What the commands need apart from the file."""
    write(tmp_path / "account.json", account())
    write(tmp_path / "rule.json", RULE)
    write(tmp_path / "executions.json", {"pipelineExecutionSummaries": [summary(EXECUTION)]})
    write(tmp_path / "actions.json", {"actionExecutionDetails": details(EXECUTION)})
    return tmp_path


def text_of(content):
    return content if isinstance(content, str) else json.dumps(content, indent=2)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_says_the_same_in_every_encoding_and_from_standard_input(folder, option):
    command, content = OPTIONS[option]
    text = text_of(content)
    file = folder / "file"
    file.write_text(text)
    answer = policygen(*command, "file", cwd=folder, code=(0, 3, 10))
    for form, encode in FORMS.items():
        file.write_bytes(encode(text))
        assert policygen(*command, "file", cwd=folder, code=(0, 3, 10)) == answer, form
    piped, _ = policygen(
        *command, "-", cwd=folder, code=(0, 3, 10), input=FORMS["PowerShell"](text)
    )
    assert piped.replace("standard input", "file") == answer[0]


@pytest.mark.parametrize("option", OPTIONS)
def test_an_empty_file_is_no_answer(folder, option):
    command, _ = OPTIONS[option]
    for form, content in EMPTY.items():
        (folder / "file").write_bytes(content)
        said = policygen(*command, "file", cwd=folder, code=(1,))
        wanted = "error: `file` is empty; did the command that wrote it fail?\n"
        assert said == ("", wanted), form
    said = policygen(*command, "-", cwd=folder, code=(1,), input=b"")
    assert said == ("", "error: standard input is empty; did the command that wrote it fail?\n")


@pytest.mark.parametrize("option", OPTIONS)
def test_what_is_no_file_and_no_text_is_named(folder, option):
    command, _ = OPTIONS[option]
    (folder / "directory").mkdir()
    _, said = policygen(*command, "directory", cwd=folder, code=(1,))
    reads_directories = option in ("evidence --cloudtrail-file", "evidence --input")
    assert said == (
        "error: `directory` has no file whose name ends in .json or .json.gz\n"
        if reads_directories
        else "error: `directory` is a directory; give a file in it\n"
    )
    _, said = policygen(*command, "nowhere", cwd=folder, code=(1,))
    assert said.startswith("error: `nowhere` cannot be read; check the path: ")
    (folder / "file").write_bytes(b"\x93\x94")
    _, said = policygen(*command, "file", cwd=folder, code=(1,))
    assert said == (
        "error: `file` has a text that cannot be decoded; save it as UTF-8: it is not a text in "
        "UTF-8\n"
    )


def test_a_report_from_standard_input_says_so(folder):
    lists = text_of(OPTIONS["evidence --input"][1]).encode()
    command = [*EVIDENCE, "--input", "-", "--format"]
    csv, _ = policygen(*command, "csv", "--cover", cwd=folder, input=lists)
    assert f"standard input (--input): {len(lists)} bytes" in csv
    json, _ = policygen(*command, "json", cwd=folder, input=lists)
    (folder / "report.json").write_text(json)
    _, said = policygen("verify", "report.json", cwd=folder, code=(1,), input=lists)
    assert said == (
        "error: `report.json` was made from standard input, which cannot be read again; save what "
        "was read in a file, and make the report from it with --input\n"
    )


def nulls(value, shape):
    """The reply of AWS with every absent member as `null`, as the SDKs for Go, Java and .NET print
    it.
    """
    if shape.type_name == "structure":
        filled = dict(value)
        for name, member in shape.members.items():
            filled[name] = nulls(value[name], member) if name in value else None
        return filled
    if shape.type_name == "list":
        return [nulls(item, shape.member) for item in value]
    return value


def reply(service, operation):
    return SESSION.get_service_model(service).operation_model(operation).output_shape


def test_an_absent_member_may_be_null(folder):
    history = {
        "executions.json": ("ListPipelineExecutions", "pipelineExecutionSummaries"),
        "actions.json": ("ListActionExecutions", "actionExecutionDetails"),
    }
    answer = policygen(*EVIDENCE, *LISTS, cwd=folder)
    for name, (operation, _) in history.items():
        value = json.loads((folder / name).read_text())
        filled = nulls(value, reply("codepipeline", operation))
        assert filled != value
        write(folder / name, filled)
    assert policygen(*EVIDENCE, *LISTS, cwd=folder) == answer

    for command, value, shape in (
        (
            [*AUDIT, "--account-file", "file"],
            account(),
            reply("iam", "GetAccountAuthorizationDetails"),
        ),
        (
            ["doctor", "--pipeline-file", "file"],
            {"pipeline": declaration()},
            reply("codepipeline", "GetPipeline"),
        ),
        (
            [*AUDIT, "--account-file", "account.json", "--identity-center-file", "file"],
            ASSIGNMENT,
            reply("sso-admin", "ListAccountAssignments"),
        ),
        (
            [*EVIDENCE, *LISTS, "--cloudtrail-file", "file"],
            {
                "Events": [
                    {"CloudTrailEvent": json.dumps(approval_event(EXECUTION, slot, user))}
                    for slot, user in (("ApprovalA", "alice"), ("ApprovalB", "bob"))
                ]
            },
            reply("cloudtrail", "LookupEvents"),
        ),
    ):
        write(folder / "file", value)
        answer = policygen(*command, cwd=folder, code=(0, 3, 10))
        filled = nulls(value, shape)
        assert filled != value
        write(folder / "file", filled)
        assert policygen(*command, cwd=folder, code=(0, 3, 10)) == answer, command


def test_several_accounts_in_one_dump_are_named_in_the_same_words_each_time(folder):
    other = json.loads(json.dumps(account()).replace(ACCOUNT, "444455556666"))
    mixed = {name: [*account()[name], *other[name]] for name in other}
    write(folder / "mixed.json", mixed)
    said = {
        policygen(*AUDIT, "--account-file", "mixed.json", cwd=folder, code=(1,)) for _ in "12345"
    }
    assert said == {
        (
            "",
            "error: `mixed.json`: the file has the principals of several accounts (111122223333, "
            "444455556666): `arn:aws:iam::444455556666:user/alice` is not of the account "
            "111122223333; give each account its own file\n",
        )
    }


def test_cloudtrail_is_read_in_every_form_and_from_folders(folder):
    """Each answer has its event in every form in which AWS and its users hand events over."""
    records = [
        approval_event(EXECUTION, slot, user)
        for slot, user in (("ApprovalA", "alice"), ("ApprovalB", "bob"))
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    forms = {
        "log.json": json.dumps({"Records": records}).encode(),
        "log.json.gz": gzip.compress(json.dumps({"Records": records}).encode()),
        "list.json": json.dumps(records, indent=1).encode(),
        "lines.ndjson": lines.encode(),
        "lines.gz": gzip.compress(lines.encode("utf-16")),
        "bridge.json": "\n".join(
            json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": record})
            for record in records
        ).encode(),
        "logs.json": json.dumps(
            {"events": [{"message": json.dumps(record)} for record in records]}
        ).encode(),
        "lookup.json": json.dumps(
            {"Events": [{"CloudTrailEvent": json.dumps(record)} for record in records]}
        ).encode(),
    }
    for name, content in forms.items():
        (folder / name).write_bytes(content)

    def confirmed(*files):
        arguments = ["--format", "json", "--cloudtrail-file", *files]
        report = json.loads(policygen(*EVIDENCE, *LISTS, *arguments, cwd=folder, code=(0, 10))[0])
        approvals = report["executions"][0]["approvals"]
        return [each["cloudTrail"]["eventId"] for each in approvals if "cloudTrail" in each]

    both = [record["eventID"] for record in records]
    for name in forms:
        assert confirmed(name) == both, name
    # What a shell makes of a glob, and a folder as a trail delivers it.
    for position, record in enumerate(records):
        day = folder / "AWSLogs" / ACCOUNT / "CloudTrail" / "eu-west-1" / f"{position}"
        write(day / "log.json", {"Records": [record]})
        (folder / f"one-{position}.json").write_text(json.dumps(record))
    assert confirmed(*sorted(path.name for path in folder.glob("one-*.json"))) == both
    assert confirmed("AWSLogs") == both
    assert confirmed("one-0.json") == both[:1]
