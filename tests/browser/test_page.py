"""The page as a whole: what it loads, how it fits, and that hands on keys can do everything."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from browser.conftest import SIZES, VIEWPORT, Server, new_context, open_studio, show_studio
from browser.watching import hold_studio, stored, vector, wait_for_store
from fuzz import every

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PANELS = ["controls", "outputs", "network", "card", "train", "jobs"]


@pytest.fixture(scope="module")
def phones_window(browser: Browser, server: Server) -> Iterator[Page]:
    context = new_context(browser, server, **PHONE)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(phones_window: Page) -> Page:
    return show_studio(phones_window)


@pytest.mark.smoke
def test_it_loads_without_a_word_from_elsewhere_and_without_complaint(
    context: BrowserContext, server: Server
) -> None:
    foreign: list[str] = []
    complaints: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((server.url, "blob:", "data:")):
            foreign.append(request.url)

    context.on("request", note)
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda problem: complaints.append(str(problem.error)))
    context.on("requestfailed", lambda request: complaints.append(request.url))
    context.on("response", lambda got: got.ok or complaints.append(f"{got.status} {got.url}"))
    page = open_studio(context)
    for panel in PANELS:
        page.click(f"#tab-{panel}")
    # Not until the network is idle: a panel that shows what is new never lets it be.
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    assert foreign == []
    assert complaints == []


def test_scripts_from_text_are_refused(page: Page) -> None:
    refused = page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener("securitypolicyviolation", (event) => done(event.blockedURI));
          const script = document.createElement("script");
          script.textContent = "document.title = 'taken over'";
          document.body.append(script);
        })"""
    )
    assert refused == "inline"
    assert page.title() == "Taxiway"


def test_the_model_says_what_computes_it_and_what_was_left_out(page: Page) -> None:
    page.get_by_role("tab", name="Model", exact=True).click()
    facts = page.locator(".facts:visible")
    expect(facts).to_contain_text("Computed by")
    expect(facts).to_contain_text("numpy, float32, cpu x 1")
    expect(facts).to_contain_text("lamps: lamps failed: it is too dark.")


@pytest.mark.parametrize("size", every(2, list(SIZES)))
def test_every_panel_fits_into_the_window(page: Page, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        outside = page.evaluate(
            """() => [...document.querySelectorAll("main > *")]
                .filter((element) => element.offsetParent)
                .map((element) => element.getBoundingClientRect())
                .filter((box) => box.left < 0 || box.right > innerWidth + 0.5
                  || box.bottom > innerHeight + 0.5).length"""
        )
        assert outside == 0


def test_on_a_phone_the_picture_comes_first_and_large(phone: Page) -> None:
    picture = phone.locator("#picture-canvas").bounding_box()
    mixer = phone.locator(".mixer-canvas").bounding_box()
    assert picture is not None
    assert mixer is not None
    assert min(picture["width"], picture["height"]) > 330
    assert picture["y"] + picture["height"] <= mixer["y"]
    assert mixer["height"] > 120


def test_on_a_phone_nothing_of_the_mixers_row_is_cut_and_there_is_a_full_screen(
    phone: Page,
) -> None:
    expect(phone.locator("#tool-full")).to_be_visible()
    cut = phone.evaluate(
        """() => [...document.querySelectorAll(".panel-mixer button, .bar button")]
            .filter((element) => element.offsetParent)
            .filter((element) => element.scrollWidth > element.clientWidth
              || element.getBoundingClientRect().right > innerWidth)
            .map((element) => element.textContent)"""
    )
    assert cut == []


def test_on_a_phone_the_models_name_is_read_whole(phone: Page) -> None:
    name = phone.locator(".model-title")
    assert name.evaluate("(word) => word.scrollWidth <= word.clientWidth")
    phone.evaluate("() => studio.store.set('state', { name: 'offline', message: '' })")
    assert name.evaluate("(word) => word.scrollWidth <= word.clientWidth")


def test_on_a_phone_every_target_is_large_enough_for_a_thumb(phone: Page) -> None:
    phone.locator("#tab-movement").tap()
    phone.locator("#modulator-add").tap()
    phone.get_by_label("Let it move").last.select_option("truncation")
    expect(phone.get_by_role("button", name="No longer Truncation").last).to_be_visible()
    for tab in phone.get_by_role("tab").all():
        tab.tap()
        small = phone.evaluate(
            """() => [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
                .filter((element) => element.offsetParent)
                .filter((element) => element.getBoundingClientRect().height < 42)
                .map((element) => element.outerHTML)"""
        )
        assert small == []
    phone.locator("#tab-movement").tap()
    phone.locator(".modulator").get_by_role("button", name="Remove").last.tap()


def test_a_finger_draws_on_the_faders(phone: Page) -> None:
    phone.get_by_role("button", name="Zero").tap()
    box = phone.locator(".mixer-canvas").bounding_box()
    assert box is not None
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 5)
    assert max(vector(phone)) > 2


