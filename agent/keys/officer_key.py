"""An officer's private key: a PEM file (PKCS 8, scrypt and AES-256) that opens with her passphrase and nothing else. It
belongs on her own PC, never on the server. The passphrase is never an argument of a command.

Formats: RFC 5958 (PKCS 8), RFC 8018 (PBES2), RFC 7914 section 7 (scrypt). cryptography reads these files but can only
write them with 2,048 rounds of PBKDF2, which is too cheap to guess; so the envelope is put together here.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from agent.core.officer import Officer, make_officer, officer_file
from agent.errors import PolicyError
from agent.keys import durable
from agent.keys.signing import Signer

PASSPHRASE_MIN = 12
_N, _R, _P = 2**14, 8, 5  # about 0.3 s a guess; the OpenSSL command line allows no more memory than this
_PBES2, _SCRYPT, _AES256_CBC = "2a864886f70d01050d", "2b06010401da47040b", "60864801650304012a"


def create_officer_key(stem: Path, name: str, passphrase: str) -> Officer:
    """Writes STEM.key (0600) and STEM.officer.json; refuses to overwrite either."""
    if len(passphrase) < PASSPHRASE_MIN:
        raise PolicyError(
            "K040",
            f"the passphrase must have at least {PASSPHRASE_MIN} characters",
            "three or four words do well",
            exit_status=1,
        )
    taken = next((p for p in (key_path(stem), public_path(stem)) if p.exists()), None)
    if taken is not None:
        raise PolicyError(
            "K042", f"{taken} exists already and is never overwritten", "choose another name with --out", exit_status=1
        )
    key = ec.generate_private_key(ec.SECP256R1())
    signer = Signer(key)
    try:
        officer = make_officer(name, signer.jwk)
    except ValueError as bad:
        raise PolicyError("K041", str(bad), "give the name as it stands on paper", exit_status=1) from None
    try:
        durable.write_new(key_path(stem), _encrypted(key, passphrase), mode=0o600)
        durable.write_new(public_path(stem), officer_file(name, signer.jwk, signer.sign))
    except OSError as failed:
        raise PolicyError(
            "K043", f"the key could not be written (error {failed.errno})", "look at the folder", exit_status=1
        ) from None
    return officer


def open_officer_key(path: Path, passphrase: str) -> Signer:
    """PolicyError for a wrong passphrase, a damaged file, or none."""
    return Signer(open_private(path, passphrase))


def open_private(path: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    """The same, as the private key itself: to open what is sealed to the officer."""
    try:
        data = path.read_bytes()
    except OSError:
        raise PolicyError(
            "K044", f"the key file {path} cannot be read", "give the file with --key", exit_status=1
        ) from None
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PolicyError(
            "K045",
            f"{path} does not open with this passphrase",
            "type it again; nobody else can reset it",
            exit_status=1,
        )
    return key


def key_path(stem: Path) -> Path:
    return stem.with_name(stem.name + ".key")


def public_path(stem: Path) -> Path:
    return stem.with_name(stem.name + ".officer.json")


def _encrypted(key: ec.EllipticCurvePrivateKey, passphrase: str) -> bytes:
    salt, iv = os.urandom(16), os.urandom(16)
    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pad = padding.PKCS7(algorithms.AES.block_size).padder()
    derived = Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode())
    cipher = Cipher(algorithms.AES(derived), modes.CBC(iv)).encryptor()
    body = cipher.update(pad.update(plain) + pad.finalize()) + cipher.finalize()
    kdf = _seq(_oid(_SCRYPT), _seq(_octets(salt), _int(_N), _int(_R), _int(_P)))
    scheme = _seq(_oid(_PBES2), _seq(kdf, _seq(_oid(_AES256_CBC), _octets(iv))))
    lines = base64.encodebytes(_seq(scheme, _octets(body))).decode()
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}-----END ENCRYPTED PRIVATE KEY-----\n".encode()


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _seq(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _octets(data: bytes) -> bytes:
    return _der(0x04, data)


def _int(n: int) -> bytes:
    return _der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def _oid(hexed: str) -> bytes:
    return _der(0x06, bytes.fromhex(hexed))
