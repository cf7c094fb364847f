#!/usr/bin/env python3
"""What two schemas define under one name must be the same.

usage: schemas.py REPORT ALERT     exit 1 and one line for each difference

Each schema in docs/ stands by itself, so that a receiver needs one file. An alert is a
finding with a life: all members of a finding must be there, too.
"""
import json
import sys

# An alert says more of these in words.
TEXT_ONLY = {"description"}


def bare(schema):
    """SCHEMA without what only people read."""
    if isinstance(schema, dict):
        return {key: bare(value) for key, value in schema.items() if key not in TEXT_ONLY}
    if isinstance(schema, list):
        return [bare(value) for value in schema]
    return schema


def main():
    report, alert = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:3])
    shared = report["$defs"].keys() & alert["$defs"].keys()
    wrong = [f"{name} is defined differently" for name in sorted(shared)
             if report["$defs"][name] != alert["$defs"][name]]
    for name, member in report["$defs"]["finding"]["properties"].items():
        if bare(alert["properties"].get(name)) != bare(member):
            wrong.append(f"{name} of a finding is not the same in an alert")
    for line in wrong:
        print(line)
    return 1 if wrong or not shared else 0


if __name__ == "__main__":
    sys.exit(main())
