"""Packs the frozen program for Windows.

windows_msi.py zip FILE                 the files named on standard input, into FILE
windows_msi.py wxs FOLDER VERSION       the folder as source of an MSI, for wixl
"""

from __future__ import annotations

import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

# Ids follow from names, so that the same program gives the same package.
_SPACE = uuid.UUID("5c0f7d3e-6a51-4d0e-9b7a-0d5b8a2f6c11")
_HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="{product}" Name="fieldgate {version}" Language="1033" Version="{version}" UpgradeCode="{upgrade}"
           Manufacturer="the fieldgate maintainers">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine" Platform="x64"/>
    <Media Id="1" Cabinet="fieldgate.cab" EmbedCab="yes"/>
    <Property Id="FIELDGATE_SERVICE" Value="1"/>
    <Property Id="FIELDGATE_PURGE" Value="0"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="PROGRAMS" Name="fieldgate">
          <Directory Id="VERSIONS" Name="versions">
"""
# Versions stand side by side and go one by one, so that a rollback finds the one before: no MajorUpgrade.
_TAIL = """\
          </Directory>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="All" Level="1">
{references}
    </Feature>
    <CustomAction Id="Register" FileKey="{program}" ExeCommand="service install" Execute="deferred" Impersonate="no"
                  Return="check"/>
    <CustomAction Id="Unregister" FileKey="{program}" ExeCommand="service uninstall --package" Execute="deferred"
                  Impersonate="no" Return="ignore"/>
    <CustomAction Id="Purge" FileKey="{program}" ExeCommand="service uninstall --purge --yes" Execute="deferred"
                  Impersonate="no" Return="ignore"/>
    <InstallExecuteSequence>
      <Custom Action="Register" After="InstallFiles">NOT Installed AND FIELDGATE_SERVICE="1"</Custom>
      <Custom Action="Unregister" Before="RemoveFiles">REMOVE="ALL" AND FIELDGATE_PURGE&lt;&gt;"1"</Custom>
      <Custom Action="Purge" Before="RemoveFiles">REMOVE="ALL" AND FIELDGATE_PURGE="1"</Custom>
    </InstallExecuteSequence>
  </Product>
</Wix>
"""


def _id(kind: str, name: str) -> str:
    return kind + uuid.uuid5(_SPACE, name).hex


def source(folder: Path, version: str) -> str:
    """The MSI's source: every file a component of its own."""
    components: list[str] = []
    body = "\n".join(_directory(folder, version, version, components))
    references = "\n".join(f'      <ComponentRef Id="{one}"/>' for one in components)
    head = _HEAD.format(
        product=uuid.uuid5(_SPACE, f"product {version}"), upgrade=uuid.uuid5(_SPACE, "upgrade"), version=version
    )
    return head + body + "\n" + _TAIL.format(references=references, program=_id("f", f"{version}/fieldgate.exe"))


def _directory(folder: Path, name: str, path: str, components: list[str]) -> Iterator[str]:
    yield f'<Directory Id="{_id("d", path)}" Name={quoteattr(name)}>'
    for one in sorted(folder.iterdir()):
        inside = f"{path}/{one.name}"
        if one.is_dir():
            yield from _directory(one, one.name, inside, components)
            continue
        component = _id("c", inside)
        components.append(component)
        yield f'<Component Id="{component}" Guid="{uuid.uuid5(_SPACE, inside)}" Win64="yes">'
        yield f'<File Id="{_id("f", inside)}" Name={quoteattr(one.name)} Source={quoteattr(str(one))} KeyPath="yes"/>'
        yield "</Component>"
    yield "</Directory>"


def pack(target: Path, names: list[str]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(name)


if __name__ == "__main__":
    if sys.argv[1] == "zip":
        pack(Path(sys.argv[2]), sys.stdin.read().splitlines())
    else:
        print(source(Path(sys.argv[2]), sys.argv[3]))  # noqa: T201
