from pathlib import Path

import pytest

from model.catalog import SHIPPED
from model.manifest import SKOPS
from model.store.address import Address
from server.settings import SettingsError, from_environment, needs_pandas


def test_empty_environment_serves_the_shipped_models_on_port_8000() -> None:
    settings = from_environment({})
    assert settings.models == tuple(
        (model.name, Path("model/bundles") / model.name) for model in SHIPPED if model.by_default
    )
    assert (settings.port, settings.max_body_bytes, settings.queue_size, settings.grace_seconds) == (
        8000,
        1 << 20,
        32,
        20,
    )
    assert (settings.metrics_port, settings.grpc_port, settings.docs) == (0, 0, False)
    assert (settings.idle_seconds, settings.drain_seconds) == (65, 0)
    assert settings.max_picture_bytes == 10 << 20


def test_the_limit_of_pictures_is_never_below_that_of_other_bodies() -> None:
    assert from_environment({"MAX_BODY_BYTES": str(20 << 20)}).max_picture_bytes == 20 << 20
    same = from_environment({"MAX_BODY_BYTES": "65536", "MAX_PICTURE_BYTES": "65536"})
    assert (same.max_body_bytes, same.max_picture_bytes) == (65536, 65536)
    with pytest.raises(SettingsError, match="MAX_PICTURE_BYTES must be a whole number from 1048576"):
        from_environment({"MAX_PICTURE_BYTES": "1048575"})


def test_metrics_and_docs_can_be_switched_on() -> None:
    settings = from_environment({"METRICS_PORT": "9000", "DOCS": "On"})
    assert (settings.metrics_port, settings.docs) == (9000, True)


def test_lists_of_models_keep_their_order() -> None:
    settings = from_environment({"MODEL_NAME": "a, b", "MODEL_PATH": "/x,/y/model.onnx"})
    assert settings.models == (("a", Path("/x")), ("b", Path("/y/model.onnx")))


def test_folders_and_addresses_of_stores_may_be_mixed() -> None:
    settings = from_environment(
        {"MODEL_NAME": "a,b", "MODEL_PATH": "/x, s3://models/b/", "AWS_ENDPOINT_URL": "s3:9000"}
    )
    assert settings.models == (("a", Path("/x")), ("b", Address("s3://models/b")))
    assert settings.store.endpoint == "https://s3:9000"


def test_any_digest_will_do_unless_one_is_given() -> None:
    two = {"MODEL_NAME": "a,b", "MODEL_PATH": "/x,/y"}
    assert from_environment(two).digests == ("", "")
    assert from_environment(two | {"MODEL_DIGEST": f", {'0' * 64}"}).digests == ("", "0" * 64)


def test_pandas_is_needed_for_what_may_come_from_a_store(tmp_path: Path) -> None:
    assert needs_pandas({"MODEL_NAME": "a", "MODEL_PATH": "s3://models/a"})
    assert not needs_pandas({"MODEL_NAME": "a", "MODEL_PATH": str(tmp_path)})
    (tmp_path / SKOPS).touch()
    assert needs_pandas({"MODEL_NAME": "a", "MODEL_PATH": str(tmp_path)})


def test_no_image_hosts_by_default() -> None:
    for nothing in ({}, {"IMAGE_HOSTS": ""}, {"IMAGE_HOSTS": " , "}):
        assert from_environment(nothing).image_hosts == frozenset()


def test_image_hosts_have_default_ports_or_the_given_one() -> None:
    hosts = from_environment({"IMAGE_HOSTS": "Pictures.example.org, my_bucket.example.com:8443,xn--bcher-kva.example"})
    assert hosts.image_hosts == {
        ("pictures.example.org", 80),
        ("pictures.example.org", 443),
        ("my_bucket.example.com", 8443),
        ("xn--bcher-kva.example", 80),
        ("xn--bcher-kva.example", 443),
    }


@pytest.mark.parametrize(
    "entry",
    ["localhost", "10.0.0.1", "0x7f.0x1", "[::1]", "*.example.org", "example.org.", "https://example.org", "user@a.org",
     "a.org:0", "a.org:65536", "a.org:", "-a.org", "a-.org", "a..org", ".org", "bücher.example", "a.org/x", "a b.org",
     "a" * 64 + ".org", "a." * 126 + "orgs"],
)  # fmt: skip
def test_bad_image_host_is_refused(entry: str) -> None:
    with pytest.raises(SettingsError, match=r"IMAGE_HOSTS must be .* such as pictures\.example\.org"):
        from_environment({"IMAGE_HOSTS": f"good.example.org,{entry}"})


