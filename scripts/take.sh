# Takes the cluster to work on, starts it where it is the node of our own, and says kubectl to it; sourced.
# shellcheck shell=bash

chosen=$(scripts/cluster/choose)
eval "$chosen"
export KIND CONTEXT NAMESPACE KUBECONFIG KUBECTL HOST
[[ $KIND != node ]] || scripts/cluster/node up >/dev/null

kubectl() { "$KUBECTL" --context "$CONTEXT" --namespace "$NAMESPACE" "$@"; }
