# Checks what the machine must offer, and installs missing Debian packages as root; sourced by node and by scripts/image.
# shellcheck shell=bash

refuse() {
  say "$*"
  say "Instead, start Minikube (minikube start) or name a cluster of your own: CONTEXT=<its kubectl context>."
  exit 1
}

require_linux() {
  [[ $(uname -s) == Linux ]] || refuse "The built-in node runs only on Linux, and this is $(uname -s)."
}

require_root() { # [PAIR…]
  [[ $(id -u) == 0 ]] || refuse "Root is required (mounts, network, cgroups): run this with sudo.$(packages_hint "$@")"
}

require_memory() { # GIB [MEMINFO]
  local available
  available=$(awk '$1 == "MemAvailable:" {print int($2 / 1024)}' "${2:-/proc/meminfo}")
  ((available >= $1 * 1024)) || refuse "Not enough free memory: $1 GiB are required and $available MiB are free. Close something first."
}

require_disk() { # GIB FOLDER
  local folder=$2 free
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  free=$(df -Pm "$folder" | awk 'NR == 2 {print $4}')
  ((free >= $1 * 1024)) || refuse "Not enough disk space under $folder: $1 GiB are required and $free MiB are free. Make room, or name a new folder on another disk (NODE_HOME=…, XDG_CACHE_HOME=…)."
}

require_free_ports() { # PORT…
  local port
  for port; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      refuse "Port $port is in use, perhaps by another Kubernetes. Stop the process that listens on it (find it with: ss -ltnp 'sport = :$port')."
    fi
  done
}

# Requirements are pairs: a command or a file, and the Debian package that provides it. Only the command or file is
# looked for, because Docker's containerd.io is as good as Debian's containerd, and installing one removes the other.

missing_packages() { # PAIR… → packages, one per line
  local pair
  for pair; do
    [[ -e ${pair% *} ]] || command -v "${pair% *}" >/dev/null || printf '%s\n' "${pair#* }"
  done | sort -u
}

packages_hint() { # PAIR…
  local missing
  missing=$(missing_packages "$@" | paste -sd ' ')
  [[ -z $missing ]] || printf ' These Debian packages are missing too: sudo apt-get install --no-install-recommends %s' "$missing"
}

install() { # PACKAGE…
  say "Installing $*."
  command -v apt-get >/dev/null || refuse "This machine has no apt-get: install what these Debian packages provide: $*."
  "$(dirname "${BASH_SOURCE[0]}")/../install" "$@" || refuse "apt-get could not install $*."
}

install_packages() { # PAIR…
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} == 0 ]] || install "${missing[@]}"
}
