# What the scripts share; sourced with the checkout as the working folder and `root` set to it.

say() { printf '[%s] %s\n' "$(basename "$0")" "$*" >&2; }
fail() { say "error: $1"; exit "${2:-1}"; }

# Debian's packages of a list, one a line: installed by apt when we are root, otherwise the line to run is printed.
install_debian_packages() {
  local missing=() name
  command -v dpkg-query >/dev/null || { say "no dpkg here: install what $1 names in your system's way"; return; }
  for name in $(grep -v '^#' "$1"); do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    say "error: these Debian packages are missing; run this line, then scripts/setup again:"
    echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >.apt.log 2>&1 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >>.apt.log 2>&1 ||
    { tail -n 5 .apt.log >&2; fail "apt-get failed; the whole log is .apt.log"; }
  rm -f .apt.log
}

make_python_environment() {
  # Debian's own Python, so that a pyenv or conda in front of it changes nothing.
  local python=/usr/bin/python3
  [ -x $python ] || python=python3
  [ -x .env/python/bin/pip ] || { say "making the Python environment .env/python"; $python -m venv .env/python; }
}

# install_python_packages NAME LIST [PIP OPTIONS]: once, until the list changes.
install_python_packages() {
  local stamp=.env/installed-$1 sum
  sum=$(sha256sum <"$2")
  [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
  say "installing the Python packages of $2 (progress of long downloads follows)"
  .env/python/bin/pip install --quiet --disable-pip-version-check --progress-bar "$([ -t 2 ] && echo on || echo off)" -r "$2" "${@:3}" ||
    fail "pip could not install $2. Is the network there? Is the disk full (LibTorch with CUDA needs 6 GB)?"
  echo "$sum" >"$stamp"
}

libtorch_of_pip() { echo "$PWD"/.env/python/lib/python3.*/site-packages/torch; }

# Into .env/weights. Without them the program is built all the same and says so when they are asked for.
install_weights() {
  local list=scripts/requirements-weights.txt stamp=.env/installed-weights sum
  sum=$(sha256sum <$list)
  [ "$(cat $stamp 2>/dev/null)" = "$sum" ] && return
  say "fetching the weights that know speech and speakers (25 MB)"
  if .env/python/bin/pip install --quiet --disable-pip-version-check --no-deps --no-compile --upgrade --target .env/weights -r $list; then
    echo "$sum" >$stamp
  else
    say "no weights for voice activity and speakers could be fetched: building without them (\"prepare --trim vad\" and \"speakers\" will ask for them); run scripts/setup again with a network"
  fi
}

# The version of an nvcc, 13.0; nothing of one that does not run.
nvcc_version() { "$1" --version 2>/dev/null | sed -n 's/.*release \([0-9]*\.[0-9]*\).*/\1/p' || true; }

# find_nvcc [NVCC...]: puts one that goes with LibTorch on PATH. It is often installed and not there, or an older one is:
# Debian's own is of CUDA 11.8.
find_nvcc() {
  local nvcc version why="no nvcc found"
  [ $# -gt 0 ] || set -- /usr/local/cuda/bin/nvcc /usr/local/cuda-*/bin/nvcc
  for nvcc in "$(command -v nvcc)" "$@"; do
    [ -x "$nvcc" ] || continue
    version=$(nvcc_version "$nvcc")
    if [ "0${version%%.*}" -ge 13 ]; then
      [ "$nvcc" = "$(command -v nvcc)" ] || export PATH="$(dirname "$nvcc"):$PATH"
      return
    fi
    why="$nvcc is of CUDA ${version:-?}, too old for this LibTorch"
  done
  say "$why: building without CUDA kernels, for the CPU only (install the CUDA 13 toolkit for GPU training)"
}

# configure FOLDER ARGUMENTS...: again only when an argument or a CMake file changed.
configure() {
  local folder=$1 key
  shift
  key=$(printf '%s\n' "$@"; command -v nvcc; cat .env/installed-weights 2>/dev/null; cat CMakeLists.txt src/cmake/*.cmake tests/CMakeLists.txt | sha256sum)
  [ -e "$folder/build.ninja" ] && [ "$(cat "$folder/.configured" 2>/dev/null)" = "$key" ] && return
  say "configuring $folder"
  mkdir -p "$folder"
  cmake -S . -B "$folder" -G Ninja "$@" >"$folder/configure.log" 2>&1 ||
    { tail -n 20 "$folder/configure.log" >&2; fail "CMake failed; the whole log is $folder/configure.log"; }
  grep '^-- CUDA kernels' "$folder/configure.log" >&2 || true
  echo "$key" >"$folder/.configured"
}

# A file with LibTorch's headers takes 1.5 GB to compile.
jobs_that_fit() {
  local processors memory
  processors=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  [ "$memory" -lt 1 ] && memory=1
  echo $((processors < memory ? processors : memory))
}

build() {
  local folder=$1
  shift
  local quiet=--quiet
  # A dry run of build.ninja itself ends at "Re-running CMake": it cannot know that the globs give the same files.
  cp "$folder/build.ninja" "$folder/plan.ninja"
  if [ -n "$(ninja -C "$folder" -f plan.ninja -n "$@" 2>/dev/null | grep -m 1 ' \(Building\|Linking\) ')" ]; then
    say "building $* in $folder (a cold build takes some 12 minutes on two processors)"
    [ -t 2 ] && quiet=
  fi
  # ccache reads the precompiled header, half a gigabyte, for every file that uses it, unless it may remember what it read.
  export CCACHE_INODECACHE=true
  NINJA_STATUS='[%f of %t, %e s] ' ninja -C "$folder" $quiet -j "${JOBS:-$(jobs_that_fit)}" "$@" >&2 || fail "the build failed; the first error stands above"
}
