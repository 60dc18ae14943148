"""An image as the kernel can have it: layers of files, a command, limits; and what the OCI's image-spec calls them."""

import hashlib
from dataclasses import dataclass

from guests.contained import Layer, Limits, seen

ARCHITECTURE, OS = "g3", "trapline"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
TAR = "application/vnd.oci.image.layer.v1.tar"
TAR_GZIP = f"{TAR}+gzip"
REF_NAME = "org.opencontainers.image.ref.name"
VERSION = {"imageLayoutVersion": "1.0.0"}
LABEL = "trapline.limits."  # and the name of a limit: labels of a config, as there is no other place for them
TAG = "latest"
LIMITS = ("processes", "window", "blocks", "files", "steps")

HIDDEN = ".wh."  # before the name of a file that is hidden (image-spec, layer.md)
OPAQUE = ".wh..wh..opq"  # in a folder of which nothing below is seen


@dataclass(frozen=True, slots=True)
class Image:
    """`layers` are the lowest first; `digest` is that of its manifest, `diffs` those of its layers, not compressed."""

    layers: tuple[Layer, ...]
    command: str
    limits: Limits
    digest: str
    diffs: tuple[str, ...]

    @property
    def files(self) -> dict[str, bytes]:
        """What its processes see."""
        return seen(self.layers)


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def labels_of(limits: Limits) -> dict[str, str]:
    return {LABEL + name: str(getattr(limits, name)) for name in LIMITS}
