"""The rainbow bot, by the networks' own libraries, against a server that speaks as they do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from examples.conftest import EXAMPLES, TOLD
from examples.networks import HANDLE, PASSWORD, TOKEN, Networks, networks

KEYS = ("MASTODON_URL", "MASTODON_TOKEN", "BLUESKY_URL", "BLUESKY_HANDLE", "BLUESKY_PASSWORD")


def bot(address: str, folder: Path, *arguments: str, **keys: str) -> tuple[int, str]:
    """How the bot ends, and what it says; it knows no accounts but those of `keys`."""
    text = (EXAMPLES / "rainbow-bot" / "bot.py").read_text()
    assert text.count(TOLD) == 1
    (folder / "bot.py").write_text(text.replace(TOLD, address))
    done = subprocess.run(
        [sys.executable, "bot.py", "--seed", "5", *arguments],
        cwd=folder, check=False, capture_output=True, text=True, timeout=100,
        env={name: value for name, value in os.environ.items() if name not in KEYS} | keys,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def accounts(server: Networks) -> dict[str, str]:
    return {
        "MASTODON_URL": server.url,
        "MASTODON_TOKEN": TOKEN,
        "BLUESKY_URL": server.url,
        "BLUESKY_HANDLE": HANDLE,
        "BLUESKY_PASSWORD": PASSWORD,
    }


def test_without_post_it_posts_nothing(address: str, tmp_path: Path) -> None:
    with networks() as server:
        code, said = bot(address, tmp_path, **accounts(server))
        assert code == 0, said
        assert "Not posted to Mastodon and Bluesky: add --post." in said
        assert server.heard == []
    with Image.open(tmp_path / "rainbow.jpg") as picture:
        assert picture.format == "JPEG"
    code, said = bot(address, tmp_path, "--post")
    assert code == 1
    assert "There is no account to post with" in said


@pytest.mark.slow
def test_with_post_the_picture_arrives_with_its_description(address: str, tmp_path: Path) -> None:
    with networks() as server:
        code, said = bot(address, tmp_path, "--post", **accounts(server))
        assert code == 0, said
        assert f"Posted to Mastodon: {server.url}/@rainbows/8" in said
        assert "Posted to Bluesky: at://" in said
        jpeg = (tmp_path / "rainbow.jpg").read_bytes()
        description = "A landscape with a rainbow, drawn by a StyleGAN from the seed 5."
        [media] = server.bodies("/api/v2/media")
        assert jpeg in media
        assert description.encode() in media
        assert server.bodies("/xrpc/com.atproto.repo.uploadBlob") == [jpeg]
        [record] = map(json.loads, server.bodies("/xrpc/com.atproto.repo.createRecord"))
        assert record["record"]["text"].startswith("Another rainbow, number 5.")
        assert [each["alt"] for each in record["record"]["embed"]["images"]] == [description]


@pytest.mark.slow
def test_one_network_that_is_down_keeps_the_picture_from_no_other(
    address: str, tmp_path: Path
) -> None:
    with networks() as server:
        server.down.add("/api/v2/media")
        code, said = bot(address, tmp_path, "--post", **accounts(server))
        assert code == 1
        assert "Mastodon did not take it: " in said
        assert "Posted to Bluesky: at://" in said
        wrong = {**accounts(server), "BLUESKY_PASSWORD": "wrong"}
        assert "Bluesky did not take it: " in bot(address, tmp_path, "--post", **wrong)[1]
