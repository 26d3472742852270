"""How bright colours are, how far two stand apart, and what lies between them."""

from __future__ import annotations

import numpy as np


def luminance(colour: str) -> float:
    """Relative luminance of a colour as WCAG 2.2 defines it, 0 (black) to 1 (white)."""
    from matplotlib.colors import to_rgb

    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.2 defines it, 1 to 21.

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """
    low, high = sorted((luminance(one), luminance(other)))
    return round((high + 0.05) / (low + 0.05), 6)


def mixed(one: str, other: str, share: float) -> str:
    """Mix a share of the other colour into one."""
    from matplotlib.colors import to_hex, to_rgb

    parts = zip(to_rgb(one), to_rgb(other), strict=True)
    red, green, blue = ((1 - share) * part + share * far for part, far in parts)
    return to_hex((red, green, blue))
