# The Debian packages the node needs: installed when root, named otherwise; sourced by node.
# shellcheck shell=bash

# Looked for by what they bring, not by name: Docker's containerd.io is as good as Debian's containerd, and
# installing the latter would remove the former.
needed=(
  "containerd containerd" "ctr containerd" "runc runc" "/usr/lib/cni/ptp containernetworking-plugins"
  "iptables-restore iptables" "ip iproute2" "conntrack conntrack" "pgrep procps"
  "openssl openssl" "curl curl" "/etc/ssl/certs/ca-certificates.crt ca-certificates"
)

missing_packages() { # one a line
  local pair
  for pair in "${needed[@]}"; do
    [[ -e ${pair% *} ]] || command -v "${pair% *}" >/dev/null || printf '%s\n' "${pair#* }"
  done | sort -u
}

packages_hint() {
  local missing
  missing=$(missing_packages | paste -sd ' ')
  [[ -z $missing ]] || printf ' It also needs Debian packages: sudo apt-get install --no-install-recommends %s' "$missing"
}

install() { # PACKAGE…
  say "installing $*"
  command -v apt-get >/dev/null || refuse "this machine has no apt-get: install what these Debian packages bring: $*."
  apt-get update -q >/dev/null
  # --no-remove: never at the price of something the user has.
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --no-remove "$@" >/dev/null ||
    refuse "apt-get could not install: $*."
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [[ ${#missing[@]} == 0 ]] || install "${missing[@]}"
}
