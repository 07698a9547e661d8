# Chooses the cluster, starts it if it is the built-in node, and defines kubectl for it; sourced by demo and load.
# shellcheck shell=bash

chosen=$(scripts/choose_cluster)
eval "$chosen"
export KIND CONTEXT NAMESPACE KUBECONFIG KUBECTL HOST
[[ $KIND != node ]] || scripts/node/node up >/dev/null

kubectl() { "$KUBECTL" --context "$CONTEXT" --namespace "$NAMESPACE" "$@"; }
