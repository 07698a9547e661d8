# Names, folders and addresses of the built-in node; sourced by node and by the scripts that look for it.
# shellcheck shell=bash disable=SC2034

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
node_scripts=$repository/scripts/node
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlserving
state=${NODE_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/mlserving/node}
[[ $state != /* ]] || state=$(readlink -m "$state" 2>/dev/null || printf '%s' "$state") # spelled as in /proc/mounts
marker=$state/mlserving-node # its presence means that the folder belongs to the node, which may remove it
runtime=/run/kube-node # what must not survive a reboot: process ids, sockets, saved kernel settings
socket=$runtime/containerd.sock

version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$node_scripts/kube/go.mod") # v1.36.3, spelled only there
build_key=$(cat "$node_scripts"/kube/*.go "$node_scripts"/kube/pause/*.go "$node_scripts"/kube/go.{mod,sum} | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-16)
bin=$cache/node/$build_key-$(uname -m)

context=mlserving-node
address=172.31.255.1 # on lo, so that the node keeps its address when the machine changes networks
pod_network=10.244.0.0/24
service_network=10.96.0.0/16
kubernetes_ip=10.96.0.1
dns_ip=10.96.0.10
kubeconfig=$state/admin.conf

say() { printf 'node: %s\n' "$*" >&2; }
node_kubectl() { KUBECACHEDIR=$state/cache "$bin/kubectl" --kubeconfig "$kubeconfig" "$@"; }
