# Loads images into the node's containerd: its own two, and those that scripts/image built; sourced by node.
# shellcheck shell=bash

# shellcheck source=../image/store.sh
. "$repository/scripts/image/store.sh"

node_images() { ctr -a "$socket" -n k8s.io images "$@"; }

has_image() { # IMAGE ID
  local manifest
  manifest=$(node_images ls "name==$1" | awk 'NR == 2 {print $3}')
  [[ -n $manifest ]] && ctr -a "$socket" -n k8s.io content get "$manifest" | grep "$2" >/dev/null
}

load() { # IMAGE
  local archive id
  ours || { say "The node is not up. Start it first: scripts/node/node up"; return 1; }
  install_packages "buildah buildah"
  id=$(builder images --quiet --no-trunc "$1" 2>/dev/null) || { say "There is no image $1. Build it first: scripts/image/build"; return 1; }
  if has_image "$1" "$id"; then
    say "The node already has image $1."
    return
  fi
  archive=$(mktemp -d "$state/load.XXXXXX")
  builder push -q "$1" "docker-archive:$archive/image:$1" || return
  node_images import "$archive/image" >/dev/null || return
  rm -rf "$archive"
  say "The node has image $1."
}

# An image of one static binary needs no builder: it is a layer, a configuration and a manifest.
import_binary() { # NAME BINARY
  local folder file=${2##*/} machine
  case $(uname -m) in x86_64) machine=amd64 ;; aarch64) machine=arm64 ;; *) machine=$(uname -m) ;; esac
  folder=$(mktemp -d "$state/load.XXXXXX")
  tar -C "${2%/*}" -cf "$folder/layer.tar" "$file"
  printf '{"architecture": "%s", "os": "linux", "config": {"Entrypoint": ["/%s"]}, "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
    "$machine" "$file" "$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)" >"$folder/config.json"
  printf '[{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]' "$1" >"$folder/manifest.json"
  tar -C "$folder" -c manifest.json config.json layer.tar | node_images import - >/dev/null || return
  rm -rf "$folder"
}

import_once() { # NAME BINARY
  [[ -n $(node_images ls -q name=="$1") ]] || import_binary "$1" "$2"
}

import_own_images() {
  import_once localhost/pause:1 "$bin/pause" && import_once "localhost/kube:$version" "$bin/kube"
}
