#!/bin/sh
# Installs the release that stands beside this script, as root: into /opt/fieldgate/versions, side by side with others, and
# as a systemd service. Needs no network. Safe to repeat. The other way round: fieldgate service uninstall [--purge]
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
version="$(cat "$here/VERSION")"
if [ "$(id -u)" != 0 ]; then
  echo "install.sh: only root may install; say it again with sudo" >&2
  exit 1
fi
place="/opt/fieldgate/versions/$version"
if [ "$here" != "$place" ]; then
  mkdir -p "$place.new"
  cp -a "$here/." "$place.new"
  chown -R root:root "$place.new"
  rm -rf "$place"
  mv "$place.new" "$place"
fi
old="$(readlink /opt/fieldgate/current || true)"
if [ -n "$old" ] && [ "$old" != "$place" ] && [ -d "$old" ]; then ln -sfn "$old" /opt/fieldgate/previous; fi
ln -sfn "$place" /opt/fieldgate/.current.new
mv -T /opt/fieldgate/.current.new /opt/fieldgate/current
exec /opt/fieldgate/current/fieldgate service install
