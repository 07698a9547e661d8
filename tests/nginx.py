"""A real nginx in front of the server."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.served import ROOT

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http}
}}
"""


def configuration(folder: Path, http: str) -> str:
    """Return a configuration whose files all lie in one folder."""
    return CONFIGURATION.format(folder=folder, http=http, user="user root;" if os.geteuid() == 0 else "")


@contextmanager
def nginx(folder: Path, http: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run an nginx until the block ends.

    Args:
        folder: Where its files go.
        http: What its configuration says within `http`.
        url: What it answers once it listens.
    """
    find = [str(ROOT / "scripts" / "daemon"), "nginx"]
    program = subprocess.run(find, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    (folder / "nginx.conf").write_text(configuration(folder, http))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "error.log"])
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=5)) as client:
            client.get(url)
        yield process
    finally:
        process.terminate()
        process.wait()
