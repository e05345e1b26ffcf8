# shellcheck shell=bash
# Makes this machine able to run fieldgate; sourced by packaging/try.sh and tests/run.sh, which then call
#   prepare_machine runtime|dev
# Debian and Ubuntu, Python 3.11 or newer. As root it installs packages; without root it unpacks them into .cache/ and says
# what cannot be had. No questions, no terminal, safe to repeat, quick the second time (stamps keyed on the locks).
# Nothing here starts a service or leaves one behind.

unset PYTHONDONTWRITEBYTECODE # hundreds of programs are started here, and each would compile the house anew

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="$ROOT/.cache"
PYTHON="$ROOT/.venv/bin/python"
UNPACKED="$CACHE/odbc" # Debian packages unpacked without root
ENV_FILE="$CACHE/machine.env"

# Packages by what they bring. A probe file says that it is there already.
ODBC_PACKAGES=(libodbc2 libodbcinst2 odbcinst libsqliteodbc odbc-postgresql odbc-mariadb)
SERVER_PACKAGES=(postgresql mariadb-server)
# What only tests use, PROGRAM:PACKAGE. The verifiers an OEM may start from run in its own languages; a C compiler makes the
# preload shim of the power cuts, and strace lets single system calls fail.
TEST_TOOLS=(node:nodejs java:default-jdk-headless cc:gcc strace:strace)

step_failed() { # NAME LOG
  echo "FAILED: $1. The end of its log ($2):" >&2
  tail -n 25 "$2" >&2
  exit 1
}

# One line per step, with its time; what it says goes to a log that is shown only if it fails. `set -e` does not reach into
# a step, so a step of several commands returns its failure itself.
step() { # NAME COMMAND...
  local name="$1" started=$SECONDS log
  shift
  mkdir -p "$CACHE/log"
  log="$CACHE/log/$(tr -c 'a-z0-9\n' '-' <<<"${name,,}").log"
  if ! "$@" >"$log" 2>&1 </dev/null; then step_failed "$name" "$log"; fi
  printf '  %-58s %4d s\n' "$name" $((SECONDS - started))
}

is_root() { [[ "$(id -u)" == 0 ]]; }
has_apt() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }
found() { compgen -G "$1" >/dev/null; }
digest_of() { cat "$@" | sha256sum | cut -c1-16; }

# --- packages, as root ---

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local quiet=(-y -q --no-install-recommends -o Dpkg::Use-Pty=0)
  # A stale or missing package list shows as a failure: only then is it fetched.
  apt-get install "${quiet[@]}" "$@" || { apt-get update -q && apt-get install "${quiet[@]}" "$@"; }
}

# Servers are wanted as programs, not as services: no cluster is made and nothing is started.
apt_install_servers() {
  local policy=/usr/sbin/policy-rc.d config=/etc/postgresql-common/createcluster.conf mine=""
  if [[ ! -e $policy ]]; then
    mine=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  if [[ ! -e $config ]]; then
    apt_install postgresql-common
    sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' "$config" || true
  fi
  local result=0
  apt_install "$@" || result=$?
  if [[ -n $mine ]]; then rm -f "$policy"; fi
  return $result
}

# --- packages, without root: downloaded as anybody may, unpacked into .cache ---

apt_private() { # apt-get with its lists and archives in .cache
  apt-get -o "Dir::State::lists=$CACHE/apt/lists" -o "Dir::Cache=$CACHE/apt" -o Debug::NoLocking=1 "$@"
}

