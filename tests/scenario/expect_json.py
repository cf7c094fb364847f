"""expect_json.py FILE EXPRESSION... - each expression over `d`, the document in
FILE (or the list of documents when there is one a line), must be true."""
import json
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def one(items, **wanted):
    """The single item that has all the WANTED values."""
    found = [i for i in items if all(i.get(k) == v for k, v in wanted.items())]
    if len(found) != 1:
        raise LookupError(f"{len(found)} items with {wanted}")
    return found[0]


def near(value, expected, ratio):
    return abs(value - expected) <= ratio * expected


def main():
    document = load(sys.argv[1])
    names = {"d": document, "one": one, "near": near}
    if isinstance(document, dict):
        names["f"] = {i["code"]: i for i in document.get("findings", [])}
    failed = 0
    for expression in sys.argv[2:]:
        try:
            held = eval(expression, names)  # the scenario's own text
        except (LookupError, TypeError, AttributeError) as error:
            held, expression = False, f"{expression}   ({error!r})"
        if not held:
            print("not true:", expression)
            failed = 1
    return failed


sys.exit(main())
