#!/usr/bin/env bash
# Builds what a dealer installs on Windows, on Debian under Wine: a zip and an MSI that bring their own Python and libraries,
# and the signed statement over both.
#   packaging/build-windows.sh [--key KEY.pem] [--version X.Y.Z] [--out FOLDER]
# The options mean what they mean to packaging/build.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/machine.sh
. packaging/wine.sh

version="$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)"
key="" out="dist"
while (($#)); do
  case "$1" in
  --key) key="$2" ;;
  --version) version="$2" ;;
  --out) out="$2" ;;
  *) sed -n '2,5s/^# \{0,1\}//p' packaging/build-windows.sh && exit 2 ;;
  esac
  shift 2
done
mkdir -p "$WINDOWS" "$CACHE/build" "$out"
out="$(cd "$out" && pwd)"
package="fieldgate-$version-windows-x86_64"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"

freeze() { # once per content of the program
  local stamp
  stamp="$WINDOWS/frozen/.of-$(find agent field_policies packaging/fieldgate.spec packaging/frozen.py -type f ! -name '*.pyc' -print0 |
    sort -z | xargs -0 cat | sha256sum | cut -c1-16)-$(digest_of "$key")"
  if [[ -e $stamp ]]; then return; fi
  rm -rf "$WINDOWS/frozen" "$WINDOWS/pyinstaller"
  new_prefix "$WINDOWS/build"
  FIELDGATE_RELEASE_KEYS="Z:$WINDOWS/release_keys.json" in_wine "$WINDOWS/build" "$WINDOWS_PYTHON" -m PyInstaller --noconfirm \
    --log-level WARN --distpath "Z:$WINDOWS/frozen" --workpath "Z:$WINDOWS/pyinstaller" packaging/fieldgate.spec || return 1
  touch "$stamp"
}

tree() {
  rm -rf "$WINDOWS/tree" && mkdir -p "$WINDOWS/tree"
  cp -a "$WINDOWS/frozen/fieldgate" "$WINDOWS/tree/$package"
  cp packaging/try.ps1 "$WINDOWS/tree/$package/"
  echo "$version" >"$WINDOWS/tree/$package/VERSION"
  if find "$WINDOWS/tree" -iname 'bcryptprimitives.dll' | grep -q .; then
    echo "the stand-in for trying out got into the package"
    return 1
  fi
  find "$WINDOWS/tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

zipped() {
  rm -f "$out/$package.zip"
  (cd "$WINDOWS/tree" && find "$package" -type f | LC_ALL=C sort | "$PYTHON" "$ROOT/packaging/windows_msi.py" zip "$out/$package.zip")
}

msi() {
  (cd "$WINDOWS/tree" && "$PYTHON" "$ROOT/packaging/windows_msi.py" wxs "$package" "$version" >fieldgate.wxs &&
    wixl --arch x64 --output "$out/$package.msi" fieldgate.wxs)
}

sign() {
  "$PYTHON" packaging/release.py sign "$key" "$version" "$out/$package.zip" "$out/$package.msi" >"$out/fieldgate-$version.release"
}

prepare_machine runtime
make_wine
key="${key:-$CACHE/build/trying-out.pem}"
"$PYTHON" packaging/release.py key "$key"
"$PYTHON" packaging/release.py public "$key" >"$WINDOWS/release_keys.json"
step "unpack CPython for Windows (every file by its hash)" windows_python
step "freeze the program under Wine" freeze
step "lay out $package" tree
step "pack $package.zip" zipped
step "pack $package.msi" msi
step "sign the release" sign
ls -l "$out" | awk 'NR > 1 {printf "  %-48s %6.1f MB\n", $NF, $5 / 1e6}'
