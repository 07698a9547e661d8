# Writes the configuration of a fresh node: the files of config/, keys, certificates and kubeconfigs; sourced by node.
# shellcheck shell=bash

fill_template() { # TEMPLATE
  sed -e "s|@state@|$state|g; s|@runtime@|$runtime|g; s|@socket@|$socket|g; s|@version@|$version|g" \
    -e "s|@pod_network@|$pod_network|g; s|@dns_ip@|$dns_ip|g" "$node_scripts/config/$1"
}

write_config() {
  fill_template containerd.toml >"$state/containerd.toml"
  fill_template kubelet.yaml >"$state/kubelet.yaml"
  fill_template network.conflist >"$state/cni/10-mlserving.conflist"
}

certificate_days=365

write_authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$state/pki/ca.key" -out "$state/pki/ca.crt" -days "$certificate_days" \
    -subj /CN=mlserving-node 2>/dev/null
}

write_certificate() { # NAME SUBJECT [SUBJECT_ALTERNATIVE_NAMES]
  openssl req -new -newkey rsa:2048 -nodes -keyout "$state/pki/$1.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$state/pki/ca.crt" -CAkey "$state/pki/ca.key" -CAcreateserial -days "$certificate_days" \
      -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${3:+subjectAltName=$3}") \
      -out "$state/pki/$1.crt" 2>/dev/null
}

write_kubeconfig() { # USER
  local config=("$bin/kubectl" config --kubeconfig "$state/$1.conf")
  "${config[@]}" set-cluster "$context" --server https://127.0.0.1:6443 --certificate-authority "$state/pki/ca.crt" --embed-certs
  "${config[@]}" set-credentials "$1" --client-certificate "$state/pki/$1.crt" --client-key "$state/pki/$1.key" --embed-certs
  "${config[@]}" set-context "$context" --cluster "$context" --user "$1"
  "${config[@]}" use-context "$context"
} >/dev/null

write_credentials() {
  local user
  write_authority
  write_certificate apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:$address,IP:$kubernetes_ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  write_certificate admin /O=system:masters/CN=admin
  write_certificate front-proxy /CN=front-proxy
  write_certificate controller-manager /CN=system:kube-controller-manager
  write_certificate scheduler /CN=system:kube-scheduler
  write_certificate kubelet /O=system:nodes/CN=system:node:node "IP:$address,DNS:node"
  openssl genrsa -out "$state/pki/sa.key" 2048 2>/dev/null
  for user in admin controller-manager scheduler kubelet; do write_kubeconfig "$user"; done
}