def test_no_origins_by_default() -> None:
    for nothing in ({}, {"CORS_ORIGINS": ""}, {"CORS_ORIGINS": " , "}):
        assert from_environment(nothing).cors_origins == frozenset()


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("*", {"*"}),
        ("https://App.example.org, http://localhost:3000", {"https://app.example.org", "http://localhost:3000"}),
        ("http://[::1]:8080,capacitor://localhost", {"http://[::1]:8080", "capacitor://localhost"}),
        ("https://xn--bcher-kva.example:80", {"https://xn--bcher-kva.example:80"}),
    ],
)
def test_origins_are_those_that_browsers_send(text: str, origins: set[str]) -> None:
    assert from_environment({"CORS_ORIGINS": text}).cors_origins == origins


@pytest.mark.parametrize(
    "entry",
    ["example.org", "https://example.org/", "https://example.org/a", "https://*.example.org", "https://", "null", "*",
     "https://example.org:443", "http://example.org:80", "https://example.org:0", "https://user@a.org", "https://a b",
     "https://a.org\r\nx: y"],
)  # fmt: skip
def test_origin_that_no_browser_sends_is_refused(entry: str) -> None:
    with pytest.raises(SettingsError, match=r"CORS_ORIGINS must be .* such as https://app\.example\.org"):
        from_environment({"CORS_ORIGINS": f"https://good.example.org,{entry}"})


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number from 1 to 65535, not 'eighty'"),
        ({"PORT": "0"}, "PORT must be"),
        ({"PORT": "-1"}, "PORT must be"),
        ({"PORT": "9" * 5000}, "PORT must be"),
        ({"PORT": "８０"}, "PORT must be"),
        ({"MAX_BODY_BYTES": "1"}, "MAX_BODY_BYTES must be"),
        ({"QUEUE_SIZE": "0"}, "QUEUE_SIZE must be"),
        ({"METRICS_PORT": "65536"}, "METRICS_PORT must be"),
        ({"GRPC_PORT": "on"}, "GRPC_PORT must be"),
        ({"POD_NAME": "a\r\nx: y"}, "POD_NAME must be"),
        ({"DOCS": "yes"}, "DOCS must be on or off, not 'yes'"),
        ({"GRACE_SECONDS": "601"}, "GRACE_SECONDS must be"),
        ({"DRAIN_SECONDS": "-1"}, "DRAIN_SECONDS must be"),
        ({"IDLE_SECONDS": "0"}, "IDLE_SECONDS must be"),
        ({"IDLE_SECONDS": "86401"}, "IDLE_SECONDS must be"),
        ({"MODEL_NAME": ""}, "must not be empty"),
        ({"MODEL_NAME": "a,"}, "must not be empty"),
        ({"MODEL_NAME": "a,b", "MODEL_PATH": "/x"}, "has 2 entries and MODEL_PATH 1"),
        ({"MODEL_NAME": "a,a", "MODEL_PATH": "/x,/y"}, "the same model twice"),
        (
            {"MODEL_NAME": "a/b", "MODEL_PATH": "/x"},
            "MODEL_NAME: 'a/b' is not a valid name for a model. Use 1 to 63 letters",
        ),
        ({"MODEL_NAME": "{model}", "MODEL_PATH": "/x"}, "Use 1 to 63 letters"),
        ({"MODEL_NAME": "batch", "MODEL_PATH": "/x"}, "'batch': /predict/batch is a path of its own"),
        ({"MODEL_NAME": "a", "MODEL_PATH": "s3:///x"}, "MODEL_PATH is not usable. The address .* must look like"),
        ({"MODEL_NAME": "a", "MODEL_PATH": "ftp://host/x"}, "must look like s3://bucket/folder"),
        ({"AWS_ENDPOINT_URL": "ftp://store"}, "AWS_ENDPOINT_URL must be like"),
        ({"MODEL_DIGEST": "0" * 64}, "MODEL_DIGEST must have as many comma-separated entries as MODEL_NAME"),
        ({"MODEL_NAME": "a", "MODEL_PATH": "/x", "MODEL_DIGEST": "abc"}, "each is 64 hexadecimal digits"),
        ({"MODEL_NAME": "a,img", "MODEL_PATH": "/x,/y"}, "'img': /predict/img is a path of its own"),
    ],
)
def test_bad_setting_is_refused_by_name(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        from_environment(environment)
