"""expect_clean.py FILE - FILE is UTF-8 and holds no control character but newline."""
import sys
import unicodedata

with open(sys.argv[1], "rb") as file:
    raw = file.read()
try:
    text = raw.decode("utf-8")
except UnicodeDecodeError as error:
    sys.exit(f"{sys.argv[1]}: not UTF-8: {error}")
for number, line in enumerate(text.split("\n"), 1):
    for character in line:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            sys.exit(f"{sys.argv[1]}:{number}: U+{ord(character):04X} in {line[:200]!r}")
