"""Plan how many pods a load needs, from what one pod was measured to do.

    python -m loadtest plan measure --host http://127.0.0.1:30001
    python -m loadtest plan size --rate 2000 --p99 50ms --peak 3x
    python -m loadtest plan replay reports/latest --target 60 --request 500m --max 10
    python -m loadtest plan simulate traffic.csv --target 60 --max 5000
    python -m loadtest plan validate reports/latest
    python -m loadtest plan scaleup reports/scale_up.csv --target 20 --max 1000

Exit status: 0 if there is a plan, 2 if it could not be made, as one sentence says.
"""

import argparse

from loadtest.plan import measure, replay, scale_up, size, validate


def run(words: list[str]) -> int:
    """Run one of the commands.

    Raises:
        CannotRunError: Nothing could be measured.
        ValueError: The plan was refused; the message says why.
        OSError: A file cannot be read or written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m loadtest plan", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, about, add_arguments, action in (
        ("measure", "measure what one pod can do", measure.add_arguments, measure.run),
        ("size", "how many pods a load needs, and the autoscaler for it", size.add_arguments, size.run),
        ("replay", "what a recorded load would have done with other settings", replay.add_replay, replay.run_replay),
        ("simulate", "what a table of traffic would do", replay.add_simulate, replay.run_simulate),
        ("validate", "compare predictions with recorded runs", validate.add_arguments, validate.run),
        ("scaleup", "compare a prediction with a recorded scale-up", scale_up.add_arguments, scale_up.run),
    ):
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        add_arguments(command)
        command.set_defaults(action=action)
    options = parser.parse_args(words)
    options.action(options)
    return 0
