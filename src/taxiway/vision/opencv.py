"""OpenCV, which the extra `vision` brings, for whoever needs it."""

from typing import Any

from taxiway.core.extras import need


def opencv(what: str) -> Any:
    """OpenCV's module, its choices by chance set back, so that a call has the same answer again.

    Raises MissingDependency, of which `what` is the subject, with the line that brings it.
    """
    need("cv2", what)
    import cv2

    cv2.setRNGSeed(0)
    return cv2
