// What the tests share: a browser with a profile of its own, a page that is logged in, and the
// checks that hold for every page.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const PATIENCE = 30_000;
export const world = JSON.parse(readFileSync(process.env.MUSTER_WORLD, "utf8"));
export const out = process.env.MUSTER_BROWSER_OUT;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SIZES = { narrow: [360, 740], usual: [1280, 800], wide: [3840, 2160] };

// Of a viewer in `zone`; each zone has a profile of its own.
export async function startBrowser(zone = "Europe/Berlin") {
  const home = join(process.env.MUSTER_BROWSER_HOME, zone.replace("/", "-"));
  return chromium.launchPersistentContext(home, {
    executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
    ignoreDefaultArgs: ["--hide-scrollbars"],
    timezoneId: zone,
    viewport: { width: 1280, height: 800 },
  });
}

// A new page. What goes wrong in it is remembered, and fails the test at its end.
export async function newPage(browser, host = world) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const wrongs = [];
  page.on("pageerror", (error) => wrongs.push(`${error}`));
  page.on("dialog", (dialog) => {
    wrongs.push(`a dialog of the browser: ${dialog.message()}`);
    void dialog.dismiss();
  });
  // A refused call is logged too; the policy's words are what must not be there.
  page.on("console", (said) => {
    if (said.type() === "error" && /Content Security Policy|TrustedHTML|Refused/.test(said.text())) {
      wrongs.push(said.text());
    }
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(host.admin) && !url.startsWith("data:")) wrongs.push(`asked ${url}`);
  });
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        globalThis.shifted += entry.value;
        globalThis.shifts.push(...entry.sources.map((s) => `${s.node?.className ?? ""} ${s.node?.textContent?.slice(0, 40)}`));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return Object.assign(page, { wrongs });
}

export async function logIn(page, role = "admin", host = world) {
  await page.goto(`${host.admin}/`);
  await page.getByLabel("Token").fill(host.tokens[role] ?? role);
  await page.getByRole("button", { name: "Log in" }).click();
}

export async function open(page, where, title, host = world) {
  await page.goto(`${host.admin}/#/${where}`);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await settled(page);
}

// What was on its way has come.
export async function settled(page) {
  await page.locator(".loading").first().waitFor({ state: "detached" });
}

export async function noAxeViolations(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).slice(0, 3).join(" ")}`);
  });
  assert.deepEqual(found, [], `axe on ${what}`);
}

// No letter that is not seen, or that turns the direction of writing, stands anywhere in the page.
export async function nothingUnseen(page, what) {
  const found = await page.evaluate(() => (document.title + document.documentElement.outerHTML)
    .match(/.{0,20}[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff].{0,20}/gu));
  assert.deepEqual(found, null, `${what} holds letters that are not seen`);
}

export async function noSidewaysScrolling(page, what) {
  const over = await page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what} is wider than its window`);
}

// However long a name is, the columns beside it are seen.
export async function noTableIsCut(page, what) {
  const cut = await page.locator(".table-frame").evaluateAll((all) =>
    all.filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.getAttribute("aria-label")));
  assert.deepEqual(cut, [], `${what} has tables that are wider than the page`);
}

// Every call was answered, and nothing has to be tried again.
export async function noErrorNotice(page, what) {
  const said = await page.locator('.notice.trouble, [role="alert"]').allTextContents();
  assert.deepEqual(said, [], `${what} shows an error`);
}

// What a link or a button gives as a file: its path.
export async function downloaded(page, locator) {
  const [download] = await Promise.all([page.waitForEvent("download"), locator.click()]);
  assert.equal(await download.failure(), null);
  return download.path();
}

// A command of the built binary; what it says with --json.
export function muster(...words) {
  const done = spawnSync(world.binary, [...words, "--json"], { encoding: "utf8", timeout: PATIENCE });
  assert.equal(done.status, 0, `muster ${words.join(" ")}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

// The same while the test goes on.
export async function musterBeside(...words) {
  const { stdout } = await promisify(execFile)(world.binary, [...words, "--json"], { timeout: 4 * PATIENCE });
  return JSON.parse(stdout);
}

// A picture for a reviewer, named in the listing beside it.
export async function shoot(page, name) {
  mkdirSync(join(out, "shots"), { recursive: true });
  await page.screenshot({ path: join(out, "shots", `${name}.png`) });
  appendFileSync(join(out, "shots", "LIST.txt"), `${name}.png\n`);
}

export const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

// A request of a machine that nobody has seen, as docs/protocol.md has it.
export async function ask(name, fields = {}) {
  const body = {
    product: "acme-cad",
    cmid: crypto.randomUUID(),
    nonce: base64url(randomBytes(16)),
    facts: { set: base64url(createHash("sha256").update(name).digest().subarray(0, 16)) },
    time: new Date().toISOString().slice(0, 19) + "Z",
    name,
    state: 2,
    minutes_left: 43200,
    ...fields,
  };
  const answer = await fetch(`${world.clients}/v1/activations`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200);
  return body;
}
