# buildah on a store of the project's own: what it makes is never mixed with the user's images, and is removed whole.
# shellcheck shell=bash

image_store=${XDG_CACHE_HOME:-$HOME/.cache}/mlserving/images
image_runtime=$image_store/run

builder() {
  # chroot: needs neither a container runtime nor a user namespace, which some machines do not give.
  STORAGE_DRIVER=${STORAGE_DRIVER:-overlay} BUILDAH_ISOLATION=chroot \
    buildah --root "$image_store" --runroot "$image_runtime" "$@"
}
