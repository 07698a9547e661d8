import pytest

from model.manifest import BundleError
from model.store.address import Access, access, is_address, parse


@pytest.mark.parametrize(
    "text",
    ["s3://models", "s3://models/cost", "s3://my.bucket_1/a/b-c", "gs://models/a", "az://models/a",
     "https://store.example.org:8443/models/cost"],
)  # fmt: skip
def test_address_is_kept_as_it_is(text: str) -> None:
    assert is_address(text)
    assert str(parse(text)) == text


def test_slash_at_the_end_is_dropped() -> None:
    assert parse("s3://models/cost/") == parse("s3://models/cost")


@pytest.mark.parametrize(
    "text",
    ["s3://", "s3:///cost", "ftp://models/cost", "file:///etc", "http://store.example.org/cost", "memory:///",
     "s3://models//cost", "s3://key:hush@models/cost", "https://user@store.example.org/a",
     "https://store.example.org/a?X-Amz-Signature=hush", "s3://models/a#hush", "s3://models/a b"],
)  # fmt: skip
def test_other_address_is_refused_without_repeating_it(text: str) -> None:
    assert is_address(text)
    with pytest.raises(BundleError, match="must look like s3://bucket/folder") as refused:
        parse(text)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("path", ["model/bundles/digits", "/model", "C:model", "s3"])
def test_path_of_a_folder_is_no_address(path: str) -> None:
    assert not is_address(path)


def test_variables_that_kserve_sets_are_read() -> None:
    assert access({}) == Access(endpoint="", ca_bundle="", verify=True, metadata="http://169.254.169.254")
    assert access({"AWS_ENDPOINT_URL": ""}) == access({})
    secure = {"AWS_ENDPOINT_URL": "https://store.example.org:9000", "AWS_CA_BUNDLE": "/etc/ca.pem"}
    assert access({"AWS_SKIP_SIGNATURE": "true", **secure}) == Access(
        "https://store.example.org:9000", "/etc/ca.pem", verify=True
    )
    assert access({"S3_VERIFY_SSL": "0"}).verify is False
    assert access({"S3_VERIFY_SSL": "1"}).verify is True


def test_https_is_used_unless_it_is_switched_off() -> None:
    assert access({"AWS_ENDPOINT_URL": "store:9000"}).endpoint == "https://store:9000"
    assert access({"AWS_ENDPOINT_URL": "store:9000", "S3_USE_HTTPS": "1"}).endpoint == "https://store:9000"
    assert access({"AWS_ENDPOINT_URL": "store:9000", "S3_USE_HTTPS": "0"}).endpoint == "http://store:9000"


@pytest.mark.parametrize("endpoint", ["https://user:hush@store", "ftp://store", "https://", "https://store?key=hush"])
def test_bad_endpoint_is_refused_without_repeating_it(endpoint: str) -> None:
    with pytest.raises(BundleError, match="AWS_ENDPOINT_URL must be like") as refused:
        access({"AWS_ENDPOINT_URL": endpoint})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
)
def test_only_without_other_credentials_is_an_instance_asked(name: str) -> None:
    assert access({name: "x"}).metadata == ""
    assert access({name: ""}).metadata == "http://169.254.169.254"
    assert access({"AWS_METADATA_ENDPOINT": "http://[fd00:ec2::254]"}).metadata == "http://[fd00:ec2::254]"
