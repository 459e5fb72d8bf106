"""Pages without a script: that at `/`, with the public models, and those of one sentence."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from starlette.responses import Response

from taxiway.hosting.records import Hosted

STYLE = """
:root { color-scheme: dark; --lamp: #7d8796; }
[data-state=running] { --lamp: #52e08c; }
[data-state=starting] { --lamp: #ffb134; }
[data-state=failed] { --lamp: #ff7a70; }
body { margin: 0 auto; max-width: 44rem; padding: 2.5rem 1.25rem; background: #0a0d12;
  color: #edf1f7; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0; display: flex; gap: .6rem; align-items: center; }
h2::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%;
  background: var(--lamp); }
h2 small { color: #9aa7b8; font-weight: normal; }
p { margin: .25rem 0; color: #9aa7b8; }
a { color: #a9cbff; }
a:focus-visible, pre:focus-visible { outline: 3px solid #6ea8ff; outline-offset: 2px; }
section { margin-top: 1.75rem; padding: 1rem 1.25rem; background: #10151c;
  border: 1px solid #222b38; border-radius: 6px; }
pre { margin: .75rem 0 0; padding: .75rem; overflow-x: auto; background: #0b0f15;
  border-radius: 6px; user-select: all; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
"""
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
KEPT = ("retry-after", "www-authenticate")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taxiway: hosted models</title>
<style>{style}</style>
<h1>Hosted models</h1>
<p>{told}</p>
{models}
</html>
"""
SENTENCE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Taxiway</title>
<style>{style}</style>
<h1>{words}</h1>
<p>A pupil's link opens a model's page; ask whoever gave it to you. <a href="{root}/">What is
here for anyone</a>.</p>
</html>
"""
MODEL = """<section data-state="{state}">
<h2><a href="{page}">{name}</a> <small>{state}</small></h2>
<p>Open it to play. For programs: <a href="{url}/info">what it takes and gives</a>; a click on the
code takes all of it.</p>
<pre tabindex="0">const answer = await fetch("{url}/query", {{
  method: "POST",
  headers: {{"Content-Type": "application/json"}},
  body: JSON.stringify({{seed: 1}}),
}});
const outputs = await answer.json();</pre>
</section>
"""
SOME = "These are for anyone. A model that is asleep wakes when it is asked, which takes a moment."
NONE = "No model here is for anyone; those that are private answer whoever has a token of theirs."


def answer(base: str, models: Sequence[Hosted]) -> Response:
    """The page; `base` is the address that it was asked at, `models` are those to show."""
    shown = [
        MODEL.format(
            state=escape(model.state),
            name=escape(model.name),
            page=escape(f"{base.rstrip('/')}/{model.name}"),
            url=escape(f"{base.rstrip('/')}/{model.name}/v1"),
        )
        for model in models
    ]
    page = PAGE.format(style=STYLE, told=SOME if shown else NONE, models="".join(shown))
    return Response(page, media_type="text/html", headers=HEADERS)


def sentence(answer: Response, words: str, root: str) -> Response:
    """For a person who opened what is for programs, or is not there: what `answer` says in JSON."""
    page = SENTENCE.format(style=STYLE, words=escape(words), root=escape(root))
    kept = {name: answer.headers[name] for name in KEPT if name in answer.headers}
    return Response(page, answer.status_code, {**kept, **HEADERS}, media_type="text/html")
