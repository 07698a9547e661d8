"""The commands for AWS call AWS's CLI as they should, refuse with a sentence, and do nothing in a dry run."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.scripts.conftest import ROOT, Sandbox

ADDRESS = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/mlserving"  # as the registry gives it, wherever that is
FILLED = {"identity", "templates"}  # arrays that are never empty
TAG = "0123456789ab"
IMAGE = {"image inspect *": f"amd64 sha256:{TAG}{'c' * 52}"}
PLACE = ("VpcId=vpc-1", "SubnetIds=subnet-1,subnet-2")
REGION = {"AWS_DEFAULT_REGION": "eu-central-1"}
ANSWERS = {
    "sts get-caller-identity *": "123456789012",
    "*RepositoryUri*": ADDRESS,
    "*OutputKey==*": "output",
    "ecr get-login-password": "secret",
    "elasticbeanstalk create-storage-location *": "bucket",
    "elasticbeanstalk list-available-solution-stacks *": "64bit Amazon Linux 2023 v4.9.9 running Docker",
    "cloudformation *": "",
    "s3 *": "",
}
PUSHED = {"ecr describe-images *": ""}


@pytest.fixture
def aws(sandbox: Sandbox) -> Sandbox:
    """A machine with Docker, the image and AWS's CLI, which is signed in. ECR does not have the image."""
    sandbox.tool("docker", {words.replace(" ", "\\ "): answer for words, answer in IMAGE.items()})
    answers(sandbox, "aws", ANSWERS)
    return sandbox


