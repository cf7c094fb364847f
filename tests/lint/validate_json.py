#!/usr/bin/python3
"""Validate JSON documents against a JSON Schema.

usage: validate_json.py [--ndjson] SCHEMA [FILE]...

Reads standard input when no file is named. With --ndjson each line is a document
of its own, and a document without lines is fine. Exit code 0: all are valid; 1:
some are not, and each says where and why; 2: wrong usage or an unreadable file.
Beyond the schema it refuses what JSON does not know: NaN and Infinity, members
named twice in an object, and control characters outside of strings.
"""
import argparse
import json
import sys

import jsonschema


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def refuse_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        names = sorted(name for name, _ in pairs)
        raise ValueError(f"a member is named twice among {names}")
    return members


def parse(text):
    return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=refuse_duplicates)


def documents(data, is_ndjson):
    text = data.decode("utf-8")
    if not is_ndjson:
        return [text]
    if text and not text.endswith("\n"):
        raise ValueError("the last line does not end")
    return text.split("\n")[:-1]


def validate(name, data, validator, is_ndjson):
    """The number of faults, each printed."""
    faults = 0
    try:
        texts = documents(data, is_ndjson)
    except ValueError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    for number, text in enumerate(texts, start=1):
        where = f"{name}:{number}" if is_ndjson else name
        try:
            document = parse(text)
        except ValueError as error:
            print(f"{where}: {error}", file=sys.stderr)
            faults += 1
            continue
        for error in validator.iter_errors(document):
            path = "/".join(str(part) for part in error.absolute_path)
            print(f"{where}: /{path}: {error.message[:500]}", file=sys.stderr)
            faults += 1
    return faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ndjson", action="store_true", help="one document a line")
    parser.add_argument("schema")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_intermixed_args()
    try:
        with open(arguments.schema, encoding="utf-8") as file:
            schema = parse(file.read())
        inputs = [(name, open(name, "rb").read()) for name in arguments.files]
    except (OSError, ValueError) as error:
        print(f"validate_json.py: {error}", file=sys.stderr)
        return 2
    if not inputs:
        inputs = [("standard input", sys.stdin.buffer.read())]
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    faults = sum(validate(name, data, validator, arguments.ndjson) for name, data in inputs)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
