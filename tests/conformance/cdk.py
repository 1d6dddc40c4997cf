"""The example apps of templates/cdk, and how they are synthesised."""

import copy
import functools
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

import pytest
from cloudformation import ROOT, resolve
from conftest import SESSION
from test_templates_audit import POLICYGEN

PACKAGE = ROOT / "templates" / "cdk"
EXAMPLES = ("cdk-pipelines", "cross-account", "plain")


def compiled(path):
    """A compiled TypeScript file of the package."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node to synthesise with")
    script = PACKAGE / "target" / path
    if not script.is_file() or not (PACKAGE / "lib" / "index.js").is_file():
        pytest.fail(f"{script} is not there: `tests/run cdk` builds it")
    return script


@functools.cache
def gate_zip():
    """A zip in place of the gate's: a template has only its hash."""
    path = Path(tempfile.mkdtemp()) / "bootstrap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    return path


def synth(example, out):
    """`cdk synth` of an example, in its folder and by its `cdk.json`: the finished process."""
    compiled(f"examples/{example}/app.js")
    command = [PACKAGE / "node_modules" / ".bin" / "cdk", "synth", "--quiet", "--no-notices"]
    return run([*command, "--output", out], PACKAGE / "examples" / example)


def run_app(script, out):
    """A compiled app without the CLI, which takes seconds and only shows what the app says."""
    return run(["node", script], PACKAGE, CDK_OUTDIR=str(out))


def run(command, folder, **environment):
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "GATE_ZIP": str(gate_zip()), "CI": "true", **environment},
        capture_output=True,
        text=True,
    )


@functools.cache
def assembly(example):
    """The folder of an example's templates."""
    out = Path(tempfile.mkdtemp())
    done = synth(example, out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def template(example, stack="Payments"):
    return json.loads((assembly(example) / f"{stack}.template.json").read_text())


def rule(example):
    """The rule in the environment of the example's gate."""
    gate = the_only(template(example, "Gate"), "AWS::Lambda::Function")
    return gate["Environment"]["Variables"]["TWO_PERSON_RULE"]


def the_only(of, kind):
    """The properties of the only resource of this type, in a template or among resources."""
    resources = of.get("Resources", of).values()
    (found,) = [each["Properties"] for each in resources if each["Type"] == kind]
    return found


def pipeline_stages(of):
    """The stages of a template's pipeline, by name."""
    stages = the_only(of, "AWS::CodePipeline::Pipeline")["Stages"]
    return {stage["Name"]: stage for stage in stages}


def actions(of, stage):
    """The actions of a stage of a template's pipeline, by name."""
    return {action["Name"]: action for action in pipeline_stages(of)[stage]["Actions"]}


def without(of, stage, name):
    """The template without an action."""
    changed = copy.deepcopy(of)
    left = pipeline_stages(changed)[stage]
    left["Actions"] = [action for action in left["Actions"] if action["Name"] != name]
    return changed


def api_shape(properties, shape):
    """A resource's properties as an API takes them: names begin in lower case."""
    if shape.type_name == "structure":
        members = {name[0].upper() + name[1:]: name for name in shape.members}
        return {
            members[key]: api_shape(value, shape.members[members[key]])
            for key, value in properties.items()
        }
    if shape.type_name == "list":
        return [api_shape(item, shape.member) for item in properties]
    return properties


def declaration(example):
    """What CloudFormation hands to CreatePipeline. Roles and buckets have their logical ids."""
    of = template(example)
    # They check the version of the CDK's bootstrap stack.
    of.pop("Rules", None)
    properties = dict(the_only(resolve(of), "AWS::CodePipeline::Pipeline"))
    properties.pop("Tags", None)
    role = "arn:aws:iam::111122223333:role/{}".format
    properties["RoleArn"] = role("pipeline")
    for stage in properties["Stages"]:
        for action in stage["Actions"]:
            # CloudFormation hands on texts: `false` and 1 in a template are "false" and "1".
            for key, value in action.get("Configuration", {}).items():
                action["Configuration"][key] = (
                    value if isinstance(value, str) else json.dumps(value)
                )
            if "RoleArn" in action:
                action["RoleArn"] = role(action["RoleArn"].partition(".")[0])
    model = SESSION.get_service_model("codepipeline")
    return api_shape(properties, model.shape_for("PipelineDeclaration"))


def findings(*arguments, **options):
    """What `policygen` finds with these arguments."""
    done = subprocess.run(
        [POLICYGEN, *arguments, "--format", "json"], capture_output=True, text=True, **options
    )
    assert done.returncode in (0, 10), done.stderr
    return json.loads(done.stdout)["findings"]


def errors_and_warnings(*arguments, **options):
    """The codes of the errors and warnings that `policygen` finds with these arguments."""
    found = findings(*arguments, **options)
    return {each["code"] for each in found if each["severity"] in ("error", "warning")}
