"""Where webhooks may go, and what a target can do to whoever posts to it: not much, and not for long."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from api.platforms.webhooks.rules import Outcome, is_public, next_try
from api.platforms.webhooks.target import Poster, Undelivered
from tests.api.running import free_port

PUBLIC = "8.8.8.8"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Answering = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.platforms.webhooks.target.MOST_SECONDS", 0.7)


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::8.8.8.8"])
def test_addresses_of_everybody_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "100.100.100.200", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1"),
        *("ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:1234::1", "2001:db8::1", "64:ff9b::127.0.0.1"),
        *("64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "", "localhost", "0x7f000001", "2130706433"),
    ],
)
def test_addresses_inside_are_not(address: str) -> None:
    assert not is_public(address)


@contextmanager
def listening(answer: Answering) -> Iterator[tuple[int, list[bytes]]]:
    """A server that does as told with each connection; its port, and what was sent to it."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=attend, args=(connection,), daemon=True).start()

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = connection.recv(65536)
            while not request.endswith(b"{}"):
                request += connection.recv(65536)
            received.append(request)
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], received
    finally:
        listener.close()


def posted(port: int, host: str = "hook.example", path: str = "/hook") -> int:
    """To a name that resolves here, at an origin that is allowed."""
    origin = f"http://{host}:{port}"
    return Poster([origin], lambda *_: ["127.0.0.1"]).post(f"{origin}{path}", {"X-A": "b"}, b"{}")


def outcome(act: Callable[[], object]) -> tuple[Outcome, float]:
    """How it ended, and how long it took."""
    began = time.monotonic()
    with pytest.raises(Undelivered) as raised:
        act()
    return raised.value.outcome, time.monotonic() - began


def test_it_posts_to_the_address_in_the_name_s_name() -> None:
    with listening(lambda one: one.sendall(OK)) as (port, received):
        assert posted(port, path="/hook?from=ca") == 200
    head = received[0].decode()
    assert head.startswith("POST /hook?from=ca HTTP/1.1\r\n")
    assert f"Host: hook.example:{port}\r\n" in head
    assert head.endswith("\r\n\r\n{}")


def test_a_redirection_is_an_answer_and_followed_by_nobody() -> None:
    with listening(lambda one: one.sendall(OK)) as (inner, visited):
        head = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inner}/\r\nContent-Length: 0\r\n\r\n"
        with listening(lambda one: one.sendall(head.encode())) as (port, _):
            assert posted(port) == 302
        assert visited == []


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        [PUBLIC, "127.0.0.1"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_a_name_that_leads_inside_is_not_called(found: list[str]) -> None:
    with listening(lambda one: one.sendall(OK)) as (port, received):
        poster = Poster((), lambda *_: found)
        ended, _ = outcome(lambda: poster.post(f"https://hook.example:{port}/", {}, b"{}"))
        assert ended is Outcome.ADDRESS_REFUSED
        assert received == []


def test_a_name_that_changes_its_mind_is_asked_once() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]
    asked: list[str] = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    with listening(lambda one: one.sendall(OK)) as (port, received):
        ended, _ = outcome(lambda: Poster((), rebinding).post(f"https://rebind.example:{port}/", {}, b"{}"))
        assert ended in (Outcome.TIMED_OUT, Outcome.UNREACHABLE, Outcome.TLS_FAILED)
        assert (asked, received) == (["rebind.example"], [])


def test_an_origin_is_allowed_exactly() -> None:
    with listening(lambda one: one.sendall(OK)) as (port, received):
        poster = Poster([f"http://127.0.0.1:{port}"])
        assert poster.post(f"http://127.0.0.1:{port}/hook", {}, b"{}") == 200
        others = (f"http://localhost:{port}/", f"http://127.0.0.1:{port + 1}/", f"https://127.0.0.1:{port}/")
        for url in (*others, f"http://127.0.0.1:{port}@localhost:{port}/"):
            assert outcome(lambda url=url: poster.post(url, {}, b"{}"))[0] is Outcome.ADDRESS_REFUSED  # type: ignore[misc]
        assert len(received) == 1


