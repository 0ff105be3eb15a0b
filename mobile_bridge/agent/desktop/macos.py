"""macOS: a bundle of two files in the user's own Applications folder, whose Info.plist names the scheme.

Launch Services starts the bundle's executable, here a line of shell that becomes the agent. The link itself
comes as an Apple event, which nobody reads: it says nothing but "start".
"""

from __future__ import annotations

import plistlib
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mobile_bridge.agent.versions import OWN

BUNDLE: Final = "SealBridge Agent.app"
_PROGRAM: Final = "sealbridge-agent"
_LSREGISTER: Final = Path(
    "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"
)


def information() -> dict[str, Any]:
    """What Info.plist says. An agent app: no icon in the Dock, no menu."""
    return {
        "CFBundleIdentifier": "cn.sealbridge.agent",
        "CFBundleName": "SealBridge Agent",
        "CFBundleDisplayName": "CA 锁签章程序",
        "CFBundlePackageType": "APPL",
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleShortVersionString": OWN,
        "CFBundleVersion": OWN,
        "CFBundleExecutable": _PROGRAM,
        "CFBundleURLTypes": [
            {"CFBundleURLName": "cn.sealbridge.agent.start", "CFBundleURLSchemes": ["sealbridge"]}
        ],
        "LSMinimumSystemVersion": "11.0",
        "LSUIElement": True,
    }


@dataclass(frozen=True, slots=True)
class MacOs:
    """``applications``: where the bundle is."""

    applications: Path

    @classmethod
    def of_user(cls) -> MacOs:
        """This user's own Applications folder."""
        return cls(Path.home() / "Applications")

    @property
    def bundle(self) -> Path:
        """The bundle's folder."""
        return self.applications / BUNDLE

    def register(self, command: Sequence[str]) -> str:
        """Write the bundle anew and tell Launch Services."""
        self._remove()
        program = self.bundle / "Contents" / "MacOS" / _PROGRAM
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\nexec {shlex.join(command)}\n", encoding="utf-8")
        program.chmod(0o755)
        with (self.bundle / "Contents" / "Info.plist").open("wb") as file:
            plistlib.dump(information(), file)
        _launch_services("-f", self.bundle)
        return str(self.bundle)

    def unregister(self) -> None:
        """Remove the bundle."""
        _launch_services("-u", self.bundle)
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.bundle, ignore_errors=True)


def _launch_services(option: str, bundle: Path) -> None:
    if _LSREGISTER.exists():
        subprocess.run([_LSREGISTER, option, bundle], capture_output=True, timeout=30)  # noqa: S603
