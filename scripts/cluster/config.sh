# Fills in the templates of config/; sourced by node.
# shellcheck shell=bash

fill() { # TEMPLATE
  sed -e "s|@state@|$state|g; s|@runtime@|$runtime|g; s|@socket@|$socket|g; s|@version@|$version|g" \
    -e "s|@pod_network@|$pod_network|g; s|@dns_ip@|$dns_ip|g" "$scripts/config/$1"
}

write_config() {
  fill containerd.toml >"$state/containerd.toml"
  fill kubelet.yaml >"$state/kubelet.yaml"
  fill network.conflist >"$state/cni/10-mlserving.conflist"
}