def test_the_form_has_a_widget_for_every_knob_and_sets_it(page: Page) -> None:
    page.locator("#input-label").fill("3")
    page.locator("#input-label").blur()
    page.locator("#input-noise_mode").get_by_role("button", name="none").click()
    page.locator("#input-mirrored").check()
    page.locator("#input-words").fill("good morning")
    page.locator("#input-words").blur()
    page.locator("#input-truncation").fill("0.25")
    wanted = {
        "label": 3,
        "noise_mode": "none",
        "mirrored": True,
        "words": "good morning",
        "truncation": 0.25,
    }
    assert stored(page, "values") == wanted
    other = page.context.new_page()
    other.goto("/")
    other.locator("#input-mirrored").wait_for()
    expect(other.locator("#input-words")).to_have_value("good morning")
    expect(page.locator("#input-format")).to_have_count(0)


def test_inputs_of_a_group_are_folded_away_together_and_set_back_at_once(page: Page) -> None:
    group = page.locator("[data-group=Wick]")
    expect(group.locator("#input-wick_turn")).to_be_hidden()
    group.get_by_text("Wick", exact=True).click()
    assert group.locator("label").all_text_contents() == ["Turn", "Height"]
    group.locator("#input-wick_turn").fill("90")
    group.locator("#input-wick_height").fill("0.5")
    assert stored(page, "values") == {"wick_turn": 90, "wick_height": 0.5}
    group.get_by_role("button", name="Reset").click()
    assert stored(page, "values") == {}
    page.keyboard.press("Control+z")
    assert stored(page, "values") == {"wick_turn": 90, "wick_height": 0.5}


def test_inputs_that_come_later_leave_those_alone_that_are_in_somebodys_hand(page: Page) -> None:
    page.evaluate("""() => {
      globalThis.held = document.querySelector("#input-truncation");
      held.focus();
      const declaration = studio.store.get("declaration");
      const dial = { name: "dial_1", type: "number", min: -3, max: 3, default: 0, group: "Dials" };
      const strips = { dial_1: "data:image/gif;base64,R0lGODlhAQABAAAAACw=" };
      const groupNotes = { Dials: "1 of 12." };
      studio.store.set("model", { ...studio.store.get("model"), strips, groupNotes });
      studio.store.set("declaration", { ...declaration, inputs: [...declaration.inputs, dial] });
    }""")
    dials = page.locator("[data-group=Dials]")
    expect(dials.locator("img.strip")).to_have_count(1)
    expect(dials.locator(".hint")).to_have_text("1 of 12.")
    assert page.evaluate("held.isConnected && document.activeElement === held")


def test_the_seed_leads_to_its_vector(page: Page) -> None:
    page.locator("#input-seed").fill("5")
    page.locator("#input-seed").press("Enter")
    wait_for_store(page, "Math.abs(store.get('vector')[0] - 0.44122749) < 1e-6")
    assert stored(page, "origin") == {"seed": 5}


def test_single_keys_play_unless_a_field_is_being_written_in(page: Page) -> None:
    before = vector(page)
    page.locator("#input-words").focus()
    page.keyboard.type("zrp")
    assert vector(page) == before
    page.locator("#input-words").blur()
    page.keyboard.press("z")
    assert vector(page) == [0] * 512
    page.keyboard.press("]")
    assert stored(page, "values")["truncation"] == 0.85
    page.keyboard.press("Shift+{")
    assert stored(page, "values")["truncation"] == 0.84


def test_undo_leaves_alone_what_another_player_changed(page: Page) -> None:
    other = open_studio(page.context)
    page.locator("#input-truncation").fill("0.5")
    page.evaluate("() => studio.session.edit((vector) => vector.fill(1))")
    other.locator("#input-words").fill("theirs")
    other.locator("#input-words").blur()
    wait_for_store(page, "store.get('values').words === 'theirs'")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert stored(page, "values") == {"words": "theirs"}
    numbers = vector(page)
    page.evaluate("() => studio.session.history.begin([])")
    for name, truncation in (("page", "0.5"), ("other", "0.9")):
        moves, sees = (page, other) if name == "page" else (other, page)
        at = 3 if name == "page" else 7
        moves.locator("#input-truncation").fill(truncation)
        moves.evaluate("(k) => studio.session.edit((vector) => (vector[k] = vector[4] = k))", at)
        wait_for_store(sees, f"store.get('vector')[{at}] === {at}")
        wait_for_store(sees, f"store.get('values').truncation === {truncation}")
    # What only this page moved comes back; a step of which nothing is left is passed over.
    page.keyboard.press("Control+z")
    assert [vector(page)[k] for k in (3, 4, 7)] == [numbers[3], 7, 7]
    page.keyboard.press("Control+z")
    assert stored(page, "values") == {"words": "theirs", "truncation": 0.9}
    page.keyboard.press("Control+Shift+z")
    wait_for_store(other, "store.get('vector')[3] === 3")
    other.keyboard.press("Control+z")
    assert [vector(other)[k] for k in (3, 4, 7)] == [3, 3, numbers[7]]
    other.close()


