import pytest

from server.http import limits

HOST = (b"host", b"h")
SHARED = limits.ConnectionLimits(max_body_bytes=1000, max_held_bytes=9000, max_picture_bytes=3000)
ROWS = limits.ConnectionLimits(max_body_bytes=1000, max_held_bytes=9000)


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ([HOST], "1.1"),
        ([], "1.0"),
        ([HOST], "1.0"),
        ([HOST, (b"content-length", b"1000")], "1.1"),
        ([HOST, (b"transfer-encoding", b"Chunked")], "1.1"),
        ([HOST, (b"content-length", b"3000"), (b"content-type", b"image/png")], "1.1"),
        ([HOST, *[(b"x", b"y")] * 99], "1.1"),
    ],
)
def test_a_good_head_passes(fields: limits.Fields, version: str) -> None:
    assert limits.check_head(fields, version, SHARED) is None


@pytest.mark.parametrize(
    ("fields", "version", "status"),
    [
        ([], "1.1", 400),
        ([HOST, HOST], "1.1", 400),
        ([HOST, HOST], "1.0", 400),
        ([HOST], "2.0", 400),
        ([HOST], "0.9", 400),
        ([HOST, (b"content-length", b"1001")], "1.1", 413),
        ([HOST, (b"content-length", b"1001"), (b"content-type", b"application/json")], "1.1", 413),
        ([HOST, (b"content-length", b"3001"), (b"content-type", b"image/png")], "1.1", 413),
        ([HOST, (b"transfer-encoding", b"gzip, chunked")], "1.1", 400),
        ([HOST, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")], "1.1", 400),
        ([(b"transfer-encoding", b"chunked")], "1.0", 400),
        ([HOST, (b"content-type", b"image/png"), (b"content-type", b"application/json")], "1.1", 400),
        ([HOST, (b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")], "1.1", 400),
        ([HOST, *[(b"inference-header-content-length", b"%d" % length) for length in (24, 0)]], "1.1", 400),
        ([HOST, *[(b"x", b"y")] * 100], "1.1", 431),
    ],
)
def test_a_bad_head_is_refused(fields: limits.Fields, version: str, status: int) -> None:
    refusal = limits.check_head(fields, version, SHARED)
    assert refusal is not None
    assert refusal.status == status


@pytest.mark.parametrize(
    "kind", [b"image/jpeg", b"Image/PNG", b"image/heic", b"application/dicom", b"multipart/form-data; boundary=b"]
)
def test_a_picture_as_a_file_may_be_longer_if_a_model_takes_pictures(kind: bytes) -> None:
    fields = [HOST, (b"content-type", kind)]
    assert (SHARED.body_bytes(fields), ROWS.body_bytes(fields)) == (3000, 1000)
    assert "3000" in SHARED.too_large(fields).sentence
    assert "rows" not in SHARED.too_large(fields).sentence


@pytest.mark.parametrize(
    "fields", [[], [(b"content-type", b"application/json")], [(b"content-type", b"text/image/png")]]
)
def test_any_other_body_has_the_smaller_limit(fields: limits.Fields) -> None:
    assert SHARED.body_bytes(fields) == 1000
    assert "1000" in SHARED.too_large(fields).sentence
    assert "as a file, not in JSON, may have 3000" in SHARED.too_large(fields).sentence
    assert "file" not in ROWS.too_large(fields).sentence


def test_size_is_what_was_sent() -> None:
    assert limits.head_size(b"/abc", [(b"host", b"h")]) == len(b"/abc") + len(b"host: h\r\n")


@pytest.mark.parametrize(
    ("url", "size", "status"),
    [(b"/", 32768, None), (b"/", 32769, 431), (b"/" * 8192, 9000, None), (b"/" * 8193, 1, 414)],
)
def test_what_is_too_long_is_refused(url: bytes, size: int, status: int | None) -> None:
    refusal = limits.check_size(url, size)
    assert (refusal.status if refusal else None) == status
