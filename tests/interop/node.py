"""Running the old clients under node; npm brings them on first use."""

import asyncio
import functools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@functools.cache
def install() -> None:
    """Bring the packages of package.json. Skips without node, but fails where CI is set."""
    if shutil.which("npm") is None:
        reason = "The old clients need Node.js with npm: install it."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    lock = HERE / "node_modules" / ".package-lock.json"
    if not lock.exists() or lock.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"npm could not bring the old clients: {done.stderr}")


async def run(script: str, *arguments: str) -> Any:
    """What a script of this folder prints as JSON; fails with what it says if it fails."""
    await asyncio.to_thread(install)
    process = await asyncio.create_subprocess_exec(
        "node",
        script,
        *arguments,
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, complaint = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaint.decode()
    return json.loads(out)
