"""Who looks after the hosted models from a browser: by a link that works once, then signed in.

A link and a sign-in are 256 random bits each, of which the store has the SHA-256. The page sends
its sign-in in a header, which no page of another site can do, so nothing can be asked in its name.
"""

import time

from taxiway.hosting.store import Store
from taxiway.hosting.tokens import digest, random_text

LINK_SECONDS = 600.0
SIGNED_IN_SECONDS = 12 * 3600.0
APART_SECONDS = 300.0
"""By so much the clocks of servers that share a store may differ. What is good for longer than it
can be was made while a clock was wrong, and would be good for years."""


def new_link(store: Store) -> str:
    """What stands behind the `#` of an owner's link. Raises StoreError."""
    given = random_text("link_")
    now = time.time()
    store.add_link(digest(given), now, now + LINK_SECONDS)
    return given


def sign_in(store: Store, link: str) -> str | None:
    """The sign-in for a link, which is used up; None if it is late, used or made up."""
    given, now = random_text("own_"), time.time()
    latest = now + LINK_SECONDS + APART_SECONDS
    entered = store.enter(digest(link), digest(given), now, now + SIGNED_IN_SECONDS, latest)
    return given if entered else None


def is_signed_in(store: Store, given: str) -> bool:
    """Whether `given` is a sign-in that is neither late nor ended."""
    now = time.time()
    return store.owns(digest(given), now, now + SIGNED_IN_SECONDS + APART_SECONDS)
