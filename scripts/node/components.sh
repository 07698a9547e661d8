# Starts, stops and checks the processes of Kubernetes; sourced by node.
# shellcheck shell=bash

# A process is identified by its id and its start time, because the id alone may have been reused.
start_time() { # PID → clock ticks since boot; fails if the process is dead
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra stat <<<"${stat##*) }" # the fields after the command's name, which may contain spaces
  [[ ${stat[0]} != Z ]] && printf '%s\n' "${stat[19]}"
}

running() { # NAME
  local pid started
  { read -r pid started <"$runtime/$1.pid"; } 2>/dev/null && [[ -n $started && $(start_time "$pid") == "$started" ]]
}

start() { # NAME COMMAND…; does nothing if it is already running
  local name=$1
  shift
  ! running "$name" || return 0
  # Descriptor 9 is the node's lock, which the new process must not hold. It needs no proxy: all its peers are local.
  NO_PROXY='*' no_proxy='*' setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- &
  printf '%s %s\n' "$!" "$(start_time "$!")" >"$runtime/$name.pid"
}

stop() { # NAME
  local pid signal
  for signal in TERM KILL; do
    running "$1" || return 0
    read -r pid _ <"$runtime/$1.pid"
    kill -"$signal" "$pid" 2>/dev/null || true
    for _ in {1..50}; do
      running "$1" || return 0
      sleep 0.1
    done
  done
}

wait_for() { # SECONDS NAME COMMAND…
  local deadline=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      say "$name did not become ready in time. Its log is $state/log/$name.log."
      return 1
    fi
    sleep 0.5
  done
}

components=(containerd etcd apiserver controller-manager scheduler proxy kubelet)

start_store() {
  start containerd containerd --config "$state/containerd.toml"
  # No fsync: the node is recreated after a reboot anyway.
  start etcd "$bin/kube" etcd --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn
  wait_for 30 etcd curl --noproxy '*' -fs http://127.0.0.1:2379/health
}

start_apiserver() {
  local keys=$state/pki
  start apiserver "$bin/kube" apiserver --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --advertise-address "$address" --secure-port 6443 --allow-privileged \
    --tls-cert-file "$keys/apiserver.crt" --tls-private-key-file "$keys/apiserver.key" --client-ca-file "$keys/ca.crt" \
    --kubelet-preferred-address-types InternalIP \
    --kubelet-client-certificate "$keys/admin.crt" --kubelet-client-key "$keys/admin.key" \
    --authorization-mode Node,RBAC --service-cluster-ip-range "$service_network" \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$keys/sa.key" --service-account-signing-key-file "$keys/sa.key" \
    --requestheader-client-ca-file "$keys/ca.crt" --requestheader-allowed-names front-proxy \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
    --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file "$keys/front-proxy.crt" --proxy-client-key-file "$keys/front-proxy.key" \
    --enable-aggregator-routing
  wait_for 60 apiserver node_kubectl get --raw /readyz
}

start_controllers() {
  local name
  local manager=(--use-service-account-credentials --service-account-private-key-file "$state/pki/sa.key" --root-ca-file "$state/pki/ca.crt")
  for name in controller-manager scheduler; do
    [[ $name == controller-manager ]] || manager=()
    start "$name" "$bin/kube" "$name" --kubeconfig "$state/$name.conf" --leader-elect=false "${manager[@]}" \
      --authentication-kubeconfig "$state/$name.conf" --authorization-kubeconfig "$state/$name.conf"
  done
  start proxy "$bin/kube" proxy --kubeconfig "$state/admin.conf" --cluster-cidr "$pod_network" --proxy-mode iptables \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0 \
    --hostname-override node --iptables-min-sync-period 100ms # with the default of 1 s, a ready pod stays unreachable for that long
}

start_kubelet() {
  start kubelet "$bin/kube" kubelet --config "$state/kubelet.yaml" --kubeconfig "$state/kubelet.conf" \
    --root-dir "$state/kubelet" --hostname-override node --node-ip "$address" --register-node
  wait_for 60 kubelet node_ready
}

# grep without -q: it would exit early, and pipefail would report the broken pipe as a failure.
kubelet_ready() { curl --noproxy '*' -fs http://127.0.0.1:10248/healthz; }
node_ready() { node_kubectl get node node | grep -w Ready >/dev/null; }
metrics_ready() { node_kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes | grep '"cpu"' >/dev/null; }

start_components() {
  start_store && start_apiserver && start_controllers && wait_for 30 containerd test -S "$socket" &&
    import_own_images && start_kubelet && fill_template addons.yaml | node_kubectl apply -f - >/dev/null &&
    node_kubectl -n kube-system rollout status deployment/coredns --timeout 120s >/dev/null && wait_for 120 metrics-server metrics_ready
}

all_running() {
  local name
  for name in "${components[@]}"; do running "$name" || return 1; done
}
