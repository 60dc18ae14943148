"""Container images, as the OCI's image layout has them (image-spec 1.0), and what runs them.

Begin with `image.py`, what an image is here; `recipe.py` and `building.py` make one, `writing.py` writes it down,
`reading.py` reads what anybody may have written, with `blobs.py` and `layers.py` below it. `running.py` boots the
kernel with containers of them. docs/containers.md says what is taken and what is refused.
"""