def test_a_reload_keeps_the_panel_and_what_can_be_undone(browser: Browser, server: Server) -> None:
    other = open_studio(new_context(browser, server))
    context = new_context(browser, server, remembers=True)
    page = open_studio(context)
    numbers = vector(page)
    page.keyboard.press("z")
    page.click("#tab-network")
    wait_for_store(other, "store.get('vector').every((number) => number === 0)")
    page.goto("about:blank")
    other.evaluate("() => studio.session.edit((vector) => (vector[7] = 7))")
    page.goto("/")
    hold_studio(page)
    wait_for_store(page, "store.get('vector')[7] === 7")
    expect(page.locator("#address")).to_be_visible()
    page.click("#tool-undo")
    # What another moved while it was away stays as they have it.
    numbers[7] = 7
    assert vector(page) == numbers
    context.close()
    other.context.close()


def test_over_a_full_screen_mixer_and_map_come_and_go(page: Page) -> None:
    page.keyboard.press("f")
    page.wait_for_function("() => document.body.classList.contains('kiosk')")
    expect(page.locator(".mixer-canvas")).to_be_hidden()
    # Black is black: nothing is said over it.
    page.keyboard.press("b")
    wait_for_store(page, "store.get('blackout')")
    expect(page.locator("#blackout-end")).to_be_hidden()
    expect(page.locator("#picture-canvas")).to_be_hidden()
    page.keyboard.press("b")
    wait_for_store(page, "!store.get('blackout')")
    page.keyboard.press("m")
    expect(page.locator(".mixer-canvas")).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator(".map-canvas")).to_be_visible()
    expect(page.locator(".mixer-canvas")).to_be_hidden()
    page.keyboard.press("g")
    expect(page.locator(".map-canvas")).to_be_hidden()
    before = vector(page)
    page.keyboard.press("r")
    assert vector(page) != before
    page.keyboard.press("f")
    page.wait_for_function("() => !document.body.classList.contains('kiosk')")


def test_the_panels_are_two_presses_from_the_top_and_train_leaves_map_and_mixer(
    page: Page,
) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#tab-controls")).to_be_focused()
    page.click("#tab-train")
    expect(page.locator(".map-canvas")).to_be_visible()
    expect(page.locator(".mixer-canvas")).to_be_visible()
    page.click("#tool-wide")
    expect(page.locator(".map-canvas")).to_be_hidden()
    page.click("#tool-wide")
    for count in ("32", "128", "All"):
        page.get_by_role("group", name="Faders in view").get_by_text(count, exact=True).click()
        box = page.locator(".panel-mixer").bounding_box()
        canvas = page.locator(".mixer-canvas").bounding_box()
        assert box is not None
        assert canvas is not None
        assert canvas["y"] + canvas["height"] <= box["y"] + box["height"]
        assert box["y"] + box["height"] <= VIEWPORT["height"]


def test_the_question_mark_lists_the_keys(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    dialog.wait_for()
    assert "Perlin noise" in dialog.inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_the_tab_key_reaches_every_control_and_the_focus_is_seen(page: Page) -> None:
    page.evaluate(
        """() => {
          globalThis.reached = new Set();
          addEventListener("focusin", ({ target }) => {
            const width = parseFloat(getComputedStyle(target).outlineWidth);
            if (target.matches(":focus-visible") && width >= 2) reached.add(target);
          });
        }"""
    )
    for _ in range(60):
        page.keyboard.press("Tab")
    missed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, canvas, pre")]
            .filter((element) => element.checkVisibility() && !element.disabled)
            .filter((element) => element.tabIndex >= 0)
            .filter((element) => !reached.has(element))
            .map((element) => element.id || element.outerHTML)"""
    )
    assert missed == []


def test_a_whole_session_by_keys_alone(page: Page) -> None:
    numbers = vector(page)
    # Two keys within half a second are one step, after which an undo would go to what was before.
    page.evaluate("() => studio.session.history.begin([])")
    page.keyboard.press("g")
    page.keyboard.press("Enter")
    wait_for_store(page, "store.get('origin')?.x === 0")
    page.keyboard.press("ArrowRight")
    wait_for_store(page, "store.get('origin')?.x > 0")
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    assert stored(page, "origin") is None
    page.locator("#tab-mapping").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#address")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert vector(page) == numbers


def test_text_stands_out_from_its_ground(page: Page) -> None:
    worst = page.evaluate(
        """() => {
          const style = getComputedStyle(document.documentElement);
          const light = (name) => {
            const hex = style.getPropertyValue(name).trim();
            const parts = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255);
            const linear = (c) => (c <= 0.04 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            const [r, g, b] = parts.map(linear);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
          };
          const inks = ["--ink", "--dim", "--paint", "--red", "--green", "--amber"];
          const grounds = ["--night", "--asphalt", "--raised", "--well"];
          return Math.min(...inks.flatMap((ink) => grounds.map((g) => light(ink) / light(g))));
        }"""
    )
    assert worst > 4.5
