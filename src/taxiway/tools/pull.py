"""Fetch a model that can be fetched, such as one of the catalogue, into the store."""

from taxiway.catalog import manifest as manifests
from taxiway.catalog.listing import manifest_path
from taxiway.catalog.store.blobs import megabytes
from taxiway.catalog.store.store import Store
from taxiway.core.command import Command, Values
from taxiway.core.datatypes import Text
from taxiway.core.errors import InvalidArgument
from taxiway.core.tool import Job, Takes

MB = 1e6


class Pull:
    """By the name of a manifest that is here: no address is taken from whoever asks."""

    takes = Takes(model=False)
    unit = "MB"
    is_light = True
    command = Command(
        name="pull",
        description="Fetch a model of the catalogue; taxiway models list has their names.",
        inputs={
            "name": Text(description="The model's name.", min_length=1, max_length=64),
            "licence": Text(description="Its licence, which agrees to it.", max_length=200),
        },
        outputs={"summary": Text()},
    )

    def run(self, model: None, inputs: Values, job: Job) -> Values:
        store = Store()
        path = manifest_path(inputs["name"], store)
        manifest = manifests.load(path)
        wanted = manifest.licence.weights
        if inputs["licence"] != wanted:
            raise InvalidArgument(
                f"'{manifest.name}' is under {wanted}: give that as licence to agree to it.",
                "licence",
            )
        job.progress(0, max(1, manifest.bytes / MB), f"Looks for {manifest.name}.")
        planned = store.plan(manifest, path.read_bytes())

        def tell(done: int, total: int, message: str) -> None:
            job.progress(done / MB, max(total, 1) / MB, message)

        record = store.pull(planned, tell)
        first = [file.path for file in record.files if file.first]
        said = f"{manifest.title} is here, {megabytes(record.bytes)}."
        if first:
            said += f" The SHA-256 of {', '.join(first)} was not known; it is recorded as it came."
        return {"summary": said}


SLOT = Pull
