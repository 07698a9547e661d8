# Which cluster is used, from what was found: pure, so that it can be read and tested; sourced by choose.
# shellcheck shell=bash

kind_of() { # CONTEXT PROVIDER: what kubectl's configuration says of a context
  case $1/$2 in
    minikube/* | */*minikube*) echo minikube ;;
    kind-*) echo kind ;;
    *) echo context ;;
  esac
}

# Prints kind, context and reason, separated by tabs. Any of the arguments may be empty.
choice() { # ASKED ASKED_PROVIDER CURRENT CURRENT_PROVIDER PROFILE
  local asked=$1 current=$3 profile=$5 kind reason="there is no Minikube or kind here"
  if [[ $asked == mlserving-node ]]; then
    printf 'node\t%s\t%s\n' "$asked" "CONTEXT names it"
    return
  elif [[ -n $asked ]]; then
    printf '%s\t%s\t%s\n' "$(kind_of "$asked" "$2")" "$asked" "CONTEXT names it"
    return
  fi
  kind=$(kind_of "$current" "$4")
  if [[ -n $current && $kind != context ]]; then
    printf '%s\t%s\t%s\n' "$kind" "$current" "it is kubectl's current context"
  elif [[ -n $profile ]]; then
    printf 'minikube\t%s\t%s\n' "$profile" "this Minikube profile is running"
  else
    # Any other current context may be somebody's production: never taken unless named.
    [[ -z $current || $current == mlserving-node ]] || reason="kubectl's current context, $current, is neither Minikube nor kind and is left alone"
    printf 'node\tmlserving-node\t%s\n' "$reason"
  fi
}
