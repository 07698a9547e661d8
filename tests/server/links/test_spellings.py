"""The spelling of links, and the hosts that they may name."""

from ipaddress import IPv4Address

import pytest
import uvloop

from server import links
from server.errors import BadLink
from server.links import Links
from tests.server.links.host import NAME, TRUSTING_NOBODY, download

OTHER_HOSTS = [
    "http://evilpictures.example/", "http://pictures.example.evil.com/", "http://a.pictures.example/",
    "http://pictures.example./", "http://pictures.example:8080/", "http://pictures.example:0/",
    "http://pictures.example:99999/", "http://pictures_example/", "http://2130706433/", "http://0x7f.1/",
    "http://127.1/", "http://localhost/", "http://xn--pictures.example/", "http://pictures-example",
]  # fmt: skip
MALFORMED = [
    "", "pictures.example/a.png", "//pictures.example/", "ftp://pictures.example/", "file:///etc/passwd",
    "data:image/png;base64,AA==", "javascript:alert(1)", "http:pictures.example", "http:///pictures.example/",
    "http://a@pictures.example/", "http://pictures.example@127.0.0.1/", "http://a:b@pictures.example/",
    "http://pictures.example:80@127.0.0.1/", "http://127.0.0.1\\@pictures.example/", "http://pictures.example\\a",
    "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://pictures.example:/", "http://pictures.example:８０/",
    "http://pictures%2eexample/", "http://ｐictures.example/", "http://pictures。example/", "http://bücher.example/",
    "httpſ://pictures.example/", "http://picture\u017f.example/", "http://pictures.example/a b",
    "http://pictures.example/ä", "http://pictures.example/\r\nHost: a",
    " http://pictures.example/", "http://pictures.example/\n",
    "http://pictures.example/" + "a" * 8192, "http://" + "a" * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("link", "fact"),
    [(link, "on the server's list") for link in OTHER_HOSTS]
    + [(link, "must look like https://host/picture.jpg") for link in MALFORMED],
)
def test_other_hosts_and_malformed_links_are_refused_without_a_look_up(link: str, fact: str) -> None:
    async def resolve(_name: str) -> list[IPv4Address]:
        raise AssertionError("looked up")

    with pytest.raises(BadLink, match=fact) as refusal:
        uvloop.run(download(Links({(NAME, 80), (NAME, 443)}, resolve, tls=TRUSTING_NOBODY), link))
    assert (refusal.value.status, refusal.value.reason) == (400, "link")


def test_case_matters_only_in_the_path() -> None:
    target = links.parse_link("HTTPS://Pictures.EXAMPLE/A.png?B")
    assert target == links.LinkTarget("https", NAME, 443, "/A.png?B")
    assert target.authority == NAME
    assert links.parse_link("http://pictures.example:443").authority == "pictures.example:443"
