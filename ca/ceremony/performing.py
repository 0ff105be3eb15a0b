"""How a ceremony goes: tried with throwaway keys, opened by its officers, signed, verified, written down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ca.ceremony import steps, unlocking
from ca.ceremony.acts import Made, Room, ThrowawayKeys, act, read_certificate
from ca.ceremony.console import Console
from ca.ceremony.files import keep
from ca.ceremony.plan import Officers, Plan, RootCeremony
from ca.ceremony.transcript import Transcript, one_time_signer, signed_files
from ca.ceremony.words import fingerprint_words
from ca.documents.cms_making import SigningIdentity
from ca.errors import CeremonyRefused
from ca.hierarchy import Authority, algorithm_name
from ca.lint import Linter
from ca.profiles import ROOT
from hsm import KeyKind, SealBridgeError, Token, TokenKeys

_TRANSCRIPT_KEY = "transcript-"
_TRANSCRIPT = ("transcript.json", "transcript.pdf")


@dataclass(frozen=True, slots=True)
class Performance:
    """Performs a plan. ``resume``: keys that an interrupted ceremony left are taken up. ``rehearsal``: the
    token is a throwaway one; a CA that signs is stood in for, and nothing outside ``out`` is written."""

    plan: Plan
    console: Console
    clock: Callable[[], datetime]
    resume: bool = False
    rehearsal: bool = False

    def perform(self) -> Path:
        """The whole ceremony; returns the folder with what it made.

        Raises CeremonyRefused, SharesRefused, LintFailed, HsmError. What was refused wrote nothing.
        """
        transcript = Transcript(self.plan, self.rehearsal, self.clock())
        trial = self._try_out(transcript)
        self._show(trial, transcript)
        self._require_confirmed("以上内容是否正确，继续？", transcript)
        ceremony = self.plan.ceremony
        if not self._has_token():
            unlocking.prepare_token(ceremony.token, self.console)
            self._say(transcript, f"设备 {ceremony.token.label} 已初始化，口令已分持")
        with unlocking.unlock(ceremony.token, self.console) as token:
            self._say(transcript, f"设备 {ceremony.token.label} 已开启")
            keys = TokenKeys(token)
            for label in _end_transcript_keys(keys):
                self._say(transcript, f"已销毁中断的仪式留下的记录密钥 {label}")
            try:
                self._on_token(token, keys, transcript)
            except BaseException:
                with suppress(SealBridgeError):  # what went wrong first is told
                    _end_transcript_keys(keys)
                raise
            _end_transcript_keys(keys)
        self.console.say(f"完成，记录在 {self._out}")
        return self._out

    def _on_token(self, token: Token, keys: TokenKeys, transcript: Transcript) -> None:
        now = self.clock()
        authority = self._authority(keys, now)
        signer = None if authority is None else self._signer(authority, keys, now)
        made = act(self.plan.ceremony, Room(self.plan, keys, authority, now, self.resume, self.rehearsal))
        if signer is None:
            signer = self._signer(made.authority, keys, now)
        self._verify(made)
        self._say(transcript, "已签名，逐项验证无误")
        self._read_aloud(made, transcript)
        self._require_confirmed("宣读的指纹与各方所见是否一致？", transcript)
        files = made.files()
        told = transcript.told(made, files, token.info, self.clock())
        files |= signed_files(told, signer, self.clock())
        self._write(files, made)

    @property
    def _out(self) -> Path:
        return self.plan.file(self.plan.ceremony.out)

    def _try_out(self, transcript: Transcript) -> Made:
        """The same act with throwaway keys: all of it is built and judged by the linter."""
        now = self.clock()
        authority = None if self._issuer is None else steps.stand_in(self._issuer, now)
        made = act(self.plan.ceremony, Room(self.plan, ThrowawayKeys(), authority, now))
        for path in (*(self._out / name for name in (*made.files(), *_TRANSCRIPT)), *made.copies):
            if path.exists():
                raise CeremonyRefused(f"{path} exists and is not overwritten", reason=f"{path.name} 已存在")
        self._say(transcript, "已用一次性密钥试签，证书和列表通过检查")
        return made

    @property
    def _issuer(self) -> x509.Certificate | None:
        ceremony = self.plan.ceremony
        if isinstance(ceremony, RootCeremony):
            return None
        return read_certificate(self.plan.file(ceremony.issuer))

    def _has_token(self) -> bool:
        is_there = unlocking.is_there(self.plan.ceremony.token)
        if isinstance(self.plan.ceremony, RootCeremony):
            if is_there and not self.resume and self.plan.ceremony.token.officers is not None:
                raise CeremonyRefused("the token exists", reason="设备已初始化；如为续做请用 --resume")
            return is_there
        if not is_there and not self.rehearsal:
            raise CeremonyRefused(
                "the token is not there", reason=f"没有设备 {self.plan.ceremony.token.label}"
            )
        return is_there

    def _authority(self, keys: TokenKeys, now: datetime) -> Authority | None:
        issuer, ceremony = self._issuer, self.plan.ceremony
        if issuer is None or isinstance(ceremony, RootCeremony):
            return None
        if self.rehearsal:
            kind = KeyKind(algorithm_name(issuer.public_key()))  # type: ignore[arg-type]
            return steps.self_signed(keys.generate(ceremony.key, kind), issuer.subject, now, ROOT.max_days)
        return Authority(issuer, keys.open(ceremony.key))

    def _signer(self, authority: Authority, keys: TokenKeys, now: datetime) -> SigningIdentity:
        label = f"{_TRANSCRIPT_KEY}{now:%Y%m%d%H%M%S}"
        return one_time_signer(authority, keys, label, self.plan.ceremony.title, now)

    def _verify(self, made: Made) -> None:
        """What came out of the token, as anybody would verify it. Raises CeremonyRefused, LintFailed."""
        for name, certificate in made.certificates.items():
            Linter().check(certificate)
            certificate.verify_directly_issued_by(made.issuers[name])
        for name, listed in made.lists.items():
            if not listed.is_signature_valid(made.authority.certificate.public_key()):  # type: ignore[arg-type]
                raise CeremonyRefused(f"{name} does not verify", reason=f"{name} 签名无效")

    def _show(self, made: Made, transcript: Transcript) -> None:
        ceremony = self.plan.ceremony
        self._say(transcript, f"{ceremony.title}（{ceremony.ceremony}），计划 SHA-256 {self.plan.digest}")
        for name, one in made.certificates.items():
            self._say(transcript, f"将签发 {name}：{one.subject.rfc4514_string()}")
            ends = f"{one.not_valid_before_utc:%Y-%m-%d} 至 {one.not_valid_after_utc:%Y-%m-%d}"
            self._say(transcript, f"  签发者 {one.issuer.rfc4514_string()}，有效期 {ends}")
        for name, listed in made.lists.items():
            self._say(
                transcript, f"将签发 {name}：{len(listed)} 项，有效期至 {listed.next_update_utc:%Y-%m-%d}"
            )
        for note in made.notes:
            self.console.say(note)

    def _read_aloud(self, made: Made, transcript: Transcript) -> None:
        for name, certificate in made.certificates.items():
            digest = certificate.fingerprint(hashes.SHA256())
            self._say(transcript, f"{name} SHA-256：{digest.hex(':')}")
            self._say(transcript, f"{name} 宣读词：{' '.join(fingerprint_words(digest))}")

    def _require_confirmed(self, question: str, transcript: Transcript) -> None:
        if not self.console.confirm(question):
            raise CeremonyRefused("not confirmed by those present", reason="在场人员未确认")
        transcript.note(self.clock(), f"{question} 在场人员确认")

    def _write(self, files: dict[str, bytes], made: Made) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        # The transcript last: where it is, all the rest is.
        for name in sorted(files, key=lambda one: one.startswith("transcript")):
            keep(self._out / name, files[name])
        if not self.rehearsal:
            for path, content in made.copies.items():
                keep(path, content)

    def _say(self, transcript: Transcript, text: str) -> None:
        transcript.note(self.clock(), text)
        self.console.say(text)


def rehearsal_of(plan: Plan, module: Path, now: datetime) -> Plan:
    """The same plan for a throwaway token, with a folder of its own."""
    ceremony = plan.ceremony
    out = ceremony.out.with_name(f"{ceremony.out.name}-rehearsal-{now:%Y%m%dT%H%M%S}")
    officers = ceremony.token.officers or Officers(threshold=2, count=3)
    token = ceremony.token.model_copy(update={"module": module, "officers": officers})
    return replace(plan, ceremony=ceremony.model_copy(update={"token": token, "out": out}))


def _end_transcript_keys(keys: TokenKeys) -> list[str]:
    """Destroy the keys that signed transcripts, also of an interrupted ceremony; returns their labels."""
    labels = [label for label in keys.labels() if label.startswith(_TRANSCRIPT_KEY)]
    for label in labels:
        keys.destroy(label)
    return labels
