"""Running the old clients under node."""

import asyncio
import json
from pathlib import Path
from typing import Any

from interop.npm import packages

HERE = Path(__file__).parent


async def run(script: str, *arguments: str) -> Any:
    """What a script of this folder prints as JSON; fails with what it says if it fails."""
    await asyncio.to_thread(packages)
    return json.loads(await say("node", script, *arguments))


async def say(*command: str, folder: Path = HERE) -> str:
    """What a program prints within a minute; fails with its complaint if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, complaint = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaint.decode()
    return out.decode()
