# What the machine must offer, and the sentence a user reads where it does not; sourced by node and the image build.
# shellcheck shell=bash

refuse() {
  say "$*"
  say "instead, start Minikube (minikube start) or name a cluster of your own: CONTEXT=<its kubectl context>"
  exit 1
}

require_linux() {
  [[ $(uname -s) == Linux ]] || refuse "the node of our own runs on Linux only, and this is $(uname -s)."
}

require_root() { # [PAIR…]: what packages.sh is to find
  [[ $(id -u) == 0 ]] || refuse "this needs root (mounts, network, cgroups): run it with sudo.$(packages_hint "$@")"
}

require_memory() { # GIB [MEMINFO]
  local available
  available=$(awk '$1 == "MemAvailable:" {print int($2 / 1024)}' "${2:-/proc/meminfo}")
  ((available >= $1 * 1024)) || refuse "needs $1 GiB of free memory, and $available MiB are free: close something first."
}

require_disk() { # GIB FOLDER
  local folder=$2 free
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  free=$(df -Pm "$folder" | awk 'NR == 2 {print $4}')
  ((free >= $1 * 1024)) || refuse "needs $1 GiB of disk under $folder, and $free MiB are free: make room, or name a new folder on another disk (NODE_HOME=…, XDG_CACHE_HOME=…)."
}

require_free_ports() { # PORT…
  local port
  for port; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      refuse "port $port of this machine is taken, perhaps by another Kubernetes: stop what listens there (see: ss -ltnp 'sport = :$port')."
    fi
  done
}
