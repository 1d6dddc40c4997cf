#!/usr/bin/env python3
"""Writes what is made from the schemas: `docs/schema`, and the keys of the rule that the Terraform
module of the gate knows. A test of policygen compares them.
"""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
NAMES = ["rule", "approvers", "decision", "finding"]
VARIABLES = ROOT / "templates/terraform/gate/variables.tf"
KEYS = re.compile(r"(setsubtract\(keys\(var\.rule\), \[)[^\]]*(\])")


def main():
    policygen = ["cargo", "run", "--quiet", "-p", "policygen", "--", "schema"]
    for name in NAMES:
        done = subprocess.run([*policygen, name], cwd=ROOT, capture_output=True, check=True)
        (ROOT / "docs/schema" / f"{name}.json").write_bytes(done.stdout)
    rule = json.loads((ROOT / "docs/schema/rule.json").read_text())
    keys = "".join(f'      "{key}",\n' for key in sorted(rule["properties"]))
    text = KEYS.sub(rf"\g<1>\n{keys}    \g<2>", VARIABLES.read_text())
    VARIABLES.write_text(text)


if __name__ == "__main__":
    main()
