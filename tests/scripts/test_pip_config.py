"""The image build and uv reach the package index with the host's settings for pip."""

import configparser
import importlib.util
import subprocess
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
