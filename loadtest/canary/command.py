"""Ask a stable version and its canary the same questions, and say which of them should serve.

    python -m loadtest canary breast_model --minutes 5 --host http://127.0.0.1:30001

Exit status: 0 promote the canary, 1 roll it back, 2 cannot tell or could not run.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from loadtest.canary import chart
from loadtest.canary.judge import Decision, Finding, decide, judge
from loadtest.canary.questions import questions
from loadtest.canary.send import Answer, send
from loadtest.canary.versions import Deployments, deployments, version
from loadtest.format import number

WORDS = {
    Decision.PROMOTE: "Promote the canary",
    Decision.ROLL_BACK: "Roll the canary back",
    Decision.CANNOT_TELL: "Cannot tell yet",
}
# What leads to each decision, without KServe and with it.
PLAIN = {
    Decision.PROMOTE: "kubectl patch configmap mlserving-configs --patch "
    '''"{\\"data\\": $(kubectl get configmap mlserving-canary --output jsonpath={.data})}"'''
    " && kubectl rollout restart deployment/ml-serving-deployment"
    " && kubectl rollout status deployment/ml-serving-deployment"
    " && kubectl delete -f k8s/canary && kubectl apply -f k8s/hpa.yaml",
    Decision.ROLL_BACK: "kubectl delete -f k8s/canary && kubectl apply -f k8s/hpa.yaml",
}
KSERVE = {
    Decision.PROMOTE: "kubectl patch inferenceservice {name} --type json --patch "
    """"[{{\\"op\\": \\"replace\\", \\"path\\": \\"/spec/predictor/model\\", \\"value\\": """
    """$(kubectl get inferenceservice {name} --output 'jsonpath={{.spec.canary[0].predictor.model}}')}}, """
    '''{{\\"op\\": \\"remove\\", \\"path\\": \\"/spec/canary\\"}}]"''',
    Decision.ROLL_BACK: "kubectl patch inferenceservice {name} --type json --patch "
    '''"[{{\\"op\\": \\"remove\\", \\"path\\": \\"/spec/canary\\"}}]"''',
}


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest canary", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", metavar="NAME", help="of the model, and of its InferenceService if it has one")
    parser.add_argument("--minutes", type=float, default=5, help="how long to ask")
    parser.add_argument("--host", required=True, help="URL of the Service that has the pods of both versions")
    parser.add_argument("--alike", type=share, default=0.99, help="share of rows that both must answer alike: 0.99")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder for the run folders")
    return parser.parse_args(words)


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def run(words: list[str]) -> Decision:
    """Ask, judge, print what was found, and draw it.

    Raises:
        CannotRunError: The host does not serve the model, or not in two versions.
        OSError: The report cannot be written.
    """
    options = parse(words)
    host = options.host.rstrip("/")
    asked = questions(host, options.name)
    answers = send(host, asked, 60 * options.minutes)
    names = deployments(answers, options.name)
    findings = judge(version(answers, names.stable), version(answers, names.canary), options.alike, len(asked))
    findings.append(lost(answers))
    decision = decide(findings)
    folder = options.output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder.mkdir(parents=True)
    chart.draw(f"{WORDS[decision]}: {names.canary}", answers, names, folder / "canary.png")
    for finding in findings:
        print(f"{WORDS[finding.decision]:20}  {finding.name:8}  {finding.text}")
    print(f"\n{WORDS[decision]}. Report: {folder / 'canary.png'}")
    if decision is Decision.CANNOT_TELL:
        print("Run it again for longer (--minutes), or end the canary:")
    print(f"\n  {command_for(decision, names, options.name)}")
    return decision


def lost(answers: list[Answer]) -> Finding:
    """Say how many requests nobody answered, so that they count against no version."""
    count = sum(not answer.deployment for answer in answers)
    decision = Decision.CANNOT_TELL if count else Decision.PROMOTE
    return Finding("lost", decision, f"{number(count)} of {number(len(answers))} requests were not answered at all")


def command_for(decision: Decision, names: Deployments, name: str) -> str:
    """Return the shell command that carries out the decision, or that ends the canary if there is no decision."""
    if decision is Decision.CANNOT_TELL:
        decision = Decision.ROLL_BACK
    return KSERVE[decision].format(name=name) if names.of_kserve else PLAIN[decision]
