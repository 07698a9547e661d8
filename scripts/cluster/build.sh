# Compiles the node once for each state of kube/ and keeps it outside the tree; sourced by node.
# shellcheck shell=bash

# Counts the lines of standard input and tells how far it is: in place on a terminal, else every so many seconds.
progress() { # WHAT TOTAL [SECONDS]
  local count=0 told=$SECONDS began=$SECONDS status every=${3:-10} end='\n'
  [[ ! -t 2 ]] || { every=1 end='\r'; }
  while :; do
    status=0
    IFS= read -r -t 1 || status=$?
    ((status == 0)) && count=$((count + 1))
    ((status == 0 || status > 128)) || break # above 128: nothing came within the second
    ((SECONDS - told < every)) && continue
    told=$SECONDS
    printf "node: %s %d of about %d, %d:%02d $end" "$1" "$count" "$2" $(((told - began) / 60)) $(((told - began) % 60)) >&2
  done
  say "$1 $count in $((SECONDS - began)) s          "
}

download() {
  local total
  total=$(grep -c '^	[^ ]* v' "$scripts/kube/go.mod")
  go list -x -deps . ./pause 2>&1 >/dev/null | tee "$log" | { grep --line-buffered -E '^# get .*\.zip$' || true; } |
    progress "modules downloaded:" "$total"
}

compile() {
  local total version_path=k8s.io/component-base/version
  total=$(go list -trimpath -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' . ./pause | grep -c .)
  go build -v -trimpath -o "$bin.partial/" -ldflags "-s -w -X $version_path.gitVersion=$version \
    -X $version_path.gitMajor=$(cut -d. -f1 <<<"${version#v}") -X $version_path.gitMinor=$(cut -d. -f2 <<<"$version")" \
    . ./pause 2>&1 | tee "$log" | progress "packages compiled:" "$total"
}

build() {
  [[ ! -x $bin/kube ]] || return 0
  local log=$cache/node/build.log
  require_disk 6 "$cache"
  require_memory 3
  find_go
  mkdir -p "$bin.partial"
  say "compiling Kubernetes $version from its Go modules: about 10 minutes on two cores, once; the log is $log"
  (
    cd "$scripts/kube"
    export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
    download && compile
  ) || refuse "compiling failed: $(tail -n 3 "$log")"
  ln -sf kube "$bin.partial/kubectl"
  mv -T "$bin.partial" "$bin"
}
