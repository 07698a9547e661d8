#!/usr/bin/env bash
# Compiles cases_test.go into the autoscaler of the Kubernetes that the node runs, once, and prints the program's path.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../../.."
# shellcheck source-path=SCRIPTDIR
{
  . scripts/node/settings.sh
  . scripts/node/preflight.sh
  . scripts/node/build.sh
}
program=$cache/go/autoscaler-$version-$(sha256sum "$here/cases_test.go" | cut -c1-16)-$(uname -m)
if [[ ! -x $program ]]; then
  require_disk 4 "$cache"
  find_go
  cd "$node_scripts/kube"
  go mod download k8s.io/kubernetes
  folder=$(go list -f '{{.Dir}}' k8s.io/kubernetes/pkg/controller/podautoscaler)
  overlay=$(mktemp)
  trap 'rm -f "$overlay"' EXIT
  { # go shows the package's sources, without its own tests, as a folder of the node's module
    printf '{"Replace": {"%s/podautoscaler/cases_test.go": "%s/cases_test.go"' "$PWD" "$here"
    for file in "$folder"/*.go; do
      [[ $file == *_test.go ]] || printf ', "%s/podautoscaler/%s": "%s"' "$PWD" "${file##*/}" "$file"
    done
    printf '}}\n'
  } >"$overlay"
  mkdir -p "${program%/*}"
  CGO_ENABLED=0 go test -c -vet=off -trimpath -overlay "$overlay" -o "$program" ./podautoscaler >&2
fi
printf '%s\n' "$program"
