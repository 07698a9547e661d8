# Removes everything the node left on the machine, whether it was stopped or killed, and nothing of anybody else's;
# sourced by node.
# shellcheck shell=bash

empty() { [[ -d $state && -r $state && -z $(ls -A "$state") ]]; }
none_here() { [[ ! -e $runtime ]] && { [[ ! -e $state ]] || empty; }; }

ours() { # whether the running node is this one: same boot, same state, same build
  [[ -e $runtime/identity && $(<"$runtime/identity") == "$(identity)" ]]
}

identity() { printf '%s %s %s\n' "$(</proc/sys/kernel/random/boot_id)" "$state" "$bin"; }

# Refuses to remove a node that was started with another NODE_HOME, or somebody's data.
require_own() {
  local boot home
  [[ $state =~ ^/[A-Za-z0-9._/+-]+$ ]] || refuse "NODE_HOME must be an absolute path of letters, digits and ._+-, not '$state'."
  [[ ! -e $state || -e $marker ]] || empty ||
    refuse "$state contains files that are not the node's. Name a folder that is empty or does not exist (NODE_HOME=…)."
  read -r boot home _ 2>/dev/null <"$runtime/identity" || return 0
  [[ $boot != "$(</proc/sys/kernel/random/boot_id)" || $home == "$state" ]] ||
    refuse "A node with its state in $home is up. Use it (NODE_HOME=$home) or stop it first (NODE_HOME=$home $(printf %q "$0") down)."
}

# Folders that Kubernetes, containerd and the network plugins create outside ours. They are removed if they are new.
foreign=(/var/lib/kubelet /var/log/containers /usr/libexec/kubernetes /var/lib/cni /run/containerd)

record_foreign() {
  local folder
  for folder in "${foreign[@]}"; do [[ -e $folder ]] || printf '%s\n' "$folder"; done >"$state/foreign"
}

kill_containers() {
  local shim sockets
  mapfile -t sockets < <(grep -hoE '/run/containerd/s/[0-9a-f]+' "$runtime"/containerd/io.containerd.runtime.v2.task/*/*/address 2>/dev/null)
  for shim in $(pgrep -f -- "^[^ ]*containerd-shim-runc-v2 .*-address $socket( |$)"); do
    pkill -KILL -P "$shim" || true # when a container's first process dies, the kernel kills the others
    kill -KILL "$shim" 2>/dev/null || true
  done
  rm -f "${sockets[@]}"
}

unmount() {
  local folder mounts
  for _ in {1..20}; do # a mount stays busy until the last process of its container has gone
    mapfile -t mounts < <(awk -v a="$state/" -v b="$runtime/" 'index($2, a) == 1 || index($2, b) == 1 {print $2}' /proc/mounts | tac)
    [[ ${#mounts[@]} != 0 ]] || return 0
    for folder in "${mounts[@]}"; do umount "$folder" 2>/dev/null || true; done
    sleep 0.1
  done
  say "Still mounted: ${mounts[*]}."
  return 1
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
}

remove_results() { # FOLDER; removes what the network plugins recorded about our containers only
  [[ ! -d $1 ]] || find "$1" -type f -exec grep -qF "$runtime" {} \; -delete
}

remove_folders() {
  local folder owner
  rm -rf --one-file-system "$runtime"
  remove_results /var/lib/cni/results
  [[ ! -d /var/log/containers ]] || find /var/log/containers -lname "$state/*" -delete
  if [[ -e $state/foreign ]]; then
    while read -r folder; do
      # Another containerd or kubelet may have been started on this machine since.
      case $folder in /run/containerd) owner=containerd ;; *) owner=kubelet ;; esac
      ! pgrep -x "$owner" >/dev/null || continue
      rm -rf --one-file-system "$folder"
    done <"$state/foreign"
  fi
  [[ -e $state ]] || return 0
  # The marker goes last, so that an interrupted removal can be resumed. The folder stays if it is a mount point.
  find "$state" -mindepth 1 -maxdepth 1 ! -path "$marker" -exec rm -rf --one-file-system {} +
  rm -f "$marker"
  rmdir "$state" 2>/dev/null || true
}

remove_everything() {
  local name
  for name in kubelet proxy scheduler controller-manager apiserver etcd containerd; do stop "$name"; done
  kill_containers
  unmount
  leave_network
  remove_cgroups
  restore_settings
  remove_folders
}
