"""Our signatures, trees and lines against vectors that others published."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from agent.core import jws, merkle
from agent.core.lines import _ENCODER

# RFC 7515, appendix A.3: ES256. Its header has no kid and no typ: signature, encoding and key are ours to check.
A3_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
A3 = (
    "eyJhbGciOiJFUzI1NiJ9",
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
)


def test_the_signature_of_rfc_7515_a3_verifies_and_no_other_does() -> None:
    signature = jws.unb64url(A3[2])
    assert len(signature) == 64
    dss = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    jws._public(A3_JWK).verify(dss, f"{A3[0]}.{A3[1]}".encode(), ec.ECDSA(hashes.SHA256()))
    assert jws.unb64url(A3[1]).startswith(b'{"iss":"joe",\r\n')
    assert jws.b64url(jws.unb64url(A3[1])) == A3[1]


def test_what_rfc_7515_a3_signs_is_not_taken_for_one_of_ours() -> None:
    with pytest.raises(jws.BadJwsError, match="other members"):
        jws.verify(".".join(A3), "fieldgate-batch+jws", lambda kid: A3_JWK)


# The Merkle test data of the Certificate Transparency project (merkle_tree_test): inputs, and the root of each prefix.
CT_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
CT_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def test_the_roots_of_certificate_transparency() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in CT_LEAVES]
    assert [merkle.root(leaves[: n + 1]).hex() for n in range(8)] == list(CT_ROOTS)
    assert merkle.root([]) == hashlib.sha256(b"").digest()


def test_each_leaf_of_certificate_transparency_is_proven_by_its_path() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in CT_LEAVES]
    for index in range(8):
        path = merkle.path(leaves, index)
        assert merkle.check_path(leaves[index], index, 8, path, bytes.fromhex(CT_ROOTS[7]))
        assert not merkle.check_path(leaves[index], (index + 1) % 8, 8, path, bytes.fromhex(CT_ROOTS[7]))


# RFC 8785, sections 3.2.2 and 3.2.4, without its floats, which are no part of our lines.
def test_strings_and_literals_are_written_as_in_rfc_8785() -> None:
    said = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    wanted = (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac245c75303030665c6e41"
        "2742"
        "5c225c5c5c5c5c222f227d"
    )
    assert _ENCODER.encode(said).hex() == wanted


def test_names_are_sorted_as_in_rfc_8785_where_they_are_ascii() -> None:
    said = {"numbers": 1, "literals": 2, "string": 3, "1": 4, "10": 5, "A": 6}
    assert msgspec.json.encode(said, order="sorted") == b'{"1":4,"10":5,"A":6,"literals":2,"numbers":1,"string":3}'