unpack_packages() { # what apt would install for these, dependencies too
  local wanted package debs="$CACHE/apt/debs"
  rm -rf "$debs"
  mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/archives/partial" "$debs" "$UNPACKED"
  wanted="$(would_install "$@")"
  if [[ -z $wanted ]]; then
    apt_private update -q || return 1
    wanted="$(would_install "$@")"
  fi
  if [[ -z $wanted ]]; then return 1; fi
  # shellcheck disable=SC2086
  (cd "$debs" && apt_private download $wanted) || return 1
  for package in "$debs"/*.deb; do dpkg -x "$package" "$UNPACKED" || return 1; done
  rm -rf "$debs"
}

# Programs and libraries; not the scripts, accounts and services around them, which unpacking does not bring to life, and
# neither Perl nor LLVM, which they can do without.
would_install() {
  apt_private -s install --no-install-recommends "$@" 2>/dev/null |
    awk '/^Inst/ && $2 ~ /^(lib|odbc|postgresql-(client-)?[0-9]|python3-pip-whl)/ {print $2}' |
    grep -vE '^lib(perl|json-perl|gdbm|llvm|z3|c-l10n|dbd|dbi)' || true
}

write_env() {
  local libs
  libs="$(dirname "$(find "$UNPACKED" /usr/lib* -path '*/lib*/libodbc.so.2' -print -quit 2>/dev/null)")"
  cat >"$ENV_FILE" <<EOF
# Made by packaging/machine.sh: where unixODBC and its drivers are, on a machine where nobody may install.
export FIELDGATE_ODBC_LIBS="$libs"
export ODBCSYSINI="$UNPACKED/etc"
export FIELDGATE_SERVERS="$UNPACKED/usr/lib"
export LD_LIBRARY_PATH="$libs\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
EOF
  mkdir -p "$UNPACKED/etc"
  : >"$UNPACKED/etc/odbcinst.ini"
  local name driver
  for name in "SQLite3:libsqlite3odbc.so" "PostgreSQL Unicode:psqlodbcw.so" "MariaDB Unicode:libmaodbc.so"; do
    driver="$(find "$UNPACKED" -name "${name#*:}" -print -quit)"
    if [[ -n $driver ]]; then printf '[%s]\nDriver=%s\n\n' "${name%%:*}" "$driver" >>"$UNPACKED/etc/odbcinst.ini"; fi
  done
}

# --- what is asked for ---

odbc_is_there() {
  local driver
  for driver in libsqlite3odbc.so psqlodbcw.so libmaodbc.so; do found "/usr/lib*/*/odbc/$driver" || return 1; done
  found "/usr/lib*/*/libodbc.so.2"
}

servers_are_there() {
  found "/usr/lib/postgresql/*/bin/initdb" && found "/usr/sbin/mariadbd" && found "/usr/bin/mariadb-install-db"
}

find_python() { # the newest of 3.11 and later
  local name
  for name in python3.14 python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

make_venv() {
  local python
  if "$PYTHON" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
  if ! python="$(find_python)"; then
    if is_root && has_apt; then step "install python3" apt_install python3 python3-venv; fi
    python="$(find_python)" || {
      echo "FAILED: no Python 3.11 or newer. Install python3 (Debian 12, Ubuntu 24.04 or newer) and try again." >&2
      exit 1
    }
  fi
  rm -rf "$ROOT/.venv"
  # Debian keeps venv's pip in a package of its own
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    if is_root && has_apt; then
      step "install python3-venv" apt_install "$(basename "$(readlink -f "$python")")-venv"
    elif has_apt; then
      step "make .venv ($("$python" -V)), without root" make_venv_without_root "$python"
      return
    else
      echo "FAILED: this Python has no ensurepip. Install its venv package (python3-venv) and try again." >&2
      exit 1
    fi
  fi
  step "make .venv ($("$python" -V))" "$python" -m venv "$ROOT/.venv"
}

make_venv_without_root() { # PYTHON
  local wheel
  "$1" -m venv --without-pip "$ROOT/.venv" || return 1
  UNPACKED="$CACHE/pip" unpack_packages python3-pip-whl || return 1
  wheel="$(find "$CACHE/pip" -name 'pip-*.whl' -print -quit)"
  "$PYTHON" "$wheel/pip" install --no-index --no-deps "$wheel"
}

pip_install() { "$PYTHON" -m pip install --disable-pip-version-check --no-input --quiet --progress-bar off "$@"; }

install_locked() { # LOCK: once per content
  local lock="$1" stamp
  stamp="$ROOT/.venv/.locked-$(basename "$lock")-$(digest_of "$ROOT/$lock")"
  if [[ -e $stamp ]]; then return; fi
  step "install $lock (every file by its hash)" pip_install --require-hashes --prefer-binary -r "$ROOT/$lock"
  touch "$stamp"
}

install_project() {
  local stamp
  stamp="$ROOT/.venv/.project-$(digest_of "$ROOT/pyproject.toml" "$ROOT/packaging/build.lock")"
  if [[ -e $stamp && -x $ROOT/.venv/bin/fieldgate ]] && "$PYTHON" -c 'import agent' 2>/dev/null; then return; fi
  install_locked packaging/build.lock
  step "install fieldgate from this folder" pip_install --no-deps --no-build-isolation -e "$ROOT"
  touch "$stamp"
}

make_databases() {
  if is_root && has_apt; then
    rm -f "$ENV_FILE"
    if ! odbc_is_there; then
      echo "  installing: ${ODBC_PACKAGES[*]}"
      step "install unixODBC and its drivers" apt_install "${ODBC_PACKAGES[@]}"
    fi
    if ! servers_are_there; then
      echo "  installing: ${SERVER_PACKAGES[*]}   (programs only: no service is started)"
      step "install PostgreSQL and MariaDB" apt_install_servers "${SERVER_PACKAGES[@]}"
    fi
    return
  fi
  if ! odbc_is_there || ! found "/usr/lib/postgresql/*/bin/initdb"; then
    if ! has_apt; then
      echo "  NOT HERE: unixODBC with drivers, or PostgreSQL. Have somebody install what these are called on this system:"
      echo "            ${ODBC_PACKAGES[*]} ${SERVER_PACKAGES[*]}"
      return
    fi
    if [[ ! -e $ENV_FILE || ! -d $UNPACKED ]]; then
      step "unpack unixODBC and PostgreSQL into .cache, without root" unpack_packages "${ODBC_PACKAGES[@]}" postgresql
      write_env
    fi
    # shellcheck source=/dev/null
    . "$ENV_FILE"
    echo "  This account may not install packages, so unixODBC and PostgreSQL stand in .cache. In a shell of your own, say:"
    echo "      . ${ENV_FILE#"$PWD"/}"
  fi
  if ! found "/usr/sbin/mariadbd"; then
    echo "  NOT HERE: MariaDB cannot be had without root; its tests are left out and named. For them, as root:"
    echo "            apt-get install --no-install-recommends mariadb-server"
  fi
}

make_test_tools() {
  local tool missing=()
  for tool in "${TEST_TOOLS[@]}"; do
    if ! command -v "${tool%%:*}" >/dev/null; then missing+=("${tool#*:}"); fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  if is_root && has_apt; then
    if [[ " ${missing[*]} " == *" gcc "* ]]; then missing+=(libc6-dev); fi
    echo "  installing: ${missing[*]}   (for tests only)"
    step "install what only tests use" apt_install "${missing[@]}"
  else
    echo "  NOT HERE, and not to be had without root: ${missing[*]}. The tests that want them are left out and named."
  fi
}

prepare_machine() { # runtime|dev
  local started=$SECONDS
  make_databases
  make_venv
  if [[ ${1:-runtime} == dev ]]; then
    make_test_tools
    install_locked requirements-dev.lock
  else
    install_locked requirements.lock
  fi
  install_project
  rm -rf "$CACHE/apt"
  printf '  %-58s %4d s\n' "machine ready" $((SECONDS - started))
}
