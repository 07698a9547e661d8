# A Go that can compile the node: the user's, or Debian's, and the pinned toolchain from the module proxy; sourced by node.
# shellcheck shell=bash

pinned_go=$(awk '$1 == "go" {print $2}' "$scripts/kube/go.mod")
usual_go=/usr/local/go/bin/go # where go.dev's own instructions put it, which sudo drops from PATH

at_least() { # VERSION MINIMUM
  [[ $(printf '%s\n' "$2" "$1" | sort -V | head -1) == "$2" ]]
}

go_version() { # GO → 1.26.4
  (cd / && GOTOOLCHAIN=local "$1" version) | sed -E 's/^go version go([0-9.]+).*/\1/'
}

# Prints the folder of the pinned toolchain, fetched and checked (sum.golang.org) as the Go module it is. Works with a
# Go that is too old to switch toolchains by itself, as Debian 12's is.
fetch_toolchain() { # GO
  local machine folder
  machine=$(cd / && "$1" env GOOS)-$(cd / && "$1" env GOARCH)
  folder=$(cd / && "$1" env GOMODCACHE)/golang.org/toolchain@v0.0.1-go$pinned_go.$machine
  if [[ ! -x $folder/bin/go ]]; then
    say "fetching Go $pinned_go through the module proxy"
    (cd / && GOTOOLCHAIN=local GOFLAGS=-mod=mod "$1" mod download "golang.org/toolchain@v0.0.1-go$pinned_go.$machine") >&2 || return
    # Modules carry neither executable bits nor nested go.mod files: undone here as the go command itself does.
    chmod -R u+w "$folder"
    chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
    find "$folder" -name _go.mod -execdir mv {} go.mod \;
  fi
  printf '%s\n' "$folder/bin"
}

find_go() { # puts a Go that will do first on PATH
  local go folder
  go=$(command -v go || ls "$usual_go" 2>/dev/null || true)
  if [[ -z $go && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    install golang-go ca-certificates
    go=$(command -v go)
  fi
  [[ -n $go ]] || refuse "compiling the node needs Go $pinned_go or newer: install it from https://go.dev/dl/ (or, as root on Debian: apt-get install golang-go)."
  if ! at_least "$(go_version "$go")" "$pinned_go"; then
    folder=$(fetch_toolchain "$go") ||
      refuse "$go is Go $(go_version "$go"), the node needs $pinned_go or newer, and the module proxy did not give it: install it from https://go.dev/dl/."
    go=$folder/go
  fi
  PATH=$(dirname "$go"):$PATH
  export PATH GOTOOLCHAIN=local
}
