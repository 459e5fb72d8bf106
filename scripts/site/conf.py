"""How Sphinx makes a site of the documents; scripts/docs.py calls it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

project = "Taxiway"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
project_copyright = "Taxiway's authors, Apache 2.0"
extensions = ["myst_parser"]
myst_heading_anchors = 5
smartquotes = False  # makes one dash of `--`
# The pages are written for people who read them as they stand, some with a table before a heading.
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_title = "Taxiway"
html_favicon = str(ROOT / "src" / "taxiway" / "studio" / "icon.svg")
html_static_path = ["static"]
html_css_files = ["taxiway.css"]
html_js_files = ["taxiway.js"]
html_show_sourcelink = html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#8a5a00", "color-brand-content": "#0b62a8"},
    "dark_css_variables": {"color-brand-primary": "#ffcf4a", "color-brand-content": "#6cb8ff"},
    "footer_icons": [],
}
