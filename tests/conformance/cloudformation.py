"""Reads a CloudFormation template as CloudFormation does, as far as the templates of this
repository need it.
"""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "stack",
}
NO_VALUE = object()


class RefusedParameters(Exception):
    """A rule of the template does not hold for the parameters."""


class Loader(yaml.SafeLoader):
    """YAML with the short forms of the intrinsic functions."""


def short_form(loader, tag, node):
    read = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: loader.construct_sequence,
        yaml.MappingNode: loader.construct_mapping,
    }
    value = (
        read[type(node)](node, deep=True)
        if not isinstance(node, yaml.ScalarNode)
        else loader.construct_scalar(node)
    )
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", short_form)


def load(name):
    return yaml.load((TEMPLATES / name).read_text(), Loader)


def resolve(template, **parameters):
    """The resources that a deployment with these parameters makes. A resource is known by its
    logical id, `Id.Attribute` its attribute.

    Raises RefusedParameters as CloudFormation refuses a deployment, before it makes anything.
    """
    values = {
        name: parameter.get("Default", "")
        for name, parameter in template.get("Parameters", {}).items()
    }
    unknown = parameters.keys() - values.keys() - PSEUDO.keys()
    assert not unknown, unknown
    values.update(PSEUDO, **parameters)
    for name, parameter in template.get("Parameters", {}).items():
        is_list = parameter["Type"].startswith(("CommaDelimitedList", "List<"))
        if is_list and isinstance(values[name], str):
            values[name] = values[name].split(",")

    def known(name):
        return values.get(name, name)

    def substitute(text, more):
        return re.sub(
            r"\$\{(?!!)([^}]+)\}", lambda found: str(more.get(found[1], known(found[1]))), text
        )

    def meaning(value):
        if isinstance(value, list):
            return [item for item in map(meaning, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            return {
                key: item
                for key, item in ((key, meaning(item)) for key, item in value.items())
                if item is not NO_VALUE
            }
        ((function, argument),) = value.items()
        if function == "Ref":
            return NO_VALUE if argument == "AWS::NoValue" else known(argument)
        if function == "Fn::Sub":
            text, more = argument if isinstance(argument, list) else (argument, {})
            return substitute(text, meaning(more))
        if function == "Fn::GetAtt":
            return ".".join(argument)
        if function == "Fn::Join":
            return argument[0].join(meaning(argument[1]))
        if function == "Fn::If":
            return meaning(argument[1] if holds(argument[0]) else argument[2])
        if function == "Fn::Equals":
            left, right = (str(meaning(side)) for side in argument)
            return left == right
        if function == "Fn::Not":
            return not meaning(argument[0])
        if function == "Fn::And":
            return all(list(map(meaning, argument)))
        if function == "Fn::Select":
            return meaning(argument[1])[int(argument[0])]
        if function == "Fn::Split":
            return str(meaning(argument[1])).split(argument[0])
        if function == "Condition" and isinstance(argument, str):
            return holds(argument)
        if function == "Fn::Or":
            return any(list(map(meaning, argument)))
        if function == "Fn::EachMemberEquals":
            strings, string = map(meaning, argument)
            return all(member == string for member in strings)
        assert not function.startswith("Fn::"), f"{function} is not known here"
        item = meaning(argument)
        return {} if item is NO_VALUE else {function: item}

    def holds(condition):
        return meaning(template["Conditions"][condition])

    for rule in template.get("Rules", {}).values():
        for assertion in rule["Assertions"]:
            if not meaning(assertion["Assert"]):
                raise RefusedParameters(assertion["AssertDescription"])

    resources = {
        name: of
        for name, of in template["Resources"].items()
        if "Condition" not in of or holds(of["Condition"])
    }
    return {
        name: {"Type": of["Type"], "Properties": meaning(of.get("Properties", {}))}
        for name, of in resources.items()
    }


def deployed_rule(**parameters):
    """The rule that a deployment of gate.yaml with these parameters gives the gate."""
    return resolve(load("gate.yaml"), **parameters)["Gate"]["Properties"]["Environment"][
        "Variables"
    ]["TWO_PERSON_RULE"]


def deployed_rule_file(layer):
    """The path and the layers that a deployment of gate.yaml with this layer gives the gate, which
    has no other rule.
    """
    gate = resolve(load("gate.yaml"), RuleLayer=layer)["Gate"]["Properties"]
    (((variable, path),), layers) = gate["Environment"]["Variables"].items(), gate["Layers"]
    assert variable == "TWO_PERSON_RULE_FILE"
    return path, layers


def statements(properties):
    """The statements of a role's inline policies or of a policy, by Sid."""
    policies = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    if "PolicyDocument" in properties:
        policies.append(properties["PolicyDocument"])
    return {statement["Sid"]: statement for policy in policies for statement in policy["Statement"]}


def actions(statement):
    action = statement["Action"]
    return [action] if isinstance(action, str) else action
