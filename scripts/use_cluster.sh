# Chooses the cluster, and defines kubectl for it; sourced by the commands that use one.
# shellcheck shell=bash

chosen=$(scripts/choose_cluster)
eval "$chosen"
export KIND CONTEXT NAMESPACE KUBECONFIG KUBECTL HOST

start_node() { [[ $KIND != node ]] || scripts/node/node up >/dev/null; }
kubectl() { "$KUBECTL" --context "$CONTEXT" --namespace "$NAMESPACE" "$@"; }
