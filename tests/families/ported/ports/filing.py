"""Files as an option and as an input; a broken neighbour is imported on demand."""

import runway


@runway.setup(options={"folder": runway.directory, "weights": runway.file(extension=".bin")})
def setup(opts):
    return opts


@runway.command(
    "size", inputs={"sound": runway.file(extension=".wav")}, outputs={"bytes": runway.number}
)
def size(opts, inputs):
    assert inputs["sound"].endswith(".wav")
    with open(inputs["sound"], "rb") as file:
        return len(file.read())


@runway.command("which", inputs={"x": runway.number}, outputs={"options": runway.any})
def which(opts, inputs):
    return {"options": opts}


if __name__ == "__main__":
    runway.run()
