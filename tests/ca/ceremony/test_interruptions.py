"""Ceremonies that were cut off: what they leave, and how they are taken up."""

from __future__ import annotations

import json

from tests.ca.ceremony.conftest import Place, on_token


def test_an_interrupted_root_is_resumed_with_the_key_that_was_made(rooted: Place) -> None:
    before = rooted.certificate("root/root.pem")
    for path in rooted.made("root").iterdir():
        path.unlink()
    assert "已初始化" in rooted.refused("root.yaml")
    rooted.performed("root.yaml", "--resume")
    assert rooted.certificate("root/root.pem").public_key() == before.public_key()


def test_the_key_that_signed_the_transcript_is_gone(rooted: Place) -> None:
    assert on_token(rooted, "print(keys.labels())") == "['root-1']"


def test_a_destruction_interrupted_before_it_was_written_down_is_finished(rooted: Place) -> None:
    rooted.performed("rekey.yaml")
    # As far as it came: the key is gone, the key for the transcript is there, and no transcript is.
    on_token(rooted, "keys.destroy('root-1'); keys.generate('transcript-20260101000000', KeyKind.P256)")
    said = rooted.performed("destroy.yaml", "--resume")
    assert "已销毁中断的仪式留下的记录密钥 transcript-20260101000000" in said
    told = json.loads(rooted.made("destroyed/transcript.json").read_text(encoding="utf-8"))
    assert told["notes"] == ["密钥 root-1 已不在设备中，由中断的仪式销毁"]
    assert on_token(rooted, "print(keys.labels())") == "['root-2']"


def test_a_ceremony_that_fails_leaves_no_key_on_the_token(rooted: Place) -> None:
    rooted.performed("rekey.yaml")
    rooted.change("destroy.yaml", "destroy: root-1", "destroy: root-9")
    assert "key_not_found" in rooted.refused("destroy.yaml")
    assert on_token(rooted, "print(sorted(keys.labels()))") == "['root-1', 'root-2']"
