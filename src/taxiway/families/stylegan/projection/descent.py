"""The projection of one picture with its files: what `taxiway project` does, in order."""

import contextlib
import hashlib
import json
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from taxiway.core.command import Values
from taxiway.core.errors import InvalidArgument, MissingDependency
from taxiway.core.files import write_whole
from taxiway.core.frame import flattened
from taxiway.core.images import Pixels, encode_png
from taxiway.core.tool import Job
from taxiway.families.stylegan.networks.generator import Generator
from taxiway.families.stylegan.projection.loss import psnr
from taxiway.families.stylegan.projection.projector import Projection, Search, to_target
from taxiway.families.stylegan.projection.pti import Tuning, write_difference
from taxiway.families.stylegan.rendering import image_folder
from taxiway.families.stylegan.rendering.files import write_latent
from taxiway.families.stylegan.rendering.options import RenderOptions
from taxiway.families.stylegan.rendering.renderer import TorchRenderer
from taxiway.families.stylegan.rendering.sheet import sheet
from taxiway.film.writer import Manner, check, write_film
from taxiway.latent.arrays import npz_bytes, read_npz
from taxiway.latent.space import Latent
from taxiway.training.perceptual import Perceptual

PREVIEW = 10
"""Steps between previews; what was found is saved as often."""
SAVED = 50
"""Steps of tuning between saves, each of which writes three times the weights."""
STATE, TUNING = "state.npz", "tuning.pt"
FPS = 10.0


class Descent:
    """One picture's projection with its files: what `Project` does, in order."""

    def __init__(
        self,
        renderer: TorchRenderer,
        target: Pixels,
        inputs: Values,
        job: Job,
        perceptual: Perceptual | None = None,
    ) -> None:
        self.renderer, self.target, self.inputs, self.job = renderer, target, inputs, job
        self.search = Search(steps=inputs["steps"], space=inputs["space"])
        images = to_target(target[None], renderer.generator.img_channels)
        self.perceptual = perceptual
        self.projection = Projection(renderer.generator, images, self.search, perceptual)
        self.trail = [self.projection.ws]

    @property
    def total(self) -> int:
        """All steps, those of tuning among them."""
        return int(self.search.steps + self.inputs["tune"])

    def descend(self) -> None:
        """Take the steps that are left; whatever ends them, what was found is kept."""
        self.resume()
        try:
            while self.projection.done < self.search.steps:
                self.report()
                self.projection.step()
                if self.projection.done % PREVIEW == 0:
                    self.trail.append(self.projection.ws)
                    self.save()
        finally:
            self.save()

    def report(self) -> None:
        """Say how far it is, now and then with a picture."""
        done = self.projection.done
        preview = None if done % PREVIEW else self.pictures(self.projection.ws)[0]
        best = float(self.projection.loss[0])
        message = f"distance {best:.4f}" if done else "projection"
        self.job.progress(done, self.total, message, preview)

    def pictures(self, ws: Tensor) -> Pixels:
        """The pictures of ws, uint8 [N, H, W, 3]."""
        return self.renderer.images(ws.cpu().numpy())

    def key(self) -> str:
        """What a state must be of to go on from it."""
        what = [self.target.tobytes().hex(), self.renderer.sha256, str(self.search)]
        what += [self.perceptual.fingerprint()] if self.perceptual else []
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()

    def save(self) -> None:
        """Keep what is needed to go on."""
        trail = torch.cat(self.trail).cpu().numpy()
        arrays = {**self.projection.state(), "trail": trail, "key": np.array(self.key())}
        write_whole(self.job.folder / STATE, npz_bytes(arrays))

    def resume(self) -> None:
        """Go on from the state in the folder, if it is of the same picture, model and search."""
        path = self.job.folder / STATE
        with contextlib.suppress(InvalidArgument, OSError):
            arrays = read_npz(path.read_bytes(), STATE)
            if str(arrays.pop("key", "")) == self.key():
                self.trail = list(torch.from_numpy(arrays.pop("trail"))[:, None])
                self.projection.restore(arrays)

    def finish(self) -> Values:
        """Write what was found; the tool's outputs."""
        g, ws = self.renderer, self.projection.ws
        space: Literal["w", "w+"] = self.search.space
        rows = ws[0].cpu().numpy()
        latent = Latent(
            space=space, numbers=rows if space == "w+" else rows[0], model=g.sha256, source="proj"
        )
        write_latent(self.job.folder / "projected_w.npz", latent, rows)
        image = self.pictures(ws)[0]
        told = image_folder.description(g, latent, RenderOptions())
        write_whole(self.job.folder / "proj.png", encode_png(image, told))
        shown = {"the picture": self.target, "nearest sample": self.pictures(self.trail[0])[0]}
        shown[f"its {space}"] = image
        outputs = {
            "w": "projected_w.npz",
            "image": image,
            "psnr": self.decibels(image),
            "psnr_start": self.decibels(shown["nearest sample"]),
            "psnr_tuned": None,
        }
        if self.inputs["tune"]:
            shown["tuned"] = tuned = self.tune()
            outputs["psnr_tuned"] = self.decibels(tuned)
        page = sheet([list(shown.values())], heads=list(shown))
        write_whole(self.job.folder / "sheet.png", encode_png(page))
        if self.inputs["film"]:
            self.write_descent()
        self.job.progress(self.total, self.total, "projection", image)
        return outputs

    def bend(self) -> Generator:
        """Bend the generator to the picture; whatever ends it, the steps are kept."""
        found, path = self.projection, self.job.folder / TUNING
        tuning = Tuning(
            self.renderer.generator, found.ws, found.targets, perceptual=self.perceptual
        )
        key = f"{self.key()} {self.inputs['tune']}"
        tuning.resume(path, key)
        try:
            while tuning.done < self.inputs["tune"]:
                self.job.progress(self.search.steps + tuning.done, self.total, "tuning")
                tuning.step()
                if tuning.done % SAVED == 0:
                    tuning.save(path, key)
        finally:
            tuning.save(path, key)
        return tuning.finished()

    def tune(self) -> Pixels:
        """The picture that the tuned generator makes; its files are written."""
        tuned = self.bend()
        path = self.job.folder / "tuned.npz"
        write_difference(path, tuned, self.renderer.generator, self.renderer.sha256)
        image = self.renderer.of(tuned).images(self.projection.ws.cpu().numpy())
        write_whole(self.job.folder / "tuned.png", encode_png(image[0]))
        (self.job.folder / TUNING).unlink()
        pixels: Pixels = image[0]
        return pixels

    def write_descent(self) -> None:
        """The film: the picture at the left, what is made of it at the right, then a rest."""
        path, manner = self.job.folder / "descent.mp4", Manner(fps=FPS)
        try:
            check(path, manner)
        except MissingDependency:
            path = path.with_suffix(".gif")
        made = [self.pictures(ws)[0] for ws in self.trail]
        frames = [sheet([[self.target, pixels]]) for pixels in made + made[-1:] * int(FPS)]
        write_film(path, frames, len(frames), manner)

    def decibels(self, image: Pixels) -> float:
        """How near a picture is to the target, in dB."""
        ours, theirs = (to_target(flattened(each)[None]) for each in (image, self.target))
        return round(float(psnr(ours, theirs)[0]), 2)
