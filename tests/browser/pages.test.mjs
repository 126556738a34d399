// What holds for every page: nothing for axe to find, nothing moves, everything is reached.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  logIn, newPage, noAxeViolations, noErrorNotice, noSidewaysScrolling, noTableIsCut, open, settled, shoot, SIZES,
  startBrowser, world,
} from "./lib.mjs";

let browser;
let page;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  await browser.clearCookies();
  page = await newPage(browser);
});
afterEach(async () => {
  const { wrongs } = page;
  await page.close();
  assert.deepEqual(wrongs, []);
});

const loggedIn = async (role = "admin") => {
  await logIn(page, role);
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
};

const pageLink = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true });

const PAGES = [
  ["overview", "overview", "Overview"],
  ["machines", "machines", "Machines"],
  ["machine", `machines/${world.clone}`, /desk-001/],
  ["events", "events", "Events"],
  ["forecast", "forecast", "Forecast"],
  ["evidence", "evidence", "Evidence"],
  ["keys", "keys", "Keys"],
  ["key", `keys/${encodeURIComponent(world.key)}`, /^Key …/],
  ["report", "report", "Report"],
  ["settings", "settings", "Settings"],
];

for (const scheme of ["light", "dark"]) {
  test(`every page, ${scheme}: nothing for axe to find, nothing moves, nothing sticks out`, async () => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await loggedIn();
    for (const [name, where, title] of PAGES) {
      for (const [size, [width, height]] of Object.entries(SIZES)) {
        await page.setViewportSize({ width, height });
        await page.goto("about:blank");
        await open(page, where, title);
        if (name === "forecast") await page.locator(".plot canvas").waitFor();
        await noSidewaysScrolling(page, `${name}, ${size}`);
        await noErrorNotice(page, `${name}, ${size}`);
        if (size !== "narrow") await noTableIsCut(page, `${name}, ${size}`);
        const [shifted, what] = await page.evaluate(() => [globalThis.shifted, globalThis.shifts]);
        assert.ok(shifted < 0.05, `${name}, ${size}: the layout shifts by ${shifted}: ${what.join("; ")}`);
        await noAxeViolations(page, `${name}, ${size}`);
        await shoot(page, `${name}-${size}-${scheme}`);
      }
    }
  });
}

test("nothing moves where answers are slow", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await loggedIn();
  let loading = false; // has been seen
  let menu = false; // has been answered what stands in it
  await page.route(/\/v1\/(?!session)/, async (route) => {
    if (!menu && route.request().url().endsWith("/v1/keys")) {
      menu = true;
    } else if (!loading) {
      await page.locator(".loading").first().waitFor();
      loading = true;
    }
    await route.continue();
  });
  for (const [name, where, title] of PAGES) {
    for (const size of ["narrow", "usual"]) {
      await page.setViewportSize({ width: SIZES[size][0], height: SIZES[size][1] });
      await page.goto("about:blank");
      loading = menu = false;
      await page.goto(`${world.admin}/#/${where}`);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await settled(page);
      if (name === "forecast") await page.locator(".plot canvas").waitFor();
      assert.ok(loading, `${name} is not seen to load`);
      const [shifted, what] = await page.evaluate(() => [globalThis.shifted, globalThis.shifts]);
      assert.ok(shifted < 0.05, `${name}, ${size}: the layout shifts by ${shifted}: ${what.join("; ")}`);
    }
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("a host that cannot answer says so on every page", async () => {
  await loggedIn();
  const problem = { code: "store_failed", title: "the host's store does not answer", detail: "disk full", hint: "make room" };
  await page.route(/\/v1\/(?!session)/, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }));
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [name, where] of PAGES) {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.goto("about:blank");
      await page.goto(`${world.admin}/#/${where}`);
      await page.getByRole("alert").getByText("The host's store does not answer. Disk full.").first().waitFor();
      const said = page.getByRole("alert").getByText("What to do: make room.").first();
      const below = await said.evaluate((it) => it.getBoundingClientRect().bottom - innerHeight);
      assert.ok(below <= 0, `${name}: the error stands ${below} px below what is seen`);
      await noSidewaysScrolling(page, `${name}, refused`);
      await noAxeViolations(page, `${name}, refused, ${scheme}`);
      await shoot(page, `refused-${name}-narrow-${scheme}`);
    }
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("the menu shows every page, however narrow the window is", async () => {
  await loggedIn();
  for (const width of [320, 360, 480, 700, 959, 1280]) {
    await page.setViewportSize({ width, height: 740 });
    const links = await page.getByRole("navigation").getByRole("link").evaluateAll((all) => all.map((it) => {
      const { left, right, top, bottom } = it.getBoundingClientRect();
      const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === it;
      return { name: it.textContent, fits: left >= 0 && right <= innerWidth && bottom - top >= 24 && seen };
    }));
    assert.deepEqual(links.map((it) => it.name),
      ["Overview", "Machines", "Events", "Forecast", "Evidence", "Keys", "Report", "Settings"]);
    assert.deepEqual(links.filter((it) => !it.fits), [], `at ${width} px`);
    await noSidewaysScrolling(page, `the menu at ${width} px`);
  }
});

test("everything is reached by keyboard", async () => {
  await loggedIn("viewer");
  await page.getByRole("link", { name: "To the content" }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  await pageLink("Machines").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Machines" }).waitFor();
  await settled(page);
  await page.getByRole("rowgroup", { name: "Machines" }).focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "machine");
});

test("what has the keyboard shows it, on every page", async () => {
  await loggedIn();
  for (const [name, where, title] of PAGES) {
    await open(page, where, title);
    const reached = new Set();
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press("Tab");
      const { what, seen } = await page.evaluate(() => {
        const it = document.activeElement;
        const style = getComputedStyle(it);
        return {
          what: `${it.tagName} ${it.className} ${it.textContent.slice(0, 30)}`,
          seen: it === document.body || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
        };
      });
      assert.ok(seen, `${name}: nothing shows that ${what} has the keyboard`);
      reached.add(what);
    }
    assert.ok(reached.size > 8, `${name}: ${[...reached].join("; ")}`);
  }
});

test("a dialog is opened, left and acted in by keyboard, which then goes on where it was", async () => {
  await loggedIn();
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  for (const [where, title, button] of [["settings", "Settings", "Revoke viewer-of-tests"],
    [`keys/${encodeURIComponent(world.key)}`, /^Key …/, "Release place 5"],
    ["evidence", "Evidence", "Mark as expected"]]) {
    await open(page, where, title);
    for (const leave of ["Escape", "Enter"]) {
      const opener = page.getByRole("button", { name: button }).first();
      await opener.focus();
      const name = await focused();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      assert.ok(await page.evaluate(() => document.activeElement.closest("dialog") !== null), `${button}: in the dialog`);
      if (leave === "Enter") {
        await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).focus();
        // What lies below the dialog is out of the keyboard's reach.
        for (let press = 0; press < 6; press++) {
          await page.keyboard.press("Tab");
          assert.ok(await page.evaluate(() => document.activeElement === document.body ||
            document.activeElement.closest("dialog") !== null), `${button}: the keyboard left the dialog`);
        }
        await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).focus();
      }
      await page.keyboard.press(leave);
      await page.getByRole("dialog").waitFor({ state: "detached" });
      assert.equal(await focused(), name);
    }
  }
});

test("the colours follow the switch, and stay", async () => {
  await page.emulateMedia({ colorScheme: "light" });
  await loggedIn("viewer");
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByLabel("Colours").selectOption("dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  assert.equal(await ground(), dark);
  await page.getByLabel("Colours").selectOption("system");
  assert.equal(await ground(), light);
});
