"""Certificates and keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pyqwest import SyncHTTPTransport

from ameide_sdk._internal.errors.config_error import config_error
from ameide_sdk._internal.options.options import TlsOptions

_PEM_RULE = "must be PEM; where it is the path of a file, read the file"
_CERTIFICATE = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """Checked TLS material in PEM. Material that is equal is of equal bytes.

    Attributes:
        ca: Authorities to trust; None for the system's.
        certificate: Client certificate chain; None for none.
        key: Its private key.
    """

    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = field(default=None, repr=False)


def tls_material(options: TlsOptions) -> TlsMaterial:
    """Checks TLS material.

    Raises:
        AmeideError: CONFIG_INVALID naming the member and the rule, never its value.
    """
    ca = _pem(options.get("ca"), "tls.ca", _CERTIFICATE)
    certificate = _pem(options.get("certificate"), "tls.certificate", _CERTIFICATE)
    key = _pem(options.get("key"), "tls.key", _KEY)
    if ca is not None and not _is_accepted(TlsMaterial(ca)):
        raise config_error("tls.ca", "holds a certificate that cannot be read")
    if certificate is not None and not _is_accepted(TlsMaterial(None, certificate, key)):
        raise config_error(
            "tls.key",
            "cannot be read, or is not the key of tls.certificate; it must not be encrypted",
        )
    return TlsMaterial(ca, certificate, key)


def _pem(value: str | bytes | None, option: str, kind: re.Pattern[bytes]) -> bytes | None:
    if value is None:
        return None
    content = value.encode() if isinstance(value, str) else bytes(value)
    if kind.search(content) is None:
        raise config_error(option, _PEM_RULE)
    return content


def _is_accepted(material: TlsMaterial) -> bool:
    try:
        SyncHTTPTransport(
            tls_ca_cert=material.ca, tls_cert=material.certificate, tls_key=material.key
        ).close()
    except (ValueError, RuntimeError):
        return False
    return True
