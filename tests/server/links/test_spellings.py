"""What a link may look like, and which hosts it may name."""

from ipaddress import IPv4Address

import pytest
import uvloop

from server import links
from server.errors import BadLink
from server.links import Links
from tests.server.links.host import NAME, TRUSTING_NOBODY, fetched

LINKS_ELSEWHERE = [
    "http://evilpictures.example/", "http://pictures.example.evil.com/", "http://a.pictures.example/",
    "http://pictures.example./", "http://pictures.example:8080/", "http://pictures.example:0/",
    "http://pictures.example:99999/", "http://pictures_example/", "http://2130706433/", "http://0x7f.1/",
    "http://127.1/", "http://localhost/", "http://xn--pictures.example/", "http://pictures-example",
]  # fmt: skip
NO_LINKS = [
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
    ("link", "sentence"),
    [(link, "Nothing is fetched from the host, or the port, of this link") for link in LINKS_ELSEWHERE]
    + [(link, "A link looks like https://host/picture.jpg") for link in NO_LINKS],
)
def test_a_link_that_leads_elsewhere_or_nowhere_is_never_looked_up(link: str, sentence: str) -> None:
    async def resolve(_name: str) -> list[IPv4Address]:
        raise AssertionError("looked up")

    with pytest.raises(BadLink, match=sentence) as refusal:
        uvloop.run(fetched(Links({(NAME, 80), (NAME, 443)}, resolve, tls=TRUSTING_NOBODY), link))
    assert refusal.value.status == 400


def test_case_does_not_matter_but_in_the_path() -> None:
    place = links.understood("HTTPS://Pictures.EXAMPLE/A.png?B")
    assert place == links.Place(tls=True, host=NAME, port=443, target="/A.png?B")
    assert place.authority == NAME
    assert links.understood("http://pictures.example:443").authority == "pictures.example:443"
