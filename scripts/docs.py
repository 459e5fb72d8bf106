"""Build the documents as a site: `python scripts/docs.py [FOLDER]`, by default build/docs.

Every warning is an error; so is a link that leads nowhere, and anything that a page would load from
elsewhere. It needs Sphinx: pip install -e '.[docs]'.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

from site_pages import command_pages
from site_proof import faults

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = re.compile(r"\]\(([^)\s]+)\)")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \|$", re.MULTILINE)
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/*.md",
    "examples/**/*.md",
    "bench/*.md",
)


def stage(place: Path) -> None:
    """Write the pages as the site has them, with the files that they name."""
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            target = place / page.relative_to(ROOT).with_name(named(page.name))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(aside(page) + linked(page, place))
    for name, text in command_pages().items():
        (place / "docs" / "commands").mkdir(exist_ok=True)
        (place / "docs" / "commands" / f"{name}.md").write_text(text)
    with (place / "docs" / "commands.md").open("a") as file:
        file.write("\n## Every command\n\n```{toctree}\n:glob:\n:maxdepth: 1\n\ncommands/*\n```\n")
    with (place / "index.md").open("a") as file:
        file.writelines(contents())


def aside(page: Path) -> str:
    """Mark what may be missing from the reading order, which no page of docs/ may be."""
    is_read = page.parent.name == "docs" and page.name != "README.md"
    is_first = page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")
    return "" if is_read or is_first else "---\norphan: true\n---\n\n"


def named(name: str) -> str:
    """What a page is called in the site."""
    return "index.md" if name == "README.md" else name


def linked(page: Path, place: Path) -> str:
    """A page's text with links to what the site has; the files that it names are copied there."""

    def replaced(found: re.Match[str]) -> str:
        path, hash_, anchor = found[1].partition("#")
        file = (page.parent / unquote(path)).resolve()
        if "://" in found[1] or not path:
            return found[0]
        if file.is_dir():
            if not (file / "README.md").exists():
                list_files(file, place)
            return f"]({path.rstrip('/')}/index.md)"
        if file.suffix != ".md":
            copy(file, place)
            return found[0]
        return f"]({path.removesuffix(file.name)}{named(file.name)}{hash_}{anchor})"

    return TARGET.sub(replaced, page.read_text())


def copy(file: Path, place: Path) -> None:
    """Put a file of the project where the site's pages are."""
    copied = place / file.relative_to(ROOT)
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copied)


def list_files(folder: Path, place: Path) -> None:
    """Make a page of the files of a folder that has none."""
    lines = ["---\norphan: true\n---\n\n# " + folder.relative_to(ROOT).as_posix() + "\n\n"]
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and "__pycache__" not in name:
            copy(file, place)
            lines.append(f"- [{name}]({quote(name)})\n")
    (place / folder.relative_to(ROOT) / "index.md").write_text("".join(lines))


def contents() -> Iterator[str]:
    """The reading order of docs/README.md, for the site's sidebar."""
    for caption, links in ROW.findall((ROOT / "docs" / "README.md").read_text()):
        yield f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n"
        for text, target in LINK.findall(links):
            page = (Path("docs") / target).with_suffix("")
            path = page.as_posix().replace("docs/../", "")
            if path != "README":
                yield f"{text[:1].upper()}{text[1:]} <{path}>\n"
        yield "```\n"


def build(out: Path) -> list[str]:
    """Make the site, and tell its faults. Raises CalledProcessError where Sphinx finds some."""
    with TemporaryDirectory() as folder:
        source, marks = Path(folder) / "source", Path(folder) / "marks"
        source.mkdir()
        stage(source)
        sphinx = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-E"]
        sphinx += ["-c", HERE / "site", "-d", marks, source, out]
        subprocess.run(sphinx, check=True)
    for name in ("docs/images", "docs/images/recipes"):  # what `<img>` names
        for picture in (ROOT / name).glob("*.jpg"):
            (out / name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, out / name / picture.name)
    return list(faults(out))


def main() -> int:
    """Build it, and say where it is."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    if out.exists() and not (out / "searchindex.js").exists() and any(out.iterdir()):
        print(f"'{out}' has other things in it, so it is kept.")
        return 1
    shutil.rmtree(out, ignore_errors=True)
    try:
        found = build(out)
    except subprocess.CalledProcessError:
        return 1
    print("\n".join(found) or f"{out / 'index.html'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
