# Sourced by the scripts: which packages flowkit needs, and how to get them.
# shellcheck shell=bash

# Debian package, then what it provides: a command, or a header that must be found.
flowkit_packages=(
  "g++ command g++"
  "cmake command cmake"
  "ninja-build command ninja"
  "ccache command ccache"
  "pkg-config command pkg-config"
  "python3 command python3"
  "zlib1g-dev header zlib.h"
  "libeigen3-dev header eigen3/Eigen/Core"
  "libxsimd-dev header xsimd/xsimd.hpp"
  "libxtensor-dev header xtensor/xarray.hpp"
  "libboost-dev header boost/version.hpp"
  "libboost-program-options-dev header boost/program_options.hpp"
  "libblosc-dev header blosc.h"
  "libdnnl-dev header oneapi/dnnl/dnnl.hpp"
  "ocl-icd-opencl-dev header CL/cl.h"
  "libmujoco-dev header mujoco/mujoco.h"
  "libqhull-dev header libqhull_r/libqhull_r.h"
  "libegl-dev header EGL/egl.h"
  "libgl1-mesa-dri header EGL/egl.h"
  "libosmesa6-dev header GL/osmesa.h"
  "libgtest-dev header gtest/gtest.h"
  "libgmock-dev header gmock/gmock.h"
  "libbenchmark-dev header benchmark/benchmark.h"
)

# What the checks of .ci/run need beside that.
flowkit_check_packages=(
  "clang command clang++"
  "clang-14 command clang++-14"
  "clang-tidy-14 command clang-tidy-14"
  "clang-format-14 command clang-format-14"
  "libclang-rt-14-dev command clang++-14"
)

_flowkit_is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

_flowkit_has() { # package kind name
  if _flowkit_is_debian; then
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
  elif [[ "$2" == command ]]; then
    command -v "$3" >/dev/null
  else
    c++ -E -x c++ -include "$3" /dev/null >/dev/null 2>&1
  fi
}

_flowkit_apt() {
  local prefix=()
  if [[ "$(id -u)" != 0 ]]; then prefix=(sudo); fi
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null
}

# ensure_packages "${list[@]}": installs what is missing; exits 2 where that is not possible.
ensure_packages() {
  local entry package kind name missing=()
  for entry in "$@"; do
    read -r package kind name <<<"$entry"
    _flowkit_has "$package" "$kind" "$name" || missing+=("$package")
  done
  if [[ ${#missing[@]} == 0 ]]; then return 0; fi

  if ! _flowkit_is_debian; then
    echo "missing, by the names of Debian 12: ${missing[*]}" >&2
    echo "This system has no apt-get, so install them its own way, then run this script again." >&2
    exit 2
  fi
  if [[ "$(id -u)" != 0 ]] && ! command -v sudo >/dev/null; then
    echo "missing: ${missing[*]}" >&2
    echo "Neither root nor sudo: run 'apt-get install ${missing[*]}' as root, then try again." >&2
    exit 2
  fi
  echo "installing: ${missing[*]}"
  # The package lists are fetched only when those at hand do not suffice.
  _flowkit_apt install -y --no-install-recommends "${missing[@]}" ||
    { _flowkit_apt update && _flowkit_apt install -y --no-install-recommends "${missing[@]}"; } ||
    { echo "apt-get could not install: ${missing[*]}" >&2; exit 2; }
}
