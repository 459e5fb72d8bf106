"""Films that are written while their pictures come."""

import io

import av
import numpy as np

from taxiway.film.push import FORM
from taxiway.film.stream import FilmStream


def test_a_stream_that_falls_behind_has_fewer_pictures_each_at_its_time() -> None:
    target = io.BytesIO()
    picture = np.full((16, 16, 3), 90, np.uint8)
    film = FilmStream(target, FORM, picture, 10)
    for place in (0, 0, 1, 7, 8):
        film.write(picture, place)
    film.close()
    with av.open(io.BytesIO(target.getvalue())) as container:
        times = [round(float(frame.time), 2) for frame in container.decode(video=0)]
    assert np.allclose(np.diff(times), [0.1, 0.1, 0.5, 0.1], atol=0.011)
