"""Post a picture of a running Taxiway to Mastodon and Bluesky: `python bot.py`.

Without --post it only shows what it would post: the text, and the picture as rainbow.jpg. With
--post it posts wherever it finds an account in its surroundings:

    MASTODON_URL=https://botsin.example MASTODON_TOKEN=...
    BLUESKY_HANDLE=rainbows.bsky.social BLUESKY_PASSWORD=... (an app password, not your own)

pip install -r requirements.txt
"""

import argparse
import base64
import json
import os
import random
import sys
import urllib.request

ADDRESS = "http://localhost:8000"  # where the terminal says Taxiway is
MOODS = ("A rainbow", "Another rainbow", "Found: a rainbow", "Weather somewhere else")


def picture(seed: int) -> bytes:
    """The JPEG of a seed, from the model."""
    request = urllib.request.Request(
        f"{ADDRESS}/query",
        data=json.dumps({"seed": seed, "truncation": 0.8}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        image = json.load(answer)["image"]
    return base64.b64decode(image.partition(",")[2])


def words(seed: int) -> tuple[str, str]:
    """The post, and the description for those who do not see the picture."""
    text = f"{MOODS[seed % len(MOODS)]}, number {seed}. Made by a machine that has never seen one."
    return text, f"A landscape with a rainbow, drawn by a StyleGAN from the seed {seed}."


def to_mastodon(url: str, token: str, jpeg: bytes, text: str, description: str) -> str:
    """Post; returns the address of the post."""
    from mastodon import Mastodon

    server = Mastodon(access_token=token, api_base_url=url)
    media = server.media_post(jpeg, "image/jpeg", description=description, synchronous=True)
    return server.status_post(text, media_ids=[media]).url


def to_bluesky(url: str, handle: str, password: str, jpeg: bytes, text: str, alt: str) -> str:
    """Post; returns the address of the record."""
    from atproto import Client

    client = Client(base_url=url)
    client.login(handle, password)
    return client.send_image(text, jpeg, alt).uri


def accounts() -> dict:
    """What to post with, by the name of the network: only those whose settings are all there."""
    env = os.environ.get
    bluesky = (env("BLUESKY_URL", "https://bsky.social"), env("BLUESKY_HANDLE"))
    known = {
        "Mastodon": (to_mastodon, (env("MASTODON_URL"), env("MASTODON_TOKEN"))),
        "Bluesky": (to_bluesky, (*bluesky, env("BLUESKY_PASSWORD"))),
    }
    return {name: (post, keys) for name, (post, keys) in known.items() if all(keys)}


def main() -> int:
    parser = argparse.ArgumentParser(description="Post a rainbow.")
    parser.add_argument("--post", action="store_true", help="really post it")
    parser.add_argument("--seed", type=int, help="which rainbow, instead of any")
    asked = parser.parse_args()
    seed = random.randrange(100_000) if asked.seed is None else asked.seed
    jpeg, (text, description) = picture(seed), words(seed)
    with open("rainbow.jpg", "wb") as file:
        file.write(jpeg)
    print(f"{text}\n[rainbow.jpg, {len(jpeg) // 1000} kB: {description}]")
    found = accounts()
    if not asked.post:
        print(f"Not posted to {' and '.join(found) or 'anything'}: add --post.")
        return 0
    if not found:
        print("There is no account to post with: see the first lines of bot.py.")
        return 1
    failed = False
    for name, (post, keys) in found.items():
        try:  # one network that is down must not keep the other from its picture
            print(f"Posted to {name}: {post(*keys, jpeg, text, description)}")
        except Exception as error:
            failed = True
            print(f"{name} did not take it: {error}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
