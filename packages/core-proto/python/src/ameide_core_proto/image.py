"""The descriptor image the stubs are generated from."""

from importlib.resources import files


def read_image() -> bytes:
    """Read the descriptors of every proto, imports and comments included.

    Returns:
        A serialized ``google.protobuf.FileDescriptorSet``, the same bytes for the same protos.
    """
    return files("ameide_core_proto").joinpath("data", "image.binpb").read_bytes()
