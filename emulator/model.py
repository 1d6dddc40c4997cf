#!/usr/bin/env python3
"""Writes `src/api/model.json`: AWS's own description of the operations that the emulator serves.

The source is the CodePipeline API model that botocore carries (`data/codepipeline/2015-07-09`),
which is Copyright Amazon.com, Inc. or its affiliates, licensed under the Apache License, Version
2.0. Only the input, output and error names of the served operations are kept, and no documentation.

    model.py          rewrites model.json from the installed botocore
    model.py --check  exits 1 when model.json is not what the installed botocore gives
"""

import gzip
import json
import pathlib
import sys

import botocore

OPERATIONS = [
    "CreatePipeline",
    "DeletePipeline",
    "GetJobDetails",
    "GetPipeline",
    "GetPipelineExecution",
    "GetPipelineState",
    "ListActionExecutions",
    "ListPipelineExecutions",
    "ListPipelines",
    "PutApprovalResult",
    "PutJobFailureResult",
    "PutJobSuccessResult",
    "RetryStageExecution",
    "RollbackStage",
    "StartPipelineExecution",
    "StopPipelineExecution",
    "UpdatePipeline",
]
SOURCE = pathlib.Path(botocore.__file__).parent / "data/codepipeline/2015-07-09/service-2.json.gz"
TARGET = pathlib.Path(__file__).parent / "src/api/model.json"


def references(shape):
    """The names of the shapes that a shape is made of."""
    yield from (member["shape"] for member in shape.get("members", {}).values())
    yield from (shape[part]["shape"] for part in ("member", "key", "value") if part in shape)


def trimmed(shape):
    """A shape with what the validator reads, and nothing else."""
    kept = {
        key: shape[key]
        for key in ("type", "min", "max", "pattern", "enum", "required", "sensitive")
        if key in shape
    }
    for part in ("member", "key", "value"):
        if part in shape:
            kept[part] = shape[part]["shape"]
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    return kept


def model():
    with gzip.open(SOURCE) as file:
        source = json.load(file)
    operations, shapes, pending = {}, {}, []
    for name in OPERATIONS:
        operation = source["operations"][name]
        operations[name] = {
            "input": operation["input"]["shape"],
            "output": operation.get("output", {}).get("shape"),
            "errors": sorted(error["shape"] for error in operation["errors"]),
        }
        pending += [operations[name]["input"], operations[name]["output"]]
    while pending:
        name = pending.pop()
        if name and name not in shapes:
            shapes[name] = trimmed(source["shapes"][name])
            pending += references(source["shapes"][name])
    about = (
        "Trimmed from the AWS CodePipeline API model 2015-07-09 as distributed with botocore "
        "(Copyright Amazon.com, Inc. or its affiliates, Apache-2.0). "
        "Written by emulator/model.py; do not edit."
    )
    return {"about": about, "operations": operations, "shapes": shapes}


def main():
    text = json.dumps(model(), indent=1, sort_keys=True) + "\n"
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.exit(
            f"{TARGET.name} differs from the model of botocore {botocore.__version__}: "
            "run emulator/model.py"
        )


if __name__ == "__main__":
    main()
