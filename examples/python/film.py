"""A film that loops for ever, saved beside this file: `python film.py`.

taxiway install video
"""

from taxiway import load

g = load("rainbow")

# Through three pictures and back to the first, at constant speed.
g.video("rainbows.mp4", "2,13,8", seconds=2, size=256, psi=0.7)

# Wherever chance leads, four at once. A second run of a stopped film goes on where it was.
g.video("wander.gif", kind="wander", seed=4, grid="2x2", size=256, seconds=2, fps=10)

# Or frame by frame, each a Pillow picture, to do with as you like.
for number, picture in enumerate(g.walk("2,13,8").frames(5)):
    picture.save(f"frame{number}.png")
