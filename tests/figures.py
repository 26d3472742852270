"""Figures that notebooks show, compared by what is seen."""

from __future__ import annotations

import base64
import hashlib
import io


def pixels_of(otherwise, output: object) -> object:
    """Name a figure by its size and pixels; other outputs as before."""
    if not (isinstance(output, str) and output.startswith("iVBORw0KGgo")):  # PNG in base64
        return otherwise(output)
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(output))) as image:
        pixels = image.convert("RGB")
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return f"figure of {pixels.width} x {pixels.height} pixels, {digest[:16]}"
