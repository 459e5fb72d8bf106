"""The fixed table of what a stream may name, call and fill in: everything else is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np

from taxiway.checkpoint import arrays
from taxiway.checkpoint.limits import Broken, Budget, Refused
from taxiway.checkpoint.source import Source, Span, Text
from taxiway.checkpoint.tensors import BFLOAT16, Tensor, view
from taxiway.checkpoint.values import Args, Global, Module, Opaque, Record


def _mapping(args: Args) -> dict[object, object]:
    if args:
        raise Refused("a dictionary made from arguments")
    return {}


def _set(args: Args) -> list[object]:
    match args:
        case (list(items),):
            return items
    raise Refused("a set made of something else than a list")


def _no_bytes(args: Args) -> Span:
    """How protocol 2 writes an empty byte string."""
    if args:
        raise Refused("bytes made from arguments")
    return Span(Source.of(b""), 0, 0)


def _tensor(args: Args) -> Tensor:
    match args:
        case (Opaque(wanted), *_):
            raise Refused(wanted)
        case (storage, offset, shape, strides, *_):
            return view(storage, offset, shape, strides)
    raise Broken("holds a tensor without shape and strides")


def _parameter(args: Args) -> Tensor:
    match args:
        case (Tensor() as tensor, *_):
            return tensor
    raise Broken("holds a parameter that is no tensor")


def _module(args: Args) -> Module:
    """NVIDIA's persistent object: its parts are kept, the text of its class is never run."""
    match args:
        case (
            {
                "type": "class",
                "version": int(),
                "module_src": str() | Text() as text,
                "class_name": str(name),
                "state": dict(state),
            },
        ):
            return Module(name, text, state)
    raise Broken("holds a persistent object without class, version, text and state")


def _reconstructed(args: Args) -> object:
    """How protocols 0 and 1 write a new object: (class, object, None)."""
    match args:
        case (Global() as kind, Global(_, "object"), None):
            return create(kind, ())
    raise Refused("an object reconstructed from something else than its class")


def _dill_array(args: Args) -> arrays.PickledArray:
    """How dill writes an array: numpy's function, its arguments, the state, further attributes."""
    match args:
        case (Global(_, "_reconstruct"), tuple(), state, *_):
            array = arrays.PickledArray()
            array.set_state(state)
            return array
    raise Refused("an array of dill's that is made in another way")


def _plain(args: Args) -> Args:
    """What is only a word or a few numbers: a device, a shape."""
    return args


CALLS: dict[str, Callable[[Args], object]] = {
    "collections.OrderedDict": _mapping,
    "dnnlib.util.EasyDict": _mapping,
    "__builtin__.set": _set,
    "builtins.set": _set,
    "__builtin__.bytes": _no_bytes,
    "copy_reg._reconstructor": _reconstructed,
    "copyreg._reconstructor": _reconstructed,
    "torch.Size": _plain,
    "torch.device": _plain,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
    "numpy.dtype": arrays.number_type,
    "numpy.core.multiarray.scalar": arrays.scalar,
    "numpy._core.multiarray.scalar": arrays.scalar,
    "numpy.core.multiarray._reconstruct": arrays.pending_array,
    "numpy._core.multiarray._reconstruct": arrays.pending_array,
    "dill._dill._create_array": _dill_array,
    "numpy.core.numeric._frombuffer": arrays.array_from_buffer,
    "numpy._core.numeric._frombuffer": arrays.array_from_buffer,
}
"""What REDUCE may call: our own functions under the names that the writers use."""

ENCODE = "_codecs.encode"
LOAD_STORAGE = "torch.storage._load_from_bytes"
"""The two calls that cost: bytes made from text, and a stream within the stream."""

STORAGES: dict[str, np.dtype[Any]] = {
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.HalfStorage": np.dtype("<f2"),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.ShortStorage": np.dtype("<i2"),
    "torch.CharStorage": np.dtype("i1"),
    "torch.ByteStorage": np.dtype("u1"),
    "torch.BoolStorage": np.dtype("?"),
    "torch.BFloat16Storage": BFLOAT16,
}
"""Torch's storage classes and the type of their numbers."""

