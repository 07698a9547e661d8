# Debian packages: installed when root, named otherwise; sourced by node and by the image build.
# shellcheck shell=bash

# Given as pairs of what is needed and the package that brings it, and looked for by the former: Docker's containerd.io
# is as good as Debian's containerd, and installing the latter would remove the former.

missing_packages() { # PAIR… → packages, one a line
  local pair
  for pair; do
    [[ -e ${pair% *} ]] || command -v "${pair% *}" >/dev/null || printf '%s\n' "${pair#* }"
  done | sort -u
}

packages_hint() { # PAIR…
  local missing
  missing=$(missing_packages "$@" | paste -sd ' ')
  [[ -z $missing ]] || printf ' It also needs Debian packages: sudo apt-get install --no-install-recommends %s' "$missing"
}

install() { # PACKAGE…
  say "installing $*"
  command -v apt-get >/dev/null || refuse "this machine has no apt-get: install what these Debian packages bring: $*."
  apt-get update -q >/dev/null || say "apt-get update failed: going on with the lists that are here"
  # --no-remove: never at the price of something the user has.
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --no-remove "$@" >/dev/null ||
    refuse "apt-get could not install: $*."
}

install_packages() { # PAIR…
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} == 0 ]] || install "${missing[@]}"
}
