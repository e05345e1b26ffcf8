#!/usr/bin/env bash
# Builds what a dealer installs, from this folder: a tarball and a .deb that bring their own Python and libraries, and the
# signed statement over both. Needs the registries once; what it builds needs none.
#   packaging/build.sh [--key KEY.pem] [--version X.Y.Z] [--out FOLDER]
# Without --key a key for trying out is made in .cache/build; a version built so takes upgrades signed by that key only.
# --version packs the same program under another number, for trying upgrades out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/machine.sh

version="$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)"
key="" out="dist"
while (($#)); do
  case "$1" in
  --key) key="$2" ;;
  --version) version="$2" ;;
  --out) out="$2" ;;
  *) sed -n '2,7s/^# \{0,1\}//p' packaging/build.sh && exit 2 ;;
  esac
  shift 2
done
work="$CACHE/build"
mkdir -p "$work" "$out"
out="$(cd "$out" && pwd)"
package="fieldgate-$version-linux-x86_64"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"

freezer() { # PyInstaller in an environment of its own, beside what a dealer's install needs and nothing else
  local stamp="$work/venv/.locked-$(digest_of requirements.lock packaging/freeze.lock)"
  if [[ -e $stamp ]]; then return; fi
  rm -rf "$work/venv"
  "$PYTHON" -m venv "$work/venv" || return 1
  "$work/venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet --require-hashes \
    -r requirements.lock -r packaging/freeze.lock || return 1
  touch "$stamp"
}

freeze() { # once per content of the program
  local stamp="$work/frozen/.of-$(find agent field_policies packaging/fieldgate.spec packaging/frozen.py -type f ! -name '*.pyc' -print0 |
    sort -z | xargs -0 cat | sha256sum | cut -c1-16)-$(digest_of "$key")"
  if [[ -e $stamp ]]; then return; fi
  rm -rf "$work/frozen" "$work/pyinstaller"
  FIELDGATE_RELEASE_KEYS="$work/release_keys.json" "$work/venv/bin/pyinstaller" --noconfirm --log-level WARN \
    --distpath "$work/frozen" --workpath "$work/pyinstaller" packaging/fieldgate.spec || return 1
  touch "$stamp"
}

tarball() {
  rm -rf "$work/tree" && mkdir -p "$work/tree"
  cp -a "$work/frozen/fieldgate" "$work/tree/$package"
  cp packaging/linux-install.sh "$work/tree/$package/install.sh"
  chmod 755 "$work/tree/$package/install.sh"
  echo "$version" >"$work/tree/$package/VERSION"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work/tree" -cf - "$package" |
    gzip -n >"$out/$package.tar.gz"
}

deb() {
  local root="$work/deb" place="$work/deb/opt/fieldgate/versions/$version"
  rm -rf "$root" && mkdir -p "$place" "$root/DEBIAN"
  cp -a "$work/tree/$package/." "$place"
  cat >"$root/DEBIAN/control" <<EOF
Package: fieldgate
Version: $version
Architecture: amd64
Maintainer: the fieldgate maintainers <maintainers@fieldgate.example>
Depends: libc6 (>= 2.36), passwd, util-linux
Section: admin
Priority: optional
Installed-Size: $(du -sk "$place" | cut -f1)
Description: the dealer's own data agent
 Reads permitted fields of a dealer management system, signs what leaves, and
 proves what never can. Brings its own Python; needs no registry.
EOF
  cp packaging/deb/* "$root/DEBIAN/"
  sed -i "s/@VERSION@/$version/g" "$root"/DEBIAN/{postinst,prerm,postrm}
  chmod 755 "$root"/DEBIAN/{postinst,prerm,postrm}
  dpkg-deb --root-owner-group -Zgzip --build "$root" "$out/fieldgate_${version}_amd64.deb"
}

sign() {
  "$PYTHON" packaging/release.py sign "$key" "$version" "$out/$package.tar.gz" "$out/fieldgate_${version}_amd64.deb" \
    >"$out/fieldgate-$version.release"
}

prepare_machine runtime
key="${key:-$work/trying-out.pem}"
"$PYTHON" packaging/release.py key "$key"
"$PYTHON" packaging/release.py public "$key" >"$work/release_keys.json"
step "install PyInstaller (every file by its hash)" freezer
step "freeze the program with its Python" freeze
step "pack $package.tar.gz" tarball
step "pack fieldgate_${version}_amd64.deb" deb
step "sign the release" sign
ls -l "$out" | awk 'NR > 1 {printf "  %-48s %6.1f MB\n", $NF, $5 / 1e6}'
