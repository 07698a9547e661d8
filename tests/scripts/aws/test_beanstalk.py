"""The files for Elastic Beanstalk have the documented shape, and a real nginx with them passes on what it takes."""

import io
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from PIL import Image

from server.route import READINESS
from server.settings import from_environment
from tests.conftest import ROOT
from tests.nginx import nginx
from tests.scripts.aws.options import BEANSTALK, OPTIONS, unknown
from tests.scripts.aws.templates import AWS
from tests.served import free_port, serving

FILES = AWS / "beanstalk_files"
# What Beanstalk's Docker platform has around the files in .platform/nginx/conf.d.
PLATFORM = """
  {shipped}
  map $http_upgrade $connection_upgrade {{ default "upgrade"; "" ""; }}
  upstream docker {{ server {target}; keepalive 256; }}
  server {{
    listen 127.0.0.1:{port};
    client_header_timeout 60;
    client_body_timeout 60;
    keepalive_timeout 60;
    location / {{
      proxy_pass http://docker;
      proxy_http_version 1.1;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
"""


def test_dockerrun_has_the_shape_of_version_1() -> None:
    """As in "Managing images without Docker Compose" of Elastic Beanstalk's guide; all values but ports are strings."""
    dockerrun = json.loads((FILES / "Dockerrun.aws.json").read_text())
    known = {"AWSEBDockerrunVersion", "Authentication", "Image", "Ports", "Volumes", "Logging", "Entrypoint", "Command"}
    assert set(dockerrun) <= known
    assert dockerrun["AWSEBDockerrunVersion"] == "1"
    assert dockerrun["Image"] == {"Name": "IMAGE_URI", "Update": "true"}
    assert dockerrun["Ports"] == [{"ContainerPort": from_environment({}).port}]


def test_every_option_is_documented() -> None:
    variables = f"{BEANSTALK}application:environment"  # has whatever variables the server takes
    options = {
        (space, name): value for space, each in OPTIONS.items() if space != variables for name, value in each.items()
    }
    assert list(unknown(options)) == []


def test_options_suit_the_server() -> None:
    environment = OPTIONS["aws:elasticbeanstalk:application:environment"]
    assert from_environment(environment).grace_seconds < 10  # Docker's time between SIGTERM and SIGKILL
    assert OPTIONS["aws:elasticbeanstalk:application"]["Application Healthcheck URL"] in READINESS
    assert OPTIONS["aws:elasticbeanstalk:environment:process:default"]["HealthCheckPath"] in READINESS


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The server's address and nginx's, which has the shipped configuration."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    shipped = "\n".join(path.read_text() for path in sorted((FILES / ".platform" / "nginx" / "conf.d").iterdir()))
    url = f"http://127.0.0.1:{port}"
    models = {"MODEL_NAME": "digits", "MODEL_PATH": "model/bundles/digits"}
    with serving(models, folder / "log") as served:
        http = PLATFORM.format(shipped=shipped, target=urlsplit(served.url).netloc, port=port)
        with nginx(folder, http, url):
            yield served.url, url


@pytest.mark.slow
def test_health_path_answers_through_nginx(proxied: tuple[str, str]) -> None:
    path = OPTIONS["aws:elasticbeanstalk:application"]["Application Healthcheck URL"]
    assert httpx.get(proxied[1] + path).json() == {"status": "ok"}


@pytest.mark.slow
def test_picture_over_a_mebibyte_is_answered(proxied: tuple[str, str]) -> None:
    picture = noise()
    assert 1.5e6 < len(picture) < 1.7e6
    direct, through = (send(url, picture) for url in proxied)
    assert (direct.status_code, through.status_code) == (200, 200)
    assert through.json() == direct.json()


@pytest.mark.slow
def test_picture_over_the_limit_gets_the_server_s_own_refusal(proxied: tuple[str, str]) -> None:
    refused = send(proxied[1], bytes(from_environment({}).max_picture_bytes + 1))
    assert (refused.status_code, refused.json()["reason"]) == (413, "body")


@pytest.mark.slow
@pytest.mark.timing
def test_client_too_slow_for_the_server_is_answered(proxied: tuple[str, str]) -> None:
    """nginx takes the whole body first; the server alone gives up after 5 s and a second for each 64 KiB."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(slowly, proxied))
    assert [answer.split()[1] for answer in answers] == [b"408", b"200"]


def noise() -> bytes:
    """Return a PNG of 1.5 MB, which no compression makes smaller."""
    pixels = np.random.default_rng(0).integers(0, 256, (720, 720, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def send(url: str, picture: bytes) -> httpx.Response:
    return httpx.post(f"{url}/predict/digits", content=picture, headers={"Content-Type": "image/png"}, timeout=30)


def slowly(url: str) -> bytes:
    """Send a picture within 9 s, and return the beginning of the answer."""
    picture = (ROOT / "loadtest" / "pictures" / "digits" / "digit-7-1.png").read_bytes()
    address = urlsplit(url)
    fields = f"Host: h\r\nContent-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port or 80), timeout=20) as connection:
        connection.sendall(f"POST /predict/digits HTTP/1.1\r\n{fields}".encode())
        for part in (picture[:50], picture[50:100], picture[100:]):
            time.sleep(3)
            try:
                connection.sendall(part)
            except OSError:
                break
        return connection.recv(4096)
