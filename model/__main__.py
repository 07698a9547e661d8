"""Train the models that ship; bundle, check, show, store or deploy a model of your own; draw a model's mistakes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from model.manifest import BundleError

LONGEST_ERROR = 300  # characters

# The module of each command; its `add_commands` describes it. Only the module that a command line needs is imported:
# some import slowly, and the image has no other than that of stores.
COMMANDS: Mapping[str, str] = {
    "train": "model.train.command",
    "bundle": "model.bring.command",
    "check": "model.bring.command",
    "show": "model.show",
    "push": "model.store.command",
    "fetch": "model.store.command",
    "isvc": "model.inference_service.command",
    "mistakes": "model.train.command",
}


def main(words: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if words is None else words
    arguments = _parser(words).parse_args(words)
    arguments.words = words
    try:
        return int(arguments.run(arguments) or 0)
    except (BundleError, OSError) as error:
        print(_one_line(f"error: {error}"), file=sys.stderr)
        return 1


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the command that the words begin with, or of all commands if it is none of them."""
    parser = argparse.ArgumentParser(prog="python -m model", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    wanted = [COMMANDS[word] for word in words[:1] if word in COMMANDS]
    for module in wanted or dict.fromkeys(COMMANDS.values()):
        import_module(module).add_commands(commands)
    return parser


def _one_line(sentence: str) -> str:
    """Return the sentence as one line that fits a terminal: messages of libraries can be pages long."""
    line = " ".join(sentence.split())
    return line if len(line) <= LONGEST_ERROR else f"{line[: LONGEST_ERROR - 2]} …"


if __name__ == "__main__":
    sys.exit(main())
