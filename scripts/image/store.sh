# Runs buildah on a store of the project's own, which is separate from the user's images and can be removed whole.
# shellcheck shell=bash

image_store=${XDG_CACHE_HOME:-$HOME/.cache}/mlserving/images
image_runtime=$image_store/run

# Installs what building takes. Requires preflight.sh.
provide_builder() {
  local needed=("buildah buildah" "debootstrap debootstrap")
  require_root "${needed[@]}"
  install_packages "${needed[@]}"
}

builder() {
  # chroot isolation needs neither a container runtime nor a user namespace, which some machines forbid.
  STORAGE_DRIVER=${STORAGE_DRIVER:-overlay} BUILDAH_ISOLATION=chroot \
    buildah --root "$image_store" --runroot "$image_runtime" "$@"
}
