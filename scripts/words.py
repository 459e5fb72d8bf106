"""Check the studio's words: each has its entry in every catalogue, and no entry is stale.

`python scripts/words.py` says what is wrong; `--missing` prints what has no entry yet, as JSON.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).resolve().parents[1]
STUDIO = ROOT / "src" / "taxiway" / "studio"
CATALOGUES = STUDIO / "words"

LEFT_OUT = {
    "snippets.js": "code to copy, which is the same in every language",
    "words.js": "the languages' own names",
    "mapping/midi_reader.js": "names of signals",
    "mapping/midi_writer.js": "names of signals",
}
"""Files whose strings are not for people to read, and why."""
LEFT_OUT_WORDS = {
    "Taxiway",
    "StyleGAN",
}
"""Words that are the same in every language, or that no person reads."""
NOT_READ = {
    *("class", "id", "type", "role", "for", "href", "name", "accept", "method", "Authorization"),
    *("Content-Type", "viewBox", "preserveAspectRatio", "d", "points", "colorSpace", "key"),
    *("aria-live", "aria-controls", "query", "rel", "target", "inputmode", "autocomplete", "font"),
}
"""Properties whose strings are for machines."""
ASKING = {
    *("querySelector", "querySelectorAll", "getElementById", "addEventListener", "closest"),
    *("removeEventListener", "dispatchEvent", "getContext", "setProperty", "getPropertyValue"),
    *("createElement", "createElementNS", "matchMedia", "matches", "follow", "perform"),
    *(
        "startsWith",
        "endsWith",
        "split",
        "replace",
        "includes",
        "join",
        "indexOf",
        "toggle",
        "Event",
    ),
    *("toBlob", "toDataURL", "getAttribute", "removeAttribute", "import", "fetch", "at", "ask"),
    *(
        "follow",
        "get",
        "set",
        "keep",
        "kept",
        "announce",
        "append_",
        "open",
        "svg",
        "icon",
        "toggleAttribute",
    ),
}
"""Functions whose strings are for machines."""
READ_BY_SCREEN_READERS = ("title", "aria-label", "placeholder", "aria-valuetext", "alt")
_WORDS = re.compile(r"[^\W\d_]{2}.*\s[^\W\d_]|^\W*[A-ZÄÖÜ][a-zäöüß]+")
FORMS = " | "
"""What stands between plural forms."""
_PLACE = re.compile(r"\{(\w+)\}")
_MARKUP = re.compile(r"</?[a-z]+|&[a-z]+;")


def complaints(language: str, catalogue: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a catalogue: what is missing, stale, or does not fit its English."""
    strings, needed = code_words()
    served = server_words()
    for words, place in needed.items():
        if words not in catalogue:
            yield f"{language}: no entry for {words!r} ({place})"
    for words in served:
        if words not in catalogue:
            yield f"{language}: no entry for {words!r} (declared in Python)"
    for words in catalogue:
        if words not in strings and words not in served:
            yield f"{language}: {words!r} stands nowhere in the code"
    for words, entry in catalogue.items():
        yield from (f"{language}: {fault}" for fault in _faults(words, entry))


def _faults(words: str, entry: str) -> Iterator[str]:
    """What one entry does not have as English has it."""
    if not entry.strip():
        yield f"the entry for {words!r} is empty"
    if {*_PLACE.findall(words)} != {*_PLACE.findall(entry)}:
        yield f"{words!r} and {entry!r} have other placeholders"
    if (FORMS in words) != (FORMS in entry):
        yield f"{words!r} and {entry!r} have other plural forms"
    if _MARKUP.search(entry):
        yield f"{entry!r} has markup"


def templates() -> Iterator[str]:
    """Words that are put together where they could not be translated."""
    for path in modules():
        for node in nodes(path):
            if node.type == "template_string" and _is_for_people(node):
                text = _with_places(node)
                if _WORDS.search(text) and not _PLACE.sub("", text).isupper():
                    where = f"{path.relative_to(STUDIO)}:{node.start_point[0] + 1}"
                    yield f'{where} puts {text!r} together; t("...", {{...}}) can be translated'


@cache
def code_words() -> tuple[set[str], dict[str, str]]:
    """Every string of the studio's modules; and those for people to read, with their places."""
    every: set[str] = set()
    needed: dict[str, str] = {}
    for path in modules():
        for node in nodes(path):
            if node.type != "string":
                continue
            text = _text(node)
            every.add(text)
            if _WORDS.search(text) and text not in LEFT_OUT_WORDS and _is_for_people(node):
                needed.setdefault(text, f"{path.relative_to(STUDIO)}:{node.start_point[0] + 1}")
    return every, needed


@cache
def server_words() -> frozenset[str]:
    """Words that the studio shows of what families, tools, sinks, sources and trainers declare."""
    from taxiway.core import slots

    found: set[str] = set()
    for slot in ("families", "tools", "trainers", "sinks", "sources", "modulators"):
        for name in slots.members(slot):
            if slots.find(slot, name).package == "taxiway":
                found.update(_declared(slots.load(slot, name), slot, name))
    return frozenset(words for words in found if words and not words.isdecimal())


