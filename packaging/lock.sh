#!/usr/bin/env bash
# Makes the lock files anew: versions and hashes for every platform, no index's address. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv="$(command -v uv || echo .venv/bin/uv)"
flags=(--quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11)
"$uv" pip compile "${flags[@]}" "$@" pyproject.toml --extra receiver --extra windows --output-file requirements.lock
"$uv" pip compile "${flags[@]}" "$@" pyproject.toml --extra receiver --extra windows --group dev --output-file requirements-dev.lock
"$uv" pip compile "${flags[@]}" "$@" packaging/build.in --output-file packaging/build.lock
"$uv" pip compile "${flags[@]}" "$@" packaging/freeze.in --output-file packaging/freeze.lock
if grep -nE '://|index-url|find-links' requirements.lock requirements-dev.lock packaging/{build,freeze}.lock; then
  echo "lock.sh: FAILED - a lock file names an address" >&2
  exit 1
fi
