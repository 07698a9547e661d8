# Which cluster is used, from what was found: pure, so that it can be read and tested; sourced by choose.
# shellcheck shell=bash

# What kubectl's configuration says of a context. A name alone proves nothing: any cluster may be called after a Minikube.
kind_of() { # CONTEXT CLUSTER SERVER PROVIDER
  local loopback='^https://(127(\.[0-9]+){3}|localhost|\[::1\])(:[0-9]+)?/?$'
  if [[ $1 == minikube || $4 == minikube.sigs.k8s.io ]]; then
    echo minikube
  elif [[ $1 == kind-?* && $2 == "$1" && $3 =~ $loopback ]]; then
    echo kind
  else
    echo context
  fi
}

# Prints kind, context and reason, separated by tabs. Any of the arguments may be empty.
choice() { # ASKED ASKED_KIND CURRENT CURRENT_KIND PROFILE
  local asked=$1 current=$3 profile=$5 reason="there is no Minikube or kind here"
  if [[ $asked == mlserving-node ]]; then
    printf 'node\t%s\t%s\n' "$asked" "CONTEXT names it"
  elif [[ -n $asked ]]; then
    printf '%s\t%s\t%s\n' "$2" "$asked" "CONTEXT names it"
  elif [[ -n $current && $4 != context ]]; then
    printf '%s\t%s\t%s\n' "$4" "$current" "it is kubectl's current context"
  elif [[ -n $profile ]]; then
    printf 'minikube\t%s\t%s\n' "$profile" "this Minikube profile is running"
  else
    # Any other current context may be somebody's production: never taken unless named.
    [[ -z $current || $current == mlserving-node ]] || reason="kubectl's current context, $current, is neither Minikube nor kind and is left alone"
    printf 'node\tmlserving-node\t%s\n' "$reason"
  fi
}
