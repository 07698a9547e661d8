# Finds a Go toolchain and compiles the node, once per state of kube/, into a cache outside the tree; sourced by node.
# shellcheck shell=bash

pinned_go=$(awk '$1 == "go" {print $2}' "$node_scripts/kube/go.mod")
default_go=/usr/local/go/bin/go # where go.dev's instructions install it; sudo drops this folder from PATH

at_least() { # VERSION MINIMUM
  [[ $(printf '%s\n' "$2" "$1" | sort -V | head -1) == "$2" ]]
}

go_version() { # GO → 1.26.4
  (cd / && GOTOOLCHAIN=local "$1" version) | sed -E 's/^go version go([0-9.]+).*/\1/'
}

# Fetches the pinned toolchain as a Go module, verified against sum.golang.org, and prints its folder. This works even
# with a Go that is too old to switch toolchains itself, such as Debian 12's.
fetch_toolchain() { # GO
  local machine folder
  machine=$(cd / && "$1" env GOOS)-$(cd / && "$1" env GOARCH)
  folder=$(cd / && "$1" env GOMODCACHE)/golang.org/toolchain@v0.0.1-go$pinned_go.$machine
  if [[ ! -x $folder/bin/go ]]; then
    say "Fetching Go $pinned_go from the module proxy."
    (cd / && GOTOOLCHAIN=local GOFLAGS=-mod=mod "$1" mod download "golang.org/toolchain@v0.0.1-go$pinned_go.$machine") >&2 || return
    # A module carries neither executable bits nor nested go.mod files. The go command restores both, and so do we.
    chmod -R u+w "$folder"
    chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
    find "$folder" -name _go.mod -execdir mv {} go.mod \;
  fi
  printf '%s\n' "$folder/bin"
}

find_go() { # puts a sufficient Go first on PATH
  local go folder
  go=$(command -v go || ls "$default_go" 2>/dev/null || true)
  if [[ -z $go && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    install golang-go ca-certificates
    go=$(command -v go)
  fi
  [[ -n $go ]] || refuse "Compiling the node requires Go $pinned_go or newer: install it from https://go.dev/dl/ (or, as root on Debian: apt-get install golang-go)."
  if ! at_least "$(go_version "$go")" "$pinned_go"; then
    folder=$(fetch_toolchain "$go") ||
      refuse "$go is Go $(go_version "$go"), but the node requires $pinned_go or newer, and the module proxy did not provide it: install it from https://go.dev/dl/."
    go=$folder/go
  fi
  PATH=$(dirname "$go"):$PATH
  export PATH GOTOOLCHAIN=local
}

# Counts the lines of standard input and reports progress: in place on a terminal, otherwise every ten seconds.
progress() { # WHAT TOTAL [SECONDS]
  local count=0 reported=$SECONDS began=$SECONDS status every=${3:-10} end='\n'
  [[ ! -t 2 ]] || { every=1 end='\r'; }
  while :; do
    status=0
    IFS= read -r -t 1 || status=$?
    ((status == 0)) && count=$((count + 1))
    ((status == 0 || status > 128)) || break # above 128: no line came within the second
    ((SECONDS - reported < every)) && continue
    reported=$SECONDS
    printf "node: %s %d of about %d, %d:%02d $end" "$1" "$count" "$2" $(((reported - began) / 60)) $(((reported - began) % 60)) >&2
  done
  say "$1 $count in $((SECONDS - began)) s          "
}

download() {
  local total
  total=$(grep -c '^	[^ ]* v' "$node_scripts/kube/go.mod")
  go list -x -deps . ./pause 2>&1 >/dev/null | tee "$log" | { grep --line-buffered -E '^# get .*\.zip$' || true; } |
    progress "Modules downloaded:" "$total"
}

compile() {
  local total version_path=k8s.io/component-base/version
  total=$(go list -trimpath -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' . ./pause | grep -c .)
  go build -v -trimpath -o "$bin.partial/" -ldflags "-s -w -X $version_path.gitVersion=$version \
    -X $version_path.gitMajor=$(cut -d. -f1 <<<"${version#v}") -X $version_path.gitMinor=$(cut -d. -f2 <<<"$version")" \
    . ./pause 2>&1 | tee "$log" | progress "Packages compiled:" "$total"
}

build() {
  [[ ! -x $bin/kube ]] || return 0
  local log=$cache/node/build.log
  require_disk 6 "$cache"
  require_memory 3
  find_go
  mkdir -p "$bin.partial"
  say "Compiling Kubernetes $version from its Go modules, once: 5 to 12 minutes on two cores. The log is $log."
  (
    cd "$node_scripts/kube"
    export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
    download && compile
  ) || refuse "Compiling failed: $(tail -n 3 "$log")"
  ln -sf kube "$bin.partial/kubectl"
  mv -T "$bin.partial" "$bin"
}
