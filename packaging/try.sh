#!/usr/bin/env bash
# Try fieldgate: makes the machine ready (see machine.sh), then runs the demo. Arguments go to `fieldgate demo`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/machine.sh

case "${1:-}" in
-h | --help)
  echo "packaging/try.sh [--dms postgresql|mariadb|sqlite] [--customers N] [...]    arguments of: fieldgate demo"
  exit 0
  ;;
esac

echo "Making this machine ready. Everything goes into .venv and .cache here; as root, Debian packages are installed."
prepare_machine runtime
echo
exec .venv/bin/fieldgate demo "$@"
