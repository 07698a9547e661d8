"""scripts/aws/push with a real Docker and a real registry, Debian's docker-registry, in place of ECR."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.docker_engine import BASE
from tests.served import free_port

pytestmark = pytest.mark.docker

# What `docker login` sends, and the registry's own form of it: bcrypt, the only one that it reads.
USER, PASSWORD = "AWS", "secret"
HTPASSWD = f"{USER}:$2b$04$94u6p0io9z3ahCCvmzEZ8O75YTwQbX/R5hWK4jXVUYxD931XrCRCu"
CONFIGURATION = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/images}}}}
http: {{addr: "127.0.0.1:{port}"}}
auth: {{htpasswd: {{realm: ECR, path: {folder}/htpasswd}}}}
"""
# AWS's CLI as far as push calls it, for a registry on this machine.
AWS = """#!/bin/sh
echo "$*" >>{folder}/calls
case "$*" in
  "sts get-caller-identity"*) echo 123456789012 ;;
  "ecr get-login-password"*) echo secret ;;
  "ecr describe-images"*) exit 254 ;;
  *RepositoryUri*) echo 127.0.0.1:{port}/mlserving ;;
  "cloudformation deploy"*) ;;
  *) exit 255 ;;
esac
"""


@contextmanager
def registry(folder: Path, port: int) -> Iterator[httpx.Client]:
    """Run a registry that lets in only who has logged in, and yield a client that has."""
    find = [str(ROOT / "scripts" / "daemon"), "docker-registry"]
    program = subprocess.run(find, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    (folder / "htpasswd").write_text(f"{HTPASSWD}\n")
    (folder / "registry.yaml").write_text(CONFIGURATION.format(folder=folder, port=port))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", folder / "registry.yaml"], stdout=log, stderr=log)
    try:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/v2", transport=transport) as client:
            assert client.get("/").status_code == 401
            client.auth = httpx.BasicAuth(USER, PASSWORD)
            yield client
    finally:
        process.terminate()
        process.wait()


def push(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "scripts" / "aws" / "push"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_push_logs_in_and_pushes_what_can_be_pulled(docker: Mapping[str, str], tmp_path: Path) -> None:
    port = free_port()
    tools = tmp_path / "bin"
    tools.mkdir()
    with registry(tmp_path, port) as client:
        aws = tools / "aws"
        aws.write_text(AWS.format(folder=tmp_path, port=port))
        aws.chmod(0o755)
        environment = {
            **docker,
            "PATH": f"{tools}:{docker['PATH']}",
            "DOCKER_CONFIG": str(tmp_path / "docker"),  # where docker keeps the password
            "AWS_DEFAULT_REGION": "eu-central-1",
            "IMAGE": BASE,
        }
        done = push(environment)
        assert done.returncode == 0, done.stderr
        (tag,) = client.get("/mlserving/tags/list").json()["tags"]
        accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        manifest = client.get(f"/mlserving/manifests/{tag}", headers=accept).json()
        inspected = subprocess.run(
            [shutil.which("docker", path=environment["PATH"]) or "docker", "image", "inspect", BASE],
            env=environment,
            capture_output=True,
            check=True,
        )
        identifier = json.loads(inspected.stdout)[0]["Id"]
        assert manifest["config"]["digest"] == identifier
        assert tag == identifier.removeprefix("sha256:")[:12]
        assert push({**environment, "IMAGE": "nowhere"}).returncode == 1
    assert "cloudformation deploy --stack-name mlserving-registry" in (tmp_path / "calls").read_text()