@pytest.mark.parametrize(
    "words",
    [("push",), ("deploy", *PLACE), ("beanstalk", "single"), ("beanstalk", "balanced"), ("logs",), ("teardown",)],
    ids="-".join,
)
def test_dry_run_prints_the_commands_and_runs_none(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    for name in ("aws", "docker"):
        sandbox.tool(name, otherwise=1)
    done = sandbox.script(f"aws/{words[0]}", *words[1:], "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "+ aws " in done.stderr
    assert [line for line in sandbox.commands() if not line.startswith("docker image inspect")] == []


@pytest.mark.parametrize("words", [("push",), ("deploy", *PLACE), ("beanstalk", "single"), ("logs",), ("teardown",)])
def test_refuses_without_the_cli_a_region_or_credentials(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    command = f"aws/{words[0]}"
    answers(sandbox, "docker", IMAGE)
    assert "The AWS CLI is missing" in refusal(sandbox, command, *words[1:])
    sandbox.tool("aws", otherwise=255)
    assert "No region is chosen" in refusal(sandbox, command, *words[1:])
    assert "accepts no credentials" in refusal(sandbox, command, *words[1:], **REGION)
    unreachable = 'echo Could not connect to the endpoint URL: \\"https://sts.x.amazonaws.com/\\" >&2; exit 255'
    (sandbox.tools / "aws").write_text(f"#!/bin/sh\n{unreachable}\n")
    assert "AWS cannot be reached" in refusal(sandbox, command, *words[1:], **REGION)
    assert {line.split()[1] for line in sandbox.commands() if line.startswith("aws")} == {"configure", "sts"}


def test_a_warning_of_the_cli_is_not_taken_for_the_account(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | PUSHED)
    cli = aws.tools / "aws"
    cli.write_text(cli.read_text().replace("#!/bin/sh\n", "#!/bin/sh\necho Python is too old >&2\n"))
    done = aws.script("aws/deploy", *PLACE, **REGION)
    assert done.returncode == 0, done.stderr
    assert any(f"ImageUri={ADDRESS}:{TAG}" in line.split() for line in aws.commands())


@pytest.mark.parametrize("words", [("push",), ("deploy", *PLACE), ("beanstalk", "single")])
def test_refuses_without_the_image(aws: Sandbox, words: tuple[str, ...]) -> None:
    aws.tool("docker", otherwise=1)
    assert "docker build -t mlserving ." in refusal(aws, f"aws/{words[0]}", *words[1:], **REGION)


@pytest.mark.parametrize("words", [("push",), ("deploy", *PLACE), ("beanstalk", "single")])
def test_refuses_an_image_for_another_processor(aws: Sandbox, words: tuple[str, ...]) -> None:
    answers(aws, "docker", {"image inspect *": f"arm64 sha256:{TAG}"})
    sentence = refusal(aws, f"aws/{words[0]}", *words[1:], **REGION)
    assert "is for arm64" in sentence
    assert "docker build --platform linux/amd64 -t mlserving ." in sentence


@pytest.mark.parametrize("words", [("deploy", *PLACE), ("beanstalk", "single")])
def test_refuses_an_image_that_was_not_pushed(aws: Sandbox, words: tuple[str, ...]) -> None:
    assert "Run: scripts/aws/push" in refusal(aws, f"aws/{words[0]}", *words[1:], **REGION)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("push", "digits"), "push takes no parameters"),
        (("push", "--force"), "no option --force"),
        (("deploy",), "VpcId is missing"),
        (("deploy", "VpcId=vpc-1"), "SubnetIds is missing"),
        (("deploy", PLACE[0], "SubnetIds=subnet-1"), "One subnet is not enough"),
        (("deploy", "VpcId=", PLACE[1]), "VpcId is missing"),
        (("deploy", *PLACE, "ModelPath=s3://bucket/mine"), "ModelName is missing"),
        (("deploy", *PLACE, "ModelName=mine", "ModelPath="), "ModelPath is missing"),
        (("deploy", *PLACE, "MaxTask=4"), "no parameter MaxTask. There are: ImageUri, VpcId, SubnetIds,"),
        (("deploy", *PLACE, "Type=4"), "no parameter Type"),
        (("deploy", *PLACE, "four"), "four is not a parameter"),
        (("beanstalk",), "Say whether one instance is enough"),
        (("beanstalk", "single", "Size=4"), "no parameter Size"),
        (("logs", "some"), "does not know some"),
        (("teardown", "now"), "teardown takes no parameters"),
    ],
)
def test_refuses_wrong_words(aws: Sandbox, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refusal(aws, f"aws/{words[0]}", *words[1:], "--dry-run")
    assert aws.commands() == []


def test_push_makes_the_registry_and_pushes_under_the_digest(aws: Sandbox) -> None:
    assert aws.script("aws/push", **REGION).returncode == 0
    commands = [line for line in aws.commands() if "describe" not in line]
    assert commands[2].startswith("aws cloudformation deploy --stack-name mlserving-registry --template-file")
    assert commands[-2:] == [f"docker tag mlserving {ADDRESS}:{TAG}", f"docker push {ADDRESS}:{TAG}"]
    assert f"docker login --username AWS --password-stdin {ADDRESS.partition('/')[0]}" in commands


def test_push_of_an_image_that_is_there_changes_nothing(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | PUSHED)
    done = aws.script("aws/push", **REGION)
    assert done.returncode == 0
    assert "already" in done.stderr
    assert not [line for line in aws.commands() if line.startswith("docker push")]


def test_deploy_passes_parameters_to_the_service_and_its_outputs_to_the_alarms(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | PUSHED)
    done = aws.script("aws/deploy", *PLACE, "MaxTasks=4", "Email=someone@example.org", **REGION)
    assert done.returncode == 0, done.stderr
    service, alarms = (line for line in aws.commands() if "cloudformation deploy" in line)
    overrides = [*PLACE, "MaxTasks=4", f"ImageUri={ADDRESS}:{TAG}"]
    assert service.endswith(f"--parameter-overrides {' '.join(overrides)}")
    assert alarms.endswith("Email=someone@example.org Balancer=output Targets=output Cluster=output Service=output")


def test_deploy_switches_the_agent_and_its_dashboard_on(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | PUSHED)
    assert aws.script("aws/deploy", *PLACE, "ModelMetrics=on", **REGION).returncode == 0
    stacks = [line for line in aws.commands() if "cloudformation deploy" in line]
    assert len(stacks) == 2
    assert all("ModelMetrics=on" in line for line in stacks)


def test_beanstalk_uploads_the_files_with_the_image_in_them(aws: Sandbox, tmp_path: Path) -> None:
    answers(aws, "aws", ANSWERS | PUSHED)
    # What is uploaded is gone when the command ends.
    tool = aws.tools / "aws"
    tool.write_text(tool.read_text().replace("case", f'[ "$1" != s3 ] || cp "$3" "{tmp_path}/zip"\ncase', 1))
    done = aws.script("aws/beanstalk", "balanced", "InstanceType=t3.small", **REGION)
    assert done.returncode == 0, done.stderr
    upload = next(line for line in aws.commands() if "s3 cp" in line)
    deployed = next(line for line in aws.commands() if "cloudformation deploy" in line)
    key = re.search(r"s3://bucket/(mlserving/[0-9a-f]{12}\.zip)$", upload)
    assert key
    assert f"Bucket=bucket Key={key[1]}" in deployed
    assert "running Docker EnvironmentType=LoadBalanced InstanceType=t3.small" in deployed
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
        assert f'"{ADDRESS}:{TAG}"' in archive.read("Dockerrun.aws.json").decode()
    nginx = ".platform/nginx/conf.d/mlserving.conf"
    assert files == {"Dockerrun.aws.json", ".ebextensions/server.config", nginx}


def test_logs_are_the_newest_hundred_lines_of_all_tasks(aws: Sandbox) -> None:
    one, two = ("".join(f"{2 * n + odd}\tline {2 * n + odd}\n" for n in range(100)) for odd in (0, 1))
    streams = {"*--log-stream-name one*": one, "*--log-stream-name two*": two}
    answers(aws, "aws", ANSWERS | {"logs describe-log-streams *": "one\ntwo"} | streams)
    done = aws.script("aws/logs", **REGION)
    assert done.stdout.splitlines() == [f"line {number}" for number in range(100, 200)]


def test_all_logs_of_beanstalk(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | {"logs filter-log-events *": "a\nb\n"})
    assert aws.script("aws/logs", "all", "beanstalk", **REGION).stdout == "a\nb\n"
    assert "/aws/elasticbeanstalk/mlserving-beanstalk/" in aws.commands()[-1]


def test_teardown_where_beanstalk_was_never_used_leaves_its_bucket_alone(aws: Sandbox) -> None:
    done = aws.script("aws/teardown", **REGION)
    assert done.returncode == 0, done.stderr
    assert "bucket" not in done.stderr
    assert not [line for line in aws.commands() if line.startswith("aws s3 ")]


def test_teardown_empties_its_folder_of_beanstalks_bucket(aws: Sandbox) -> None:
    answers(aws, "aws", ANSWERS | {"s3api head-bucket *": ""})
    done = aws.script("aws/teardown", **REGION)
    assert done.returncode == 0, done.stderr
    bucket = "elasticbeanstalk-eu-central-1-123456789012"
    assert f"aws s3 rm --recursive s3://{bucket}/mlserving" in aws.commands()
    assert f"{bucket} remains" in done.stderr


def test_empty_arrays_are_expanded_as_the_bash_of_macos_needs_it() -> None:
    for script in (ROOT / "scripts" / "aws").iterdir():
        if script.is_file() and script.suffix in ("", ".sh"):
            bare = re.sub(r'\$\{(\w+)\[@\]\+"\$\{\1\[@\]\}"\}', "", script.read_text())
            assert set(re.findall(r'"\$\{(\w+)\[@\]\}"', bare)) <= FILLED, script


def test_teardown_removes_every_stack(aws: Sandbox) -> None:
    assert aws.script("aws/teardown", **REGION).returncode == 0
    removed = [line.split()[-1] for line in aws.commands() if "delete-stack" in line]
    assert removed == ["mlserving-alarms", "mlserving", "mlserving-beanstalk", "mlserving-registry"]


def answers(sandbox: Sandbox, name: str, known: Mapping[str, str]) -> None:
    """Create a fake tool, given what it answers to which arguments; any others fail."""
    sandbox.tool(name, {words.replace(" ", "\\ "): answer for words, answer in known.items()}, otherwise=255)


def refusal(sandbox: Sandbox, command: str, *words: str, **environment: str) -> str:
    done = sandbox.script(command, *words, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert len([line for line in done.stderr.splitlines() if not line.startswith("+")]) == 1, done.stderr
    return done.stderr
