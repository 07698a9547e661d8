# Keys, certificates and kubeconfigs, made anew whenever the node starts afresh; sourced by node.
# shellcheck shell=bash

days=365

authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$state/pki/ca.key" -out "$state/pki/ca.crt" -days "$days" \
    -subj /CN=mlserving-node 2>/dev/null
}

certificate() { # NAME SUBJECT [SAN]
  openssl req -new -newkey rsa:2048 -nodes -keyout "$state/pki/$1.key" -subj "$2" 2>/dev/null |
    openssl x509 -req -CA "$state/pki/ca.crt" -CAkey "$state/pki/ca.key" -CAcreateserial -days "$days" \
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

write_pki() {
  local user
  authority
  certificate apiserver /CN=kube-apiserver "IP:127.0.0.1,IP:$address,IP:$kubernetes_ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate admin /O=system:masters/CN=admin
  certificate front-proxy /CN=front-proxy
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate kubelet /O=system:nodes/CN=system:node:node "IP:$address,DNS:node"
  openssl genrsa -out "$state/pki/sa.key" 2048 2>/dev/null
  for user in admin controller-manager scheduler kubelet; do write_kubeconfig "$user"; done
}
