"""Which addresses may be asked, and that the connection goes where the check looked."""

from __future__ import annotations

import contextlib
import ipaddress
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import FetchError
from penchant.sources.fetch import AddressPolicy, FetchOptions, address_stamp, check_address, host_of
from penchant.sources.fetch.policy import Resolver, is_public

PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1",
    "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
]  # fmt: skip


def answering(*addresses: str) -> Resolver:
    """A resolver that says the same of every name."""
    return lambda *_: addresses


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_as_numbers_and_behind_names(address: str) -> None:
    shown = f"[{address}]" if ":" in address else address
    policy = AddressPolicy(resolve=answering(address))
    for host in (address, shown, "pictures.example"):
        with pytest.raises(FetchError, match="is not a public address") as caught:
            policy.addresses(host, 443)
        assert caught.value.lasting
    open_to_all = AddressPolicy(public_only=False, resolve=answering(address))
    assert open_to_all.addresses("pictures.example", 443) == (address,)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_ones_are_not(address: str) -> None:
    assert AddressPolicy(resolve=answering(address)).addresses("a.example", 80) == (address,)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_by_itself(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    for outer in (0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x64FF9B << 96 | number):
        assert is_public(ipaddress.IPv6Address(outer)) == is_public(inner)


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    policy = AddressPolicy(resolve=answering("93.184.216.34", "10.0.0.1"))
    with pytest.raises(FetchError, match=r"a\.example \(10\.0\.0\.1\) is not a public address; --allow-private"):
        policy.addresses("a.example", 80)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost"])
def test_this_machine_by_name(host: str) -> None:
    with pytest.raises(FetchError, match="is this machine"):
        AddressPolicy(resolve=answering()).check_host(host, 80)


def test_a_name_that_answers_differently_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    httpcore = pytest.importorskip("httpcore")
    pytest.importorskip("protego")
    from penchant.retry import Retry
    from penchant.sources.fetch import PictureFetcher

    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    def connect(self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("as far as this test goes")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    options = FetchOptions(
        policy=AddressPolicy(resolve=resolve), robots=False, retry=Retry(attempts=2, first=0.001), interval=0,
        use_proxy=False,
    )  # fmt: skip
    with PictureFetcher(options) as fetcher, pytest.raises(FetchError, match="is not a public address"):
        fetcher.fetch("https://rebind.example/a.jpg")
    assert asked == ["rebind.example", "rebind.example"], "one look-up a connection"
    assert connected == ["93.184.216.34"], "to what was looked at, and never to the second answer"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example/a.jpg", "no web address: ftp: is not fetched"),
        ("file:///etc/passwd", "no web address: file: is not fetched"),
        ("a.example/a.jpg", "no web address: it has no http:// or https://"),
        ("https:///a.jpg", "no web address: it names no host"),
        ("http://a.example:99999/", "no web address (Port out of range 0-65535)"),
        ("http://[::1/", "no web address (Invalid IPv6 URL)"),
        ("https://me:secret@a.example/", "refused: the address holds a name and password, which would be stored"),
        ("", "no web address: it has no http:// or https://"),
    ],
)
def test_what_is_no_web_address(url: str, reason: str) -> None:
    with pytest.raises(FetchError) as caught:
        check_address(url)
    assert (str(caught.value), caught.value.lasting) == (reason, True)


@given(st.text())
def test_any_text_is_an_address_or_a_fetch_error(text: str) -> None:
    for url in (text, f"http://{text}"):
        with contextlib.suppress(FetchError):
            assert check_address(url) == url
        assert isinstance(host_of(url), str)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_stamp_is_a_positive_int64(url: str) -> None:
    assert 0 < address_stamp(url) < 2**63


def test_the_options_can_be_sent_to_other_processes() -> None:
    options = FetchOptions(policy=AddressPolicy(public_only=False))
    assert pickle.loads(pickle.dumps(options)) == options
    error = pickle.loads(pickle.dumps(FetchError("gone", lasting=True)))
    assert (str(error), error.lasting) == ("gone", True)
