# Whose node it is, and whose folder: what is not ours is never removed; sourced by node.
# shellcheck shell=bash

empty() { [[ -d $state && -r $state && -z $(ls -A "$state") ]]; }
none_here() { [[ ! -e $runtime ]] && { [[ ! -e $state ]] || empty; }; }

ours() { # the running node, if any, is this one: same boot, same state, same build
  [[ -e $runtime/identity && $(<"$runtime/identity") == "$(identity)" ]]
}

identity() { printf '%s %s %s\n' "$(</proc/sys/kernel/random/boot_id)" "$state" "$bin"; }

# Neither a node that another NODE_HOME= started nor somebody's data is ours to remove.
require_own() {
  local boot home
  [[ $state =~ ^/[A-Za-z0-9._/+-]+$ ]] || refuse "NODE_HOME must be an absolute path of letters, digits and ._+-, and is '$state'."
  [[ ! -e $state || -e $marker ]] || empty ||
    refuse "$state holds what is not the node's: name a folder that is empty or not there yet (NODE_HOME=…)."
  read -r boot home _ 2>/dev/null <"$runtime/identity" || return 0
  [[ $boot != "$(</proc/sys/kernel/random/boot_id)" || $home == "$state" ]] ||
    refuse "a node that keeps its state in $home is up: use that one (NODE_HOME=$home), or stop it first (NODE_HOME=$home $(printf %q "$0") down)."
}