def _declared(member: Any, slot: str, name: str) -> Iterator[str]:
    if slot in ("sinks", "sources", "modulators"):
        yield from (getattr(member, part, None) or "" for part in ("title", "seen"))
        yield _titled(name) if slot == "modulators" else ""
    if slot == "tools":
        yield _titled(name)
    commands = getattr(member, "commands", None) or {}
    if slot == "tools":
        commands = {name: member.command}
    for command in commands.values() if isinstance(commands, Mapping) else ():
        yield getattr(command, "description", None) or ""
        yield from _of_fields({**command.inputs, **command.outputs})
    for part in ("options", "settings"):
        fields = getattr(member, part, None)
        if isinstance(fields, Mapping):
            yield from _of_fields(fields)


def _of_fields(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        yield _titled(name)
        yield field.description or ""
        for part in ("one_of", "names"):
            values = getattr(field, part, None)
            if isinstance(values, tuple | list):
                yield from (value for value in values if isinstance(value, str) and value.islower())
        if isinstance(group := getattr(field, "group", None), str):
            yield group


def _titled(name: str) -> str:
    """As declaration.js does."""
    words = re.sub("[-_]", " ", name)
    return words[:1].upper() + words[1:]


def modules() -> list[Path]:
    """The studio's modules that may hold words."""
    return [
        path
        for path in sorted(STUDIO.rglob("*.js"))
        if path.relative_to(STUDIO).as_posix() not in LEFT_OUT
    ]


def nodes(path: Path) -> Iterator[Node]:
    """Every node of a module's tree."""
    parser = Parser(Language(tree_sitter_javascript.language()))
    waiting = [parser.parse(path.read_bytes()).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _text(node: Node) -> str:
    """The value of a string literal."""
    raw = (node.text or b"").decode()
    body = raw[1:-1].replace("\\'", "'").replace('\\"', '"')
    return body.replace("\\n", "\n").replace("\\u2019", "\u2019")


def _with_places(node: Node) -> str:
    """A template with `{}` where something is put in."""
    parts = [
        (child.text or b"").decode() if child.type == "string_fragment" else "{x}"
        for child in node.children
        if child.type in ("string_fragment", "template_substitution")
    ]
    return "".join(parts)


def _is_for_people(node: Node) -> bool:
    """Whether a literal stands where it may be shown."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("import_statement", "export_statement", "subscript_expression"):
        return False
    if parent.type in ("binary_expression", "switch_case"):
        operator = parent.child_by_field_name("operator")
        return operator is not None and (operator.text or b"").decode() in ("+", "??", "||", "&&")
    if parent.type == "pair":
        key = parent.child_by_field_name("key")
        is_key = key is not None and key == node
        return not is_key and key is not None and _name(key) not in NOT_READ
    if parent.type == "arguments" and parent.parent is not None:
        return _is_read_argument(parent.parent, parent, node)
    if parent.type in ("ternary_expression", "parenthesized_expression", "array"):
        return _is_for_people(parent)
    if parent.type == "assignment_expression":
        left = (parent.child_by_field_name("left") or node).text or b""
        return not re.search(
            rb"(className|id|type|cursor|font|Style|style\.\w+|dataset\.\w+|value)$", left
        )
    return True


def _is_read_argument(call: Node, arguments: Node, node: Node) -> bool:
    function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    called = _name(function).split(".")[-1] if function is not None else ""
    place = [each.id for each in arguments.named_children].index(node.id)
    if called in ("h", "tool"):
        return place > 0
    if called == "setAttribute":
        name = arguments.named_children[0]
        return place == 1 and _text(name) in READ_BY_SCREEN_READERS
    return called not in ASKING


def _name(node: Node) -> str:
    return (node.text or b"").decode().strip("\"'")


def catalogues() -> dict[str, dict[str, str]]:
    """Every language's words by its name. Raises ValueError where one names something twice."""
    return {
        path.stem: json.loads(path.read_text("utf-8"), object_pairs_hook=_once)
        for path in sorted(CATALOGUES.glob("*.json"))
    }


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(pairs)
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"twice in a catalogue: {twice}")
    return dict(pairs)


def all_complaints() -> Iterator[str]:
    """What is wrong with all of them."""
    yield from templates()
    for language, catalogue in catalogues().items():
        yield from complaints(language, catalogue)


if __name__ == "__main__":
    if "--missing" in sys.argv:
        known = catalogues().get("de", {})
        wanted = [*code_words()[1], *sorted(server_words())]
        print(
            json.dumps(
                {words: "" for words in wanted if words not in known}, indent=0, ensure_ascii=False
            )
        )
        sys.exit()
    found = [*all_complaints()]
    for complaint in found:
        print(complaint)
    sys.exit(bool(found))
