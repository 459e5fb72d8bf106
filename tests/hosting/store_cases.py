"""A model and its token, as the tests of the store have them."""

from taxiway.hosting.records import Hosted, Limits, Rate, Server
from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest

MODEL = Hosted(
    name="class",
    model="painter",
    checkpoint="/home/a/b.pkl",
    options={"size": 64, "device": "cpu"},
    command="generate",
    idle_seconds=12.5,
    created=1000.25,
)
LIMITS = Limits(scopes=("query",), expires=2000.5, rate=Rate(10, 1), budget=3, price=10_000)


def hosting(store: Store, limits: Limits = LIMITS) -> int:
    """The number of the token of a model that was just created."""
    store.create(MODEL, "7b", digest("secret"), limits)
    return store.tokens()[0].id


def server(name: str) -> Server:
    return Server(id=name, url=f"http://127.0.0.1/{name}", secret=f"word of {name}")
