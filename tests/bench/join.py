"""What one would write in an afternoon: who is a member of both slot groups? Prints how many are.

python3 join.py ACCOUNT.json
"""

import json
import sys
from pathlib import Path

with Path(sys.argv[1]).open(encoding="utf-8") as file:
    account = json.load(file)
groups = {group["GroupName"] for group in account["GroupDetailList"]}
slots = {"ApprovalA", "ApprovalB"} & groups
print(
    sum(len(slots) == 2 and slots <= set(user["GroupList"]) for user in account["UserDetailList"])
)
