# Changes the machine's network and kernel settings for the node, and restores them; sourced by node.
# NetworkPolicy objects are accepted but not enforced: the ptp network plugin cannot do that.
# shellcheck shell=bash

# kubelet, kube-proxy and the network plugin change these. Their values are saved first and restored in the end.
settings=(
  net.ipv4.ip_forward net.ipv4.conf.all.route_localnet vm.overcommit_memory vm.panic_on_oom
  kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes
)

sysctl_path() { printf '/proc/sys/%s' "${1//.//}"; }

save_settings() {
  local name
  for name in "${settings[@]}"; do
    [[ ! -r $(sysctl_path "$name") ]] || printf '%s %s\n' "$name" "$(<"$(sysctl_path "$name")")" # a kernel may lack some of them
  done >"$runtime/settings"
}

restore_settings() {
  local name value
  [[ -e $runtime/settings ]] || return 0
  while read -r name value; do
    [[ $(<"$(sysctl_path "$name")") == "$value" ]] || printf '%s\n' "$value" >"$(sysctl_path "$name")" ||
      say "$name could not be restored to $value."
  done <"$runtime/settings"
}

# A firewall that drops forwarded packets, such as Docker's, must accept the pods' traffic.
forward_rules=("-s $pod_network -j ACCEPT" "-d $pod_network -j ACCEPT")

# kube-proxy rejects connections to a NodePort without a pod on their way in. Those of this machine have by then been
# noted as connections to the machine itself, and for two minutes their source ports would reach no pod. So they are
# rejected on their way out.
reject_rule="-m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES"

join_network() {
  local rule
  echo 1 >/proc/sys/net/ipv4/ip_forward
  ip addr replace "$address/32" dev lo
  iptables -w -N KUBE-EXTERNAL-SERVICES 2>/dev/null || true # kube-proxy fills it, and remove_chains removes it
  # shellcheck disable=SC2086 # words of a rule
  iptables -w -C OUTPUT $reject_rule 2>/dev/null || iptables -w -A OUTPUT $reject_rule
  for rule in "${forward_rules[@]}"; do
    # shellcheck disable=SC2086 # words of a rule
    iptables -w -C FORWARD $rule 2>/dev/null || iptables -w -I FORWARD $rule
  done
}

leave_network() {
  local rule
  ip addr del "$address/32" dev lo 2>/dev/null || true
  for rule in "${forward_rules[@]}"; do
    # shellcheck disable=SC2086 # words of a rule
    iptables -w -D FORWARD $rule 2>/dev/null || true
  done
  remove_chains iptables
  ! ip6tables-save >/dev/null 2>&1 || remove_chains ip6tables # a kernel may lack IPv6
}

# Prints the removal of Kubernetes' chains (KUBE-*), of our pods' chains (CNI-…, found by rules that name our network)
# and of every rule that jumps to them. Each table is one transaction, so that no other rule is touched.
removal() { # reads the output of iptables-save, prints input for iptables-restore --noflush
  awk '
    function finish(   chain, i) {
      print "*" table
      for (chain in ours) print ":" chain " - [0:0]"
      for (i = 1; i <= rules; i++) {
        n = split(rule[i], word, " ")
        for (j = 1; j < n; j++) if (word[j] == "-j" && (word[j + 1] in ours) && !(word[2] in ours)) {
          sub(/^-A/, "-D", rule[i]); print rule[i]
        }
      }
      for (chain in ours) print "-X " chain
      print "COMMIT"
      delete ours; rules = 0
    }
    /^\*/ { table = substr($0, 2) }
    /^:KUBE-/ { ours[substr($1, 2)] }
    /^-A/ { rule[++rules] = $0 }
    /^-A POSTROUTING .*name: \\"mlserving\\" .*-j CNI-/ { ours[$NF] }
    /^COMMIT/ { finish() }
  '
}

remove_chains() { # iptables | ip6tables
  "$1-save" | removal | "$1-restore" -w --noflush
}
