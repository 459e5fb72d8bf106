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

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from declared_words import server_words

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
    "Taxiway": "a name",
    "StyleGAN": "a name",
    "taxiway annotate FOLDER": "typed in a terminal",
    "taxiway run --host 0.0.0.0": "typed in a terminal",
    "taxiway host owner-link": "typed in a terminal",
    "Ada\nGrace\nKatherine": "names",
    "go to": "the name of a gesture, which nobody sees",
    "Escape": "the name of a key, for the browser",
    "input:not([type=color]), textarea, select": "a selector",
    "input, select, textarea, button:not(.copy, .install)": "a selector",
    "input:not([type=range]):not([type=checkbox]), textarea, select": "a selector",
}
"""Strings that look like words for people but are not to be translated, and why."""
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
_WORDS = re.compile(r"[^\W\d_].*\s[^\W\d_]{2}|^\W*[A-ZÄÖÜ][a-zäöüß]+")
FORMS = " | "
"""What stands between plural forms."""
_PLACE = re.compile(r"\{(\w+)\}")
_SIDES = re.compile(
    r"(?:margin|padding|border)-(?:left|right)\b|text-align: (?:left|right)|float:"
    r"|(?<![\w-])(?:left|right):|(?:top|bottom)-(?:left|right)-radius"
)
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
            if node.type == "property_identifier":
                every.add(_name(node))
            if node.type != "string":
                continue
            text = _text(node)
            every.add(text)
            is_said = _is_said(node) or (_WORDS.search(text) and _is_for_people(node))
            if is_said and text not in LEFT_OUT_WORDS:
                needed.setdefault(text, f"{path.relative_to(STUDIO)}:{node.start_point[0] + 1}")
    return every, needed


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
        (child.text or b"").decode() if child.type == "string_fragment" else "{0}"
        for child in node.children
        if child.type in ("string_fragment", "template_substitution")
    ]
    return "".join(parts)


def _is_said(node: Node) -> bool:
    """Whether it is what `t` is asked for."""
    arguments = node.parent
    if arguments is None or arguments.type != "arguments" or arguments.parent is None:
        return False
    function = arguments.parent.child_by_field_name("function")
    is_t = function is not None and function.text == b"t"
    return is_t and arguments.named_children[0] == node


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


def sides(folder: Path = STUDIO / "css") -> Iterator[str]:
    """Properties that name left or right, which are wrong where people read from the right."""
    for path in sorted(folder.glob("*.css")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for found in _SIDES.findall(line):
                yield f"{path.name}:{number} says {found!r}; say it as margin-inline-start does"


def all_complaints() -> Iterator[str]:
    """What is wrong with all of them."""
    yield from templates()
    yield from sides()
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
