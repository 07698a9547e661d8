"""The image build and uv reach the package index with the host's settings for pip."""

import configparser
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "pip_config.py"


@pytest.fixture(scope="module")
def pip_config() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pip_config", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("present", "environment"),
    [
        ([], {}),
        (["home/.pip"], {}),
        (["home/.pip", "home/.config/pip"], {}),
        (["home/.config/pip", "mine/pip"], {"XDG_CONFIG_HOME": "mine"}),
        (["shared/pip", "other/pip"], {"XDG_CONFIG_DIRS": "shared:other"}),
        (["shared/pip", "home/.pip"], {"XDG_CONFIG_DIRS": "shared"}),
        (["home/.config/pip", "chosen"], {"PIP_CONFIG_FILE": "chosen/pip.conf"}),
        (["home/.config/pip"], {"PIP_CONFIG_FILE": "absent"}),
        (["home/.config/pip"], {"PIP_CONFIG_FILE": os.devnull}),
    ],
)
def test_the_same_files_are_read_as_pip_reads(present: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    for number, folder in enumerate(present):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "pip.conf").write_text(f"[global]\nindex-url = {folder}\nretries = {number}\n")
    for folder in present[:1]:
        with (tmp_path / folder / "pip.conf").open("a") as file:
            file.write("timeout = 9\n")  # which no later file overrides
    paths = {name: ":".join(str(tmp_path / each) for each in value.split(":")) for name, value in environment.items()}
    variables = {"HOME": str(tmp_path / "home"), **paths}
    listed, rendered = (
        subprocess.run([sys.executable, *words], env=variables, capture_output=True, text=True, check=True).stdout
        for words in (["-m", "pip", "config", "list"], [str(SCRIPT)])
    )
    parser = configparser.RawConfigParser()
    parser.read_string(rendered)
    kept = {"index-url", "retries", "timeout"}
    known = dict(re.findall(r"^global\.(.*?)='(.*)'$", listed, re.MULTILINE))
    assert {name: parser["global"].get(name) for name in kept} == {name: known.get(name) for name in kept}


def test_a_mac_has_a_folder_of_its_own_and_an_environment_overrides_the_user(
    pip_config: ModuleType, tmp_path: Path
) -> None:
    library = Path("Library/Application Support/pip/pip.conf")
    own, prefix = tmp_path / library, Path("/env")
    usual = ["/" / library, tmp_path / ".pip/pip.conf", tmp_path / ".config/pip/pip.conf", prefix / "pip.conf"]
    assert pip_config.config_files({}, tmp_path, "darwin", str(prefix)) == usual
    own.parent.mkdir(parents=True)
    assert pip_config.config_files({}, tmp_path, "darwin", str(prefix)) == [*usual[:2], own, usual[-1]]


def test_environment_overrides_files_and_later_files_override_earlier_ones(
    pip_config: ModuleType, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("[global]\nindex-url = https://first/\ntimeout = 1\nproxy = http://first/\n")
    second.write_text("[global]\nindex-url = https://second/\n[install]\ntimeout = 2\n")
    environment = {"PIP_PROXY": "http://third/", "HOME": "/root"}
    assert pip_config.merge([first, second, tmp_path / "absent"], environment) == {
        "index-url": "https://second/",
        "timeout": "2",
        "proxy": "http://third/",
    }


def test_settings_unrelated_to_the_index_are_dropped(pip_config: ModuleType) -> None:
    environment = {
        "PIP_DEFAULT_TIMEOUT": "9",
        "PIP_FIND_LINKS": "/wheels",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_RETRIES": "",
    }
    assert pip_config.merge([], environment) == {"timeout": "9"}


def test_a_setting_with_several_values_survives_a_round_trip(pip_config: ModuleType) -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(pip_config.render({"extra-index-url": "https://a/ https://b/", "retries": "3"}))
    assert parser["global"]["extra-index-url"].split() == ["https://a/", "https://b/"]
    assert parser["global"]["retries"] == "3"


def test_uv_gets_the_same_settings(pip_config: ModuleType, tmp_path: Path) -> None:
    settings = {
        "index-url": "https://me:a'b@first/",
        "extra-index-url": "\nhttps://second/\nhttps://third/",
        "find-links": f"{tmp_path} /absent https://wheels/",
        "cert": "/certificates.pem",
    }
    shell = f"{pip_config.export(settings)}env"
    lines = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True, env={}).stdout.splitlines()
    assert {
        "UV_DEFAULT_INDEX=https://me:a'b@first/",
        "UV_INDEX=https://second/ https://third/",
        "UV_INDEX_STRATEGY=unsafe-best-match",
        f"UV_FIND_LINKS={tmp_path},https://wheels/",
        "SSL_CERT_FILE=/certificates.pem",
    } <= set(lines)


def test_uv_gets_nothing_that_pip_is_not_told(pip_config: ModuleType) -> None:
    assert pip_config.export(pip_config.merge([], {"PIP_FIND_LINKS": "/absent"}, tuple(pip_config.UV))) == ""
