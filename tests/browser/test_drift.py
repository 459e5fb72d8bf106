"""The line that shows whether a model becomes slower."""

import re

from playwright.sync_api import Page, expect

NOTE = """async (times) => {
  const { Drift } = await import("/studio/picture/drift.js");
  const drift = new Drift();
  for (const [now, value] of times) drift.note(now, value);
  return drift.medians;
}"""
PLAY = """(ms) => {
  const now = performance.now();
  for (let k = 0; k < 5; k++) {
    performance.now = () => now + 5000 * k;
    studio.store.set("picture", { width: 64, height: 64, renderMs: ms + k, age: null });
  }
  delete performance.now;
}"""


def test_medians_are_of_five_seconds_in_which_something_was_drawn(page: Page) -> None:
    times = [(0, 10), (1000, 90), (4999, 20), (5000, 30), (60_000, 40), (65_000, 50)]
    assert page.evaluate(NOTE, times) == [20, 30, 40]
    many = [(5000 * k, k) for k in range(200)]
    found = page.evaluate(NOTE, many)
    assert found == list(range(139, 199))


def test_the_line_comes_once_there_is_something_to_see(page: Page) -> None:
    line = page.locator(".drift")
    expect(line).to_be_hidden()
    page.evaluate(PLAY, 12)
    expect(line).to_be_visible()
    words = r"Time in the model over the last 20 seconds of playing: from [\d.]+ to 15\.0 ms"
    expect(line).to_have_attribute("title", re.compile(words))
    drawn = "(canvas) => canvas.getContext('2d').getImageData(0, 0, 90, 16).data.some(Boolean)"
    assert line.evaluate(drawn)
