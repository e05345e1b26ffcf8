#!/usr/bin/env bash
# The whole check. Makes the machine ready, then: format, lint, types, import contracts, tests, docs, and last of all which
# tests did not run and why that was allowed. Needs no terminal; safe to run twice; further arguments go to pytest.
#   tests/run.sh [--long] [pytest arguments]        --long: the long tests too, with more and fresh examples; then storms, the
#                                                   crash set, mutants, a booted systemd, Wine, benchmarks: the pages of docs/
#   tests/run.sh --mutants                          break the product on purpose; every mutant must be caught
#   tests/run.sh --sabotage grant-ssn|leaky-log|skip-screen      the demo must find its own leak: exit 1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/machine.sh

usage() { sed -n '2,8s/^# \{0,1\}//p' tests/run.sh; }
mode=check
long=()
pytest_args=()
while (($#)); do
  case "$1" in
  -h | --help) usage && exit 0 ;;
  --mutants) mode=mutants ;;
  --sabotage)
    mode=sabotage
    sabotage="${2:-}"
    case "$sabotage" in grant-ssn | leaky-log | skip-screen) ;; *) usage >&2 && exit 2 ;; esac
    shift
    ;;
  --long) long=(--long) ;;
  *) pytest_args+=("$1") ;;
  esac
  shift
done

tests() { # pytest speaks for itself
  local started=$SECONDS status=0
  mkdir -p "$CACHE/log"
  rm -rf "$CACHE/not-run.json" "$CACHE/statements"
  "$PYTHON" -m pytest -q -n auto --dist loadfile --no-loadscope-reorder --not-run "$CACHE/not-run.json" \
    --statements "$CACHE/statements" "${long[@]}" "${pytest_args[@]}" </dev/null || status=$?
  if ((status)); then
    echo "FAILED: tests (pytest ended with status $status)" >&2
    if [[ -e $CACHE/not-run.json ]]; then "$PYTHON" -m tests.not_run "$CACHE/not-run.json" || true; fi
    exit 1
  fi
  printf '  %-58s %4d s\n' "tests" $((SECONDS - started))
}

echo "machine"
prepare_machine dev

case "$mode" in
mutants) exec "$PYTHON" -m tests.mutants "${pytest_args[@]}" ;;
sabotage) exec "$PYTHON" -m tests.mutants --sabotage "$sabotage" "${pytest_args[@]}" ;;
esac

echo "checks"
step "format" "$PYTHON" -m ruff format --check .
step "lint" "$PYTHON" -m ruff check .
step "types" "$PYTHON" -m mypy --strict
step "import contracts" .venv/bin/lint-imports
tests
step "docs" "$PYTHON" -m tests.check_docs
if ! "$PYTHON" -m tests.not_run "$CACHE/not-run.json"; then
  echo "FAILED: a test did not run, and nobody wrote down why that is all right" >&2
  exit 1
fi
if ((${#long[@]} && !${#pytest_args[@]})); then
  echo "pages"
  "$PYTHON" -m tests.pages
fi
printf 'PASS  all checks   %d s\n' "$SECONDS"
