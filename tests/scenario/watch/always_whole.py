"""always_whole.py FILE REPORTS - read FILE over and over until REPORTS different ones were
in it; whenever it is there, it is a whole report."""
import json
import os
import sys
import time


def main():
    path, wanted, seen = sys.argv[1], int(sys.argv[2]), set()
    end = time.monotonic() + 60
    while len(seen) < wanted:
        assert time.monotonic() < end, f"{len(seen)} reports in 60 s"
        try:
            with open(path, encoding="utf-8") as file:
                seen.add(json.load(file)["generated_at"])
        except FileNotFoundError:
            assert not seen, "the file was away"
    beside = [name for name in os.listdir(os.path.dirname(path)) if
              name.startswith(os.path.basename(path) + ".")]
    assert len(beside) <= 1, beside  # the next one, on its way


main()