def test_plain_http_is_not_spoken_to_strangers() -> None:
    ended, _ = outcome(lambda: Poster((), lambda *_: [PUBLIC]).post("http://hook.example/", {}, b"{}"))
    assert ended is Outcome.ADDRESS_REFUSED


def hang(_: socket.socket) -> None:
    time.sleep(5)


def drip(connection: socket.socket) -> None:
    """A head, an octet at a time: each comes in time, all of them never."""
    for octet in b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000:
        connection.sendall(bytes([octet]))
        time.sleep(0.1)


def huge_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x-a: " + b"b" * 65536 + b"\r\n")


def huge_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
    while True:
        connection.sendall(b"b" * 65536)


@pytest.mark.parametrize("answering", [hang, drip])
def test_a_target_that_takes_its_time_has_none(answering: Answering) -> None:
    with listening(answering) as (port, _):
        ended, took = outcome(lambda: posted(port))
        assert ended is Outcome.TIMED_OUT
        assert took < 1.5


def test_a_name_server_that_hangs_is_left_behind() -> None:
    def hanging(*_: object) -> list[str]:
        time.sleep(5)
        return [PUBLIC]

    ended, took = outcome(lambda: Poster((), hanging).post("https://hook.example/", {}, b"{}"))
    assert ended is Outcome.TIMED_OUT
    assert took < 1.5


def test_an_endless_head_is_cut_off() -> None:
    with listening(huge_head) as (port, _):
        ended, took = outcome(lambda: posted(port))
        assert ended is Outcome.ANSWER_INVALID
        assert took < 1.5


def test_an_endless_body_is_not_read() -> None:
    with listening(huge_body) as (port, _):
        began = time.monotonic()
        assert posted(port) == 200
        assert time.monotonic() - began < 0.7


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_no_answer_is_told_so(answer: bytes) -> None:
    with listening(lambda one: one.sendall(answer)) as (port, _):
        assert outcome(lambda: posted(port))[0] is Outcome.ANSWER_INVALID


def test_nobody_there_and_no_such_name() -> None:
    assert outcome(lambda: posted(free_port()))[0] is Outcome.UNREACHABLE

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    ended, _took = outcome(lambda: Poster((), unknown).post("https://nowhere.example/", {}, b"{}"))
    assert ended is Outcome.NAME_UNKNOWN


@pytest.mark.parametrize(("name", "expected"), [("hook.example", 200), ("other.example", Outcome.TLS_FAILED)])
def test_the_certificate_must_be_the_name_s(tmp_path: Path, name: str, expected: object) -> None:
    context, trusted = self_signed(tmp_path, "hook.example")

    def over_tls(connection: socket.socket) -> None:
        connection.recv(65_536)  # whoever answers and goes before the request is read resets the connection
        connection.sendall(OK)

    with tls_listening(context, over_tls) as port:
        origin = f"https://{name}:{port}"
        poster = Poster([origin], lambda *_: ["127.0.0.1"])
        poster._tls = trusted
        if isinstance(expected, int):
            assert poster.post(origin, {}, b"{}") == expected
        else:
            assert outcome(lambda: poster.post(origin, {}, b"{}"))[0] is expected


@contextmanager
def tls_listening(context: ssl.SSLContext, answer: Answering) -> Iterator[int]:
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(2)


def self_signed(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and one that trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_it_is_tried_for_about_a_day() -> None:
    now = start = datetime(2026, 11, 24, tzinfo=UTC)
    tries = 1
    while (again := next_try(tries, now)) is not None:
        now, tries = again, tries + 1
    assert tries == 10
    assert timedelta(hours=20) < now - start < timedelta(hours=30)
    assert next_try(tries + 1, now) is None
