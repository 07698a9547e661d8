# Removes everything the node left on the machine, whether it was stopped or killed; sourced by node.
# shellcheck shell=bash

# Folders that Kubernetes, containerd and the network plugins make outside ours: removed if they were not there before.
foreign=(/var/lib/kubelet /var/log/containers /usr/libexec/kubernetes /var/lib/cni /run/containerd)

note_foreign() {
  local folder
  for folder in "${foreign[@]}"; do [[ -e $folder ]] || printf '%s\n' "$folder"; done >"$state/foreign"
}

kill_containers() {
  local shim sockets
  mapfile -t sockets < <(grep -hoE '/run/containerd/s/[0-9a-f]+' "$runtime"/containerd/io.containerd.runtime.v2.task/*/*/address 2>/dev/null)
  for shim in $(pgrep -f -- "^[^ ]*containerd-shim-runc-v2 .*-address $socket( |$)"); do
    pkill -KILL -P "$shim" || true # the first process of a container takes the others with it
    kill -KILL "$shim" 2>/dev/null || true
  done
  rm -f "${sockets[@]}"
}

unmount() {
  local folder mounts
  for _ in {1..20}; do # a mount is busy until the last process of its container is gone
    mapfile -t mounts < <(awk -v a="$state/" -v b="$runtime/" 'index($2, a) == 1 || index($2, b) == 1 {print $2}' /proc/mounts | tac)
    [[ ${#mounts[@]} != 0 ]] || return 0
    for folder in "${mounts[@]}"; do umount "$folder" 2>/dev/null || true; done
    sleep 0.1
  done
  say "still mounted: ${mounts[*]}"
  return 1
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
}

forget_results() { # FOLDER: what the network plugins noted of our containers, and nobody else's
  [[ ! -d $1 ]] || find "$1" -type f -exec grep -qF "$runtime" {} \; -delete
}

remove_folders() {
  local folder owner
  rm -rf --one-file-system "$runtime"
  forget_results /var/lib/cni/results
  [[ ! -d /var/log/containers ]] || find /var/log/containers -lname "$state/*" -delete
  if [[ -e $state/foreign ]]; then
    while read -r folder; do
      # Another containerd or kubelet may have come to this machine since.
      case $folder in /run/containerd) owner=containerd ;; *) owner=kubelet ;; esac
      ! pgrep -x "$owner" >/dev/null || continue
      rm -rf --one-file-system "$folder"
    done <"$state/foreign"
  fi
  [[ -e $state ]] || return 0
  # The marker goes last, so that what was interrupted can be gone on with. The folder itself stays if it is a disk's.
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
