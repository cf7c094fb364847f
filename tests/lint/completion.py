#!/usr/bin/env python3
"""Prints bash's completion of wpbloat from what its own help says, which comes from the
tables of the command line.

usage: completion.py WPBLOAT

Also asks every option that takes one of some words which those are, so that the table's
list and the parser's cannot differ; but not demo, which hands its options to scan when its
servers run: its lists are scan's.
"""

import re
import subprocess
import sys

OPTION = re.compile(r"^  --([a-z0-9-]+)(?: (\S+))?")
COMMAND = re.compile(r"^  ([a-z]+)  +\S")
# What completes an argument of this name; any other completes to nothing.
COMPLETED = {"FILE": "files", "PATH": "folders", "DIR": "folders"}

HEAD = """\
# bash completion for wpbloat(1)
#
# Generated from the tables of the command line by
# tests/lint/completion.sh --update.

_wpbloat() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} words=

    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _wpbloat_words '%s'
        return
    fi
    case "$command $previous" in
"""
MIDDLE = """\
    esac
    case $command in
"""
TAIL = """\
    *) return ;;
    esac
    if [[ $word == -* ]]; then
        _wpbloat_words "$words"
        return
    fi
    case "$command $COMP_CWORD" in
"""
END = """\
    esac
}

_wpbloat_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_wpbloat_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_wpbloat_folders() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
}

complete -F _wpbloat wpbloat
"""


def help_of(program, *command):
    return subprocess.run([program, *command, "--help"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def options_of(text):
    """[(name, argument or None)] in the order of the help."""
    return [(match.group(1), match.group(2)) for line in text.splitlines()
            if (match := OPTION.match(line))]


def operands_of(text, command):
    """(words the first operand may be, does the command take a PATH)"""
    usage = text.split("\n\n")[0]
    words = []
    for form in re.split(r"\||\n", usage):
        rest = re.sub(r"^.*\bwpbloat " + command + r"\b", "", form).split()
        if rest and re.fullmatch("[a-z]+", rest[0]):
            words.append(rest[0])
    return words, not words and "PATH" in usage


def check_words(program, command, option, words):
    said = subprocess.run([program, command, f"--{option}", "?"], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    match = re.search(r"takes one of (.*), not '\?'", said.stderr)
    if said.returncode != 64 or not match or match.group(1).split(", ") != words:
        sys.exit(f"{command} --{option} lists {', '.join(words)} but says: {said.stderr}")


def main():
    program = sys.argv[1]
    asked = {}
    commands = [match.group(1) for line in help_of(program).splitlines()
                if (match := COMMAND.match(line))]
    arguments, options, operands = {}, [], []
    for command in commands:
        text = help_of(program, command)
        names = []
        for name, argument in options_of(text):
            names.append(f"--{name}")
            if argument is None:
                continue
            words = argument.split("|")
            if len(words) > 1:
                if command != "demo":
                    check_words(program, command, name, words)
                    asked[command, name] = words
                elif asked.get(("scan", name)) != words:
                    sys.exit(f"demo --{name} lists other words than scan --{name}")
                action = f"_wpbloat_words '{' '.join(words)}'; return"
            elif argument in COMPLETED:
                action = f"_wpbloat_{COMPLETED[argument]}; return"
            else:
                action = "return"
            arguments.setdefault(action, []).append(f"'{command} --{name}'")
        options.append(f"    {command}) words='{' '.join(names)}' ;;\n")
        words, takes_path = operands_of(text, command)
        if words:
            operands.append(f"    '{command} 2') _wpbloat_words '{' '.join(words)}' ;;\n")
        elif takes_path:
            operands.append(f"    '{command} '*) _wpbloat_folders ;;\n")
    if "scan" not in commands or not arguments:
        sys.exit("the help has another form than this script knows")
    operands.append("    'explain '*) _wpbloat_files ;;\n")
    sys.stdout.write(HEAD % " ".join([*commands, "--help", "--version"]))
    for action, options_before in arguments.items():
        sys.stdout.write("    " + " | \\\n    ".join(options_before) + ")\n"
                         "        " + action.replace("; ", "\n        ") + " ;;\n")
    sys.stdout.write(MIDDLE)
    sys.stdout.writelines(options)
    sys.stdout.write(TAIL)
    sys.stdout.writelines(operands)
    sys.stdout.write(END)


main()
