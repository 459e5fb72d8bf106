"""The models that were fetched: each a folder of files that are whole, with what is known of them.

store/blobs/<sha256>      each file once     store/models/NAME/    manifest.toml, pulled.json,
store/manifests/NAME.toml one's own                                and the files by their names
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from taxiway.catalog.manifest import Manifest
from taxiway.catalog.store import hub, plan
from taxiway.catalog.store.blobs import Blobs, flush, place
from taxiway.catalog.store.download import Beginning, Download, Report, host_of
from taxiway.catalog.store.hashes import is_sha256, sha256_of
from taxiway.catalog.store.plan import Plan
from taxiway.catalog.store.shelf import MANIFEST, RECORD, Kept, Pulled, Shelf
from taxiway.catalog.store.wanted import Wanted
from taxiway.catalog.store.web import Web
from taxiway.core.errors import NotFound, Unavailable
from taxiway.core.files import write_whole
from taxiway.core.parsing import Malformed, from_json

Tell = Callable[[int, int, str], None]
"""Takes bytes done, bytes in all, and a sentence; what it raises ends the work."""


class Store(Shelf):
    """All of it, in `folder`; several processes may use one at the same time."""

    def __init__(self, folder: Path | None = None, web: Web | None = None) -> None:
        super().__init__(folder)
        self.blobs = Blobs(self.folder / "blobs")
        self.web = web or Web(trusted=[hub.endpoint()])

    def plan(self, manifest: Manifest, text: bytes) -> Plan:
        """What fetching a model would mean; only a repository of the hub is asked about.

        Raises InvalidArgument, NotFound or Unavailable.
        """
        before = self.pulled(manifest.name)
        if before is not None and self._text(manifest.name) == text:
            known = {file.path: tuple(file.sources) for file in manifest.file}
            files = [
                Wanted(
                    path=one.path,
                    sources=known.get(one.path) or (one.source,),
                    bytes=one.bytes,
                    sha256=one.sha256,
                )
                for one in before.files
            ]
            found = Plan(manifest=manifest, text=text, wanted=files, commit=before.commit)
        else:
            files, commit = plan.wanted_of(manifest, self.web)
            found = Plan(manifest=manifest, text=text, wanted=files, commit=commit)
        for each in found.wanted:
            if (there := plan.found_here(each, self.blobs)) is not None:
                found.here[each.path] = there
        return found

    def pull(self, planned: Plan, tell: Tell) -> Pulled:
        """Fetch what is missing, and have the model whole, or as it was.

        Raises NotFound, Unavailable, InvalidArgument, or what `tell` raises: the same call goes on
        from where it ended.
        """
        name = planned.manifest.name
        if planned.missing and hub.is_offline():
            raise Unavailable(f"HF_HUB_OFFLINE is set, so nothing of '{name}' is fetched.")
        self.blobs.check_room(self._still_to_come(planned))
        files, done = list[Kept](), 0
        for each in planned.wanted:
            words, before = f"Fetches {each.path} of {name}.", done

            def report(here: int, of: int, words: str = words, before: int = before) -> None:
                tell(before + here, max(planned.bytes, before + of), words)

            kept = self._had(each, planned, report)
            files.append(kept)
            done += kept.bytes
        record = Pulled(name=name, files=files, commit=planned.commit, on=time.strftime("%Y-%m-%d"))
        self.keep(record, planned.text)
        return record

    def keep(self, record: Pulled, text: bytes) -> None:
        """Have a model of blobs that are here, in one step."""
        there = self.place_of(record.name)
        new, old = (there.with_name(f".{record.name}.{which}") for which in ("new", "old"))
        with self.blobs.alone(f"model-{record.name}", lambda: None):
            for left in (new, old):  # by one that was killed
                shutil.rmtree(left, ignore_errors=True)
            new.mkdir(mode=0o700, parents=True)
            for file in record.files:
                place(self.blobs.path(file.sha256), new / file.path)
            write_whole(new / MANIFEST, text)
            write_whole(new / RECORD, msgspec.json.encode(record))
            if there.exists():
                os.replace(there, old)
            os.replace(new, there)
            flush(there.parent)
            shutil.rmtree(old, ignore_errors=True)

    def wrong(self, name: str, tell: Tell) -> list[str]:
        """What of a model's files is not as it was fetched, a sentence each. Raises NotFound."""
        record, place, done = self.found(name), self.place_of(name), 0
        said = []
        for file in record.files:
            tell(done, record.bytes, f"Looks at {file.path}.")
            done += file.bytes
            if sha256_of(place / file.path) != file.sha256:
                said.append(f"'{file.path}' of '{name}' is not what was fetched: pull it again.")
        return said

    def remove(self, manifest: Manifest) -> int:
        """Remove a model, the files that no other has, and what came of it before it was stopped;
        of one's own that is not here the manifest. How many bytes are free by that.

        Raises NotFound where there is nothing of it.
        """
        name, before = manifest.name, self.blobs.size()
        record, known = self.pulled(name), self.folder / "manifests" / f"{name}.toml"
        parts = self._forget_parts(manifest)
        if record is not None:
            shutil.rmtree(self.place_of(name))
            others = (self.pulled(other) for other in self.names())
            used = {file.sha256 for other in others if other for file in other.files}
            for file in record.files:
                if file.sha256 not in used:
                    self.blobs.forget(file.sha256)
        elif known.exists():
            known.unlink()
        elif not parts:
            self.found(name)
        return before - self.blobs.size()

    def _forget_parts(self, manifest: Manifest) -> int:
        """Remove what has begun to come of a model; how many files that were."""
        sources = {hub.address(source) for file in manifest.file for source in file.sources}
        by_hub = manifest.transformers
        repository = f"{hub.endpoint()}/{by_hub.id}/resolve/" if by_hub and by_hub.id else ""
        count = 0
        for note in [*self.blobs.folder.glob("*.json")]:
            with suppress(OSError, Malformed):
                begun: Beginning = from_json(note.read_bytes(), Beginning, 10_000)
                if begun.url in sources or (repository and begun.url.startswith(repository)):
                    note.with_suffix(".part").unlink(missing_ok=True)
                    note.unlink()
                    count += 1
        return count

    def _text(self, name: str) -> bytes:
        return self.manifest_of(name).read_bytes()

    def _still_to_come(self, planned: Plan) -> int:
        parts = (self.blobs.part(plan.key_of(each)) for each in planned.missing)
        begun = sum(part.stat().st_size for part in parts if part.exists())
        return max(0, sum(each.bytes for each in planned.missing) - begun)

    def _had(self, wanted: Wanted, planned: Plan, report: Report) -> Kept:
        """One file, in the store afterwards."""
        self.blobs.make()
        here = planned.here.get(wanted.path)
        if here is not None:
            sha256 = wanted.sha256 or sha256_of(here)
            if not self.blobs.path(sha256).exists():
                self.blobs.adopt(here, sha256)
            return self._kept(wanted, sha256, wanted.sources[0])
        key = plan.key_of(wanted)
        with self.blobs.alone(key, lambda: report(0, 0)):
            if wanted.sha256 and self.blobs.has(wanted.sha256):  # by another process, meanwhile
                return self._kept(wanted, wanted.sha256, wanted.sources[0])
            return self._fetched(wanted, self.blobs.part(key), report)

    def _fetched(self, wanted: Wanted, part: Path, report: Report) -> Kept:
        if wanted.sha256 and part.exists() and not plan.trouble(wanted, part):
            self.blobs.take(part, wanted.sha256)  # all of it had come
            return self._kept(wanted, wanted.sha256, wanted.sources[0])
        reasons = []
        for source in wanted.sources:
            url = hub.address(source)
            known = bool(wanted.sha256 or wanted.git)
            download = Download(self.web, part, wanted.bytes or None, known)
            try:
                answer = download.run(url, lambda done, total: self._report(done, total, report))
                announced = answer.header("X-Linked-Etag").strip('"')
                expected = msgspec.structs.replace(
                    wanted, sha256=wanted.sha256 or (announced if is_sha256(announced) else "")
                )
                if wrong := plan.trouble(expected, part):
                    download.forget()
                    raise Unavailable(
                        f"What {host_of(url)} sent as '{wanted.path}' is not used: {wrong}."
                    )
            except (NotFound, Unavailable) as error:
                reasons.append(str(error))
                continue
            sha256 = sha256_of(part)
            self.blobs.take(part, sha256)
            return self._kept(wanted, sha256, _pinned(source, answer.header("X-Repo-Commit")))
        raise Unavailable(" ".join(reasons))

    def _report(self, done: int, total: int, report: Report) -> None:
        if not done:
            self.blobs.check_room(total)
        report(done, total)

    def _kept(self, wanted: Wanted, sha256: str, source: str) -> Kept:
        size = self.blobs.path(sha256).stat().st_size
        first = not (wanted.sha256 or wanted.git)
        return Kept(path=wanted.path, bytes=size, sha256=sha256, source=source, first=first)


def _pinned(source: str, commit: str) -> str:
    """A source with the commit that was given, where it names none."""
    if not source.startswith("hf://") or not re.fullmatch(r"[0-9a-f]{40}", commit, re.ASCII):
        return source
    repository, _, path = hub.parts_of(source)
    return f"hf://{repository}@{commit}/{path}"
