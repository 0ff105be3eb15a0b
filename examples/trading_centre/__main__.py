"""Serves the trading centre; options in ``--help``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from examples.trading_centre.app import create_app
from examples.trading_centre.site import Site
from examples.trading_centre.store import Store
from mobile_bridge.sdk import PlatformClient, PlatformKey, Trust


def main() -> None:
    """Wait for the service, then serve."""
    options = _options()
    origin = options.origin or f"http://{options.host}:{options.port}"
    options.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    trust = Trust((_root(options.service, options.root or options.data / "root.pem"),))
    key = PlatformKey.of_pem(options.key.read_bytes())
    with PlatformClient(options.service, key, origin=origin, issuer=options.issuer) as client:
        site = Site(origin, client, trust, Store(options.data / "centre.db"), options.data, options.oaep)
        print(f"演示交易中心：{origin}", flush=True)
        uvicorn.run(create_app(site), host=options.host, port=options.port, log_level="warning")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples.trading_centre", description="演示交易中心")
    parser.add_argument("--service", default="http://127.0.0.1:8000", help="签章服务的地址")
    parser.add_argument("--issuer", help="签章服务对外的地址（与 --service 不同时）")
    parser.add_argument("--key", type=Path, required=True, help="平台私钥（PEM）")
    parser.add_argument("--root", type=Path, help="信任的根证书（PEM）；不给出时首次启动从签章服务获取")
    parser.add_argument("--data", type=Path, default=Path("var/trading-centre"), help="数据目录")
    parser.add_argument(
        "--oaep", choices=["sha1", "sha256"], default="sha1", help="加密到 RSA 证书时 OAEP 的摘要"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--origin", help="浏览器访问本站的地址，须与登记的一致")
    return parser.parse_args()


def _root(service: str, file: Path) -> x509.Certificate:
    """The root this centre trusts. Taken from the service once, as is good enough on one machine; a real
    platform is given it on another way."""
    if not file.exists():
        certificate = x509.load_der_x509_certificate(_fetched(f"{service}/pki/root.cer"))
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return x509.load_pem_x509_certificate(file.read_bytes())


def _fetched(url: str, seconds: float = 120) -> bytes:
    until = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(url, timeout=5, trust_env=False).raise_for_status().content
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


if __name__ == "__main__":
    main()
