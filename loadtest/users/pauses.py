# mypy: allow-untyped-calls
"""Locust's own pauses, in which a process sends nothing. Measured on an idle core, and avoided."""

import inspect
from functools import cache

from locust import argument_parser


def avoid() -> None:
    """Take the pauses before the load begins."""
    # Locust looks at its call stack when it stops a test. Only the first look takes long, 57 ms.
    inspect.stack()
    # At each change of users a worker builds Locust's command line once per option, together 80 ms.
    argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
