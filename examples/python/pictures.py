"""Pictures, a mix and half-way houses, saved beside this file: `python pictures.py`.

Runs the model in this program; no server is needed.
"""

from taxiway import load

g = load("rainbow")  # or load("network.pkl")

# The same seed always gives the same picture; psi below 1 trades variety for calm.
g.image(seed=3, psi=0.7).save("three.png")
g.grid("0-15", columns=4).save("sixteen.png")

# Shapes of the columns in the colours of the rows.
g.mix("1-3", "10-14", styles="coarse").save("mix.png")

# Half way between two pictures lies another: w can be added and divided.
one, two = g.w("1,2", psi=0.7)
g.image({"w": (one + two) / 2}).save("between.png")
g.save("between.npz", {"w": (one + two) / 2})
