"""A backup that only officers can open, and that knows it is a copy."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent import config
from agent.errors import ConfigError, SealError
from agent.state import streams
from agent.tasks import backup, doctor
from agent.tasks import desk as desks
from tests.officers import ALEX, DANA, KIM, Person
from tests.tasks.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    (tmp_path / "server").mkdir()
    made = Server(tmp_path / "server")
    made.put_in_force()
    with made.desk.state.transaction() as tx:
        streams.open_stream(tx, "7f3a", "01", "example-motors-na", "customer-crm")
    return made


def private(person: Person) -> ec.EllipticCurvePrivateKey:
    return person.signer._Signer__key  # type: ignore[attr-defined]  # as her passphrase opens it


@pytest.mark.parametrize("officer", [DANA, KIM])
def test_any_officer_opens_it_and_the_copy_works_and_knows_that_it_is_one(
    server: Server, tmp_path: Path, officer: Person
) -> None:
    made = backup.make(server.desk, tmp_path / "b.fgb")
    assert made.names == ["Dana Example", "Lee Example", "Kim Example"]
    backup.open_backup(tmp_path / "b.fgb", private(officer), tmp_path / "back")
    desk = desks.open_desk(config.load(tmp_path / "back" / "agent.yaml"), clock=server.desk.clock, actor="test")
    try:
        assert desk.instance_id == server.desk.instance_id
        assert desk.signer.kid == server.desk.signer.kid
        assert desk.store.names() == server.desk.store.names()
        with desk.state.reading() as tx:
            assert [one.restored for one in streams.streams(tx)] == [1]
        with server.desk.state.reading() as tx:
            assert [one.restored for one in streams.streams(tx)] == [0]
    finally:
        desk.state.close()


def test_doctor_says_until_a_backup_holds_every_key_that_is_never_made_anew(server: Server, tmp_path: Path) -> None:
    def said() -> str:
        found = doctor.examine(server.desk.config.path, server.desk.clock)
        return next(one.says for one in found if one.leg == "Keys" and "never made anew" in one.says)

    assert said() == "no backup holds any of those that are never made anew; next: fieldgate backup --out FILE"
    backup.make(server.desk, tmp_path / "b.fgb")
    day = server.desk.clock().date().isoformat()
    assert said() == f"the backup of {day} holds those that are never made anew"
    desks.create_stream_keys(server.desk, "ab12")
    with server.desk.state.transaction() as tx:
        desks.remember_stream_keys(server.desk, tx, "ab12")
    assert said().startswith(f"the backup of {day} lacks ")
    backup.make(server.desk, tmp_path / "c.fgb")
    assert said() == f"the backup of {day} holds those that are never made anew"


def test_nobody_else_opens_it_and_nothing_in_it_can_be_read(server: Server, tmp_path: Path) -> None:
    backup.make(server.desk, tmp_path / "b.fgb")
    with pytest.raises(SealError) as refused:
        backup.open_backup(tmp_path / "b.fgb", private(ALEX), tmp_path / "back")
    assert refused.value.code == "K060"
    data = (tmp_path / "b.fgb").read_bytes()
    for name in server.desk.store.names():
        assert server.desk.store.secret(name) not in data
    assert b"SQLite format" not in data
    assert b"PRIVATE KEY" not in data
    assert not list(server.desk.config.state.glob(".backup-*"))
    assert (tmp_path / "b.fgb").stat().st_mode & 0o077 == 0


def test_a_byte_changed_or_a_tail_cut_does_not_open(server: Server, tmp_path: Path) -> None:
    backup.make(server.desk, tmp_path / "b.fgb")
    data = (tmp_path / "b.fgb").read_bytes()
    for number, at in enumerate([*range(0, len(data), len(data) // 12), len(data) - 1]):
        bad = tmp_path / f"bad{number}"
        bad.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(SealError):
            backup.open_backup(bad, private(DANA), tmp_path / f"to{number}")
    for number, kept in enumerate([len(data) - 1, len(data) // 2, data.index(b"\n") + 1]):
        bad = tmp_path / f"cut{number}"
        bad.write_bytes(data[:kept])
        with pytest.raises(SealError):
            backup.open_backup(bad, private(DANA), tmp_path / f"cut-to{number}")


def test_it_never_unpacks_over_what_is_there(server: Server, tmp_path: Path) -> None:
    backup.make(server.desk, tmp_path / "b.fgb")
    with pytest.raises(ConfigError):
        backup.open_backup(tmp_path / "b.fgb", private(DANA), tmp_path)


def test_a_name_that_leads_elsewhere_is_refused(server: Server, tmp_path: Path) -> None:
    import io

    from agent.keys.sealed_backup import SealingWriter

    with (tmp_path / "evil").open("wb") as out:
        sealed = SealingWriter(out, [DANA.officer], "x", "now")
        with tarfile.open(fileobj=sealed, mode="w|") as tar:  # type: ignore[call-overload]
            entry = tarfile.TarInfo("../outside")
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))
        sealed.finish()
    with pytest.raises(SealError):
        backup.open_backup(tmp_path / "evil", private(DANA), tmp_path / "back")
    assert not (tmp_path / "outside").exists()
