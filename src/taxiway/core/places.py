"""Where in its file a member of a slot stands, and what else its module has."""

import ast
import inspect
import sys
from pathlib import Path
from typing import Any


def place_of(found: Any, module: str, line: int | None = None) -> str:
    """`FILE, line N` of a class or a function, or of the assignment that named what is neither."""
    own = getattr(found, "__module__", None) or getattr(type(found), "__module__", None)
    file = getattr(sys.modules.get(own if own and own != "builtins" else module), "__file__", "")
    if line is None and inspect.isfunction(found):
        line = found.__code__.co_firstlineno
    if line is None:
        kind = found if isinstance(found, type) else type(found)
        name = "SLOT" if kind.__module__ == "builtins" else kind.__name__
        node = defined(tree_of(file), name)
        line = node.lineno if node else None
    return f"{file or module}, line {line}" if line else f"{file or module}"


def tree_of(file: str | None) -> ast.Module | None:
    """A module's syntax; None where it cannot be read."""
    try:
        return ast.parse(Path(file).read_bytes()) if file else None
    except (OSError, SyntaxError, ValueError):
        return None


def defined(tree: ast.Module | None, name: str) -> ast.stmt | None:
    """The class or the assignment of that name."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and name in {getattr(t, "id", "") for t in node.targets}:
            return node
    return None


def absent(module: str, attribute: str) -> str:
    """A clause for what an imported module does not have, with the classes that it has."""
    there = sys.modules[module]
    own = [each for each in vars(there).values() if getattr(each, "__module__", "") == module]
    classes = [each.__name__ for each in own if isinstance(each, type)]
    has = f"its classes are {', '.join(classes[:9])}" if classes else "it has no class"
    return f"{module} has no '{attribute}', {has} ({getattr(there, '__file__', module)})"