CREATED: dict[str, Callable[[], object]] = {
    "dnnlib.util.EasyDict": dict,
    "collections.OrderedDict": dict,
    "dnnlib.tflib.network.Network": lambda: Record("Network"),
    "argparse.Namespace": lambda: Record("Namespace"),
}
MODULES = ("torch.nn.", "pg_modules.networks_fastgan.", "pg_modules.blocks.")
"""Where torch's own layers and FastGAN's are named: made as inert modules, whatever they are."""
"""What NEWOBJ may make, always without arguments."""

NAMES = {
    *CALLS, *STORAGES, *CREATED, ENCODE, LOAD_STORAGE,
    "numpy.ndarray", "__builtin__.object", "builtins.object",
}  # fmt: skip
"""Every name that a stream may mention, beside those of torch's layers."""

HOSTILE = {
    "asyncio", "builtins", "__builtin__", "code", "codeop", "commands", "ctypes", "functools",
    "importlib", "marshal", "multiprocessing", "nt", "operator", "os", "pickle", "_pickle", "pip",
    "posix", "pty", "runpy", "shutil", "site", "socket", "subprocess", "sys", "tempfile",
    "threading", "types", "webbrowser",
}  # fmt: skip
HARMLESS = {
    "object", "set", "frozenset", "bytes", "bytearray", "complex", "slice", "range", "list", "dict",
    "tuple", "int", "float", "bool", "str", "setattr", "partial", "SimpleNamespace",
}  # fmt: skip


def is_known(name: Global) -> bool:
    """Whether a stream may mention it."""
    return str(name) in NAMES or str(name).startswith(MODULES)


def is_hostile(wanted: str) -> bool:
    """Whether whoever asks for it means harm: no network has such a name anywhere."""
    name = wanted.removeprefix("a call of ").removeprefix("an object of ")
    return name.split(".")[0] in HOSTILE and name.rpartition(".")[2] not in HARMLESS


def call(function: object, args: object) -> object:
    """The value of REDUCE: `args` given to the table's entry for `function`."""
    entry = CALLS.get(str(function)) if isinstance(function, Global) else None
    if entry is None or not isinstance(args, tuple):
        raise Refused(f"a call of {function if isinstance(function, Global) else 'no name'}")
    return entry(args)


def create(kind: object, args: object) -> object:
    """The value of NEWOBJ: a new, empty record of the table's entry for `kind`."""
    if isinstance(kind, Global) and str(kind).startswith(MODULES) and args == ():
        return Module(str(kind), "", {})
    entry = CREATED.get(str(kind)) if isinstance(kind, Global) else None
    if entry is None or args != ():
        raise Refused(f"an object of {kind if isinstance(kind, Global) else 'no class'}")
    return entry()


def fill(target: object, state: object) -> None:
    """The work of BUILD: only records, arrays and number types take a state."""
    match target:
        case arrays.NumberType() | arrays.PickledArray():
            target.set_state(state)
        case Record() | Module() if isinstance(state, dict):
            target.state = state
        case dict() if isinstance(state, dict):
            pass  # attributes of an OrderedDict, such as a state_dict's _metadata
        case _:
            owner = target if isinstance(target, Global) else "an object"
            raise Refused(f"attributes of {owner} to be overwritten")


def spoil(target: object, wanted: str) -> None:
    """Have what was refused its state say so, to whom it may matter."""
    if isinstance(target, arrays.NumberType | arrays.PickledArray):
        target.wanted = wanted


def encode(args: object, budget: Budget) -> Span:
    """`_codecs.encode(text, 'latin1')`: how protocol 2 writes a byte string."""
    match args:
        case (str() | Text() as text, "latin1"):
            pass
        case _:
            raise Refused("text in another encoding")
    budget.decode(len(text.span) if isinstance(text, Text) else len(text))
    try:
        plain = text.span.read().decode() if isinstance(text, Text) else text
        data = plain.encode("latin-1")
    except UnicodeError:
        raise Broken("holds a byte string with characters that are not bytes") from None
    return Span(Source.of(data), 0, len(data))
