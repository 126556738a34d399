// The list of machines where there are a million of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, newPage, open, shoot, startBrowser, world } from "./lib.mjs";

let browser;
let page;
before(async () => {
  browser = await startBrowser();
  page = await newPage(browser);
  await logIn(page, "viewer");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
});
after(() => browser.close());

const frame = () => page.getByRole("rowgroup", { name: "Machines" });
const scrollTo = (share) => frame().evaluate((it, to) => {
  it.scrollTop = to * it.scrollHeight;
}, share);
// The numbers, from 1, of the rows that are in the document.
const numbers = () => frame().getByRole("row").evaluateAll((rows) =>
  rows.map((row) => Number(row.getAttribute("aria-rowindex")) - 1));

test("only what is seen is in the document, however far one scrolls", async () => {
  await open(page, "machines?sort=name", "Machines");
  for (let round = 0; round < 12; round++) {
    const last = Math.max(...(await numbers()));
    await scrollTo(1);
    await page.waitForFunction((before) => {
      const rows = [...document.querySelectorAll(".rows-all .row")];
      const at = Math.max(...rows.map((row) => Number(row.getAttribute("aria-rowindex")) - 1));
      return at > before && rows.at(-1).querySelector("a.machine") !== null;
    }, last);
    assert.ok((await numbers()).length < 120);
  }
  const names = await frame().locator("a.machine").allTextContents();
  assert.deepEqual(names, [...names].sort(), "in the order of their names");
  await scrollTo(0);
  await page.waitForFunction(() => document.querySelector('.rows-all .row[aria-rowindex="2"] a.machine'));
});

test("the end of the list is as near as its beginning", async () => {
  await open(page, "machines?sort=-name", "Machines");
  await frame().locator("a.machine").first().waitFor();
  const first = await frame().locator("a.machine").first().textContent();
  await page.getByLabel("Sort by").selectOption("name");
  await page.waitForFunction((old) => {
    const name = document.querySelector(".rows-all a.machine")?.textContent;
    return name && name < old;
  }, first);
});

test("one of a million is found by its name", async () => {
  await open(page, "machines?sort=-name", "Machines");
  await frame().locator("a.machine").nth(3).waitFor();
  const name = await frame().locator("a.machine").nth(3).textContent();
  await page.getByLabel("Name begins with").fill(name);
  await page.getByRole("status").getByText("1 machine", { exact: true }).waitFor();
  assert.equal(await frame().locator("a.machine").first().textContent(), name);
  await shoot(page, "million-search-usual-light");
});

test("nothing holds the page up for longer than a person notices", async () => {
  await open(page, "machines?sort=cmid", "Machines");
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, entry.duration);
    }).observe({ type: "longtask" });
  });
  for (let round = 0; round < 20; round++) {
    const last = Math.max(...(await numbers()));
    await scrollTo(1);
    await page.waitForFunction((before) =>
      [...document.querySelectorAll(".rows-all .row")].some((row) =>
        Number(row.getAttribute("aria-rowindex")) - 1 > before), last);
  }
  const longest = await page.evaluate(() => globalThis.longest);
  assert.ok(longest < 500, `a task of ${longest} ms`);
  assert.deepEqual(page.wrongs, []);
});
