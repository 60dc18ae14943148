"""An image from its layout, whoever wrote that: what is read is what the digests say, in sizes that are known before,
and what the kernel could not have is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from guests.contained import MOST_OF_IMAGE, Container, Layer, Limits
from isa.errors import TraplineError
from trapline.containers.blobs import Store, blob, opened
from trapline.containers.image import (
    ARCHITECTURE,
    CONFIG,
    INDEX,
    LABEL,
    LIMITS,
    MANIFEST,
    OS,
    TAR,
    TAR_GZIP,
    Image,
    digest_of,
)
from trapline.containers.layers import LARGEST, inflated, layer

TEXT = 1 << 20  # bytes of what is JSON
HERE = "images here are those of `trapline container build`, or copies of them"


def read(path: str) -> Image:
    """The image in a folder or an archive. Raises TraplineError."""
    store = opened(path)
    if _parsed(store, store.read("oci-layout", TEXT)).get("imageLayoutVersion") != "1.0.0":
        raise TraplineError(f"{path} has no layout of version 1.0.0", HERE)
    index = _parsed(store, store.read("index.json", TEXT))
    found = [one for one in _list(store, index, "manifests") if _ours(one)]
    if len(found) != 1:
        raise TraplineError(f"{path} has {len(found)} images for {OS} on {ARCHITECTURE}, and one is taken", HERE)
    manifest = _described(store, found[0], (MANIFEST,))
    digest = _text(store, found[0], "digest")
    config = _described(store, _table(store, manifest, "config"), (CONFIG,))
    if (config.get("architecture"), config.get("os")) != (ARCHITECTURE, OS):
        raise TraplineError(f"{path} is not for {OS} on {ARCHITECTURE}", HERE)
    told = _table(store, config, "config")
    image = Image((), _command(store, told), _limits(store, told), digest, ())
    for described, diff in _layers(store, manifest, config):
        data = blob(store, _text(store, described, "digest"), _number(store, described, "size"))
        left = LARGEST - sum(len(contents or b"") for one in image.layers for contents in one.values())
        archive = inflated(data, path, left) if _text(store, described, "mediaType") == TAR_GZIP else data
        if digest_of(archive) != diff:
            raise TraplineError(f"{path}: a layer is not what its config says ({diff:.19}...)", "get the image again")
        found_layer: Layer = layer(archive, image.layers, path)
        image = replace(image, layers=(*image.layers, found_layer), diffs=(*image.diffs, diff))
    Container("image", image.layers, image.command, image.limits).check()
    return image


def _ours(described: Any) -> bool:
    """Whether it is an image's manifest, and not one for another platform."""
    if not isinstance(described, dict) or described.get("mediaType") not in (MANIFEST, INDEX):
        return False
    platform = described.get("platform")
    if not isinstance(platform, dict):
        return True  # the config says it
    return (platform.get("architecture"), platform.get("os")) == (ARCHITECTURE, OS)


def _layers(store: Store, manifest: dict[str, Any], config: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Descriptors of the layers, each with what it is when it is not compressed."""
    layers, diffs = _list(store, manifest, "layers"), _list(store, _table(store, config, "rootfs"), "diff_ids")
    if len(layers) != len(diffs) or len(layers) > MOST_OF_IMAGE:
        message = f"{store.path} has {len(layers)} layers, and its config {len(diffs)}"
        raise TraplineError(message, f"there are {MOST_OF_IMAGE} at most, and as many in both")
    for described, diff in zip(layers, diffs, strict=True):
        if not isinstance(described, dict) or not isinstance(diff, str):
            raise TraplineError(f"{store.path}: a layer is described by what is no table", HERE)
        if described.get("mediaType") not in (TAR, TAR_GZIP):
            kind = described.get("mediaType")
            raise TraplineError(f"{store.path}: a layer is `{kind!s:.80}`", f"it may be `{TAR}`, or with `+gzip`")
        yield described, diff


def _command(store: Store, told: dict[str, Any]) -> str:
    words = [*_list(store, told, "Entrypoint", []), *_list(store, told, "Cmd", [])]
    if len(words) != 1 or not isinstance(words[0], str):
        raise TraplineError(f"{store.path} has no command of one word", "its command is the name of a program in it")
    return words[0]


def _limits(store: Store, told: dict[str, Any]) -> Limits:
    """What labels say of limits; what they do not say is as usual."""
    labels = told.get("Labels")
    labels = labels if isinstance(labels, dict) else {}
    found = {}
    for name in LIMITS:
        value = labels.get(LABEL + name)
        if value is None:
            continue
        if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > 10:
            raise TraplineError(f"{store.path}: the label `{LABEL}{name}` is no number", HERE)
        found[name] = int(value)
    return Limits(**found)


def _described(store: Store, described: dict[str, Any], kinds: tuple[str, ...]) -> dict[str, Any]:
    """The JSON of a descriptor."""
    if described.get("mediaType") not in kinds:
        raise TraplineError(f"{store.path}: `{described.get('mediaType')!s:.80}` stands where {kinds[0]} should", HERE)
    data = blob(store, _text(store, described, "digest"), _number(store, described, "size"), TEXT)
    return _parsed(store, data)


def _parsed(store: Store, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TraplineError(f"{store.path}: a part of it is no JSON: {error!s:.100}", HERE) from None
    if not isinstance(value, dict):
        raise TraplineError(f"{store.path}: a part of it is no table of JSON", HERE)
    return value


def _wrong(store: Store, key: str, what: str) -> TraplineError:
    return TraplineError(f"{store.path}: `{key}` is {what} in an image's description, and not here", HERE)


def _text(store: Store, table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise _wrong(store, key, "a text")
    return value


def _number(store: Store, table: dict[str, Any], key: str) -> int:
    value = table.get(key)
    if type(value) is not int:
        raise _wrong(store, key, "a whole number")
    return value


def _table(store: Store, table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    if not isinstance(value, dict):
        raise _wrong(store, key, "a table")
    return value


def _list(store: Store, table: dict[str, Any], key: str, default: list[Any] | None = None) -> list[Any]:
    value = table.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, list):
        raise _wrong(store, key, "a list")
    return value
