# Where the node of our own lives and what it is called; sourced by every script of this folder.
# shellcheck shell=bash disable=SC2034

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scripts=$repository/scripts/cluster
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlserving
state=${NODE_HOME:-${XDG_STATE_HOME:-$HOME/.local/state}/mlserving/node}
[[ $state != /* ]] || state=$(readlink -m "$state" 2>/dev/null || printf '%s' "$state") # as /proc/mounts spells it
marker=$state/mlserving-node # says that the folder is the node's own, to be removed with all that is in it
runtime=/run/kube-node # what a restart of the machine must forget: process ids, sockets, earlier kernel settings
socket=$runtime/containerd.sock

version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$scripts/kube/go.mod") # v1.36.3: the pin is spelled once
build_key=$(cat "$scripts"/kube/*.go "$scripts"/kube/pause/*.go "$scripts"/kube/go.{mod,sum} | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-16)
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
