// The list of machines where there are a million of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  logIn, musterBeside, newPage, noAxeViolations, noErrorNotice, open, shoot, SIZES, startBrowser, world,
} from "./lib.mjs";

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

// Machines renew, as fast as a few connections can, until `end`, which fails where one of them was not
// activated.
function renewals() {
  let ended = false;
  const ask = (many) => musterBeside("bench", "--host", world.clients, "--product", world.product, "--connections", "8",
    "--requests", many, "--machines", "100000", "--order", "random");
  const run = async () => {
    await ask("100"); // until the count is reached
    while (!ended) {
      const done = await ask("2000");
      assert.equal(done.activated, done.requests, JSON.stringify(done));
    }
  };
  let broken = false;
  const all = run();
  all.catch(() => {
    broken = true; // and told by whoever ends them
  });
  return {
    going: () => !broken,
    end: () => {
      ended = true;
      return all;
    },
  };
}

const status = () => page.evaluate(async () => (await fetch("/v1/status")).json());

// What each order goes by, and which of two neighbours comes first.
const SORTS = { "name": ["name", 1], "-name": ["name", -1], "last_seen": ["day", 1], "-last_seen": ["day", -1], "cmid": ["cmid", 1] };

test("every order holds while machines renew, and no list keeps them from it", async () => {
  const { time: began, requests: begin } = await status();
  const fleet = renewals();
  try {
    while (fleet.going() && (await status()).requests < begin + 200) await page.evaluate(() => new Promise(requestAnimationFrame));
    for (const [sort, [by, direction]] of Object.entries(SORTS)) {
      await page.goto("about:blank"); // or rows of the order before would be taken for this one's
      await open(page, `machines?sort=${sort}`, "Machines");
      await frame().locator("a.machine").first().waitFor();
      const before = (await status()).requests;
      const rows = new Map(); // by their numbers
      for (let round = 0; round < 10; round++) {
        const last = Math.max(...(await numbers()));
        await scrollTo(1);
        await page.waitForFunction((from) => {
          const all = [...document.querySelectorAll(".rows-all .row")];
          return all.every((row) => row.querySelector("a.machine")) &&
            Number(all.at(-1)?.getAttribute("aria-rowindex")) - 1 > from;
        }, last);
        const seen = await frame().getByRole("row").evaluateAll((all) => all.map((row) => {
          const machine = row.querySelector("a.machine");
          const at = Number(row.getAttribute("aria-rowindex")) - 1;
          const seen = row.querySelector("time")?.dateTime;
          return [at, machine && { name: machine.textContent, seen, day: seen.slice(0, 10), cmid: machine.hash }];
        }));
        // One that has renewed since the list was made shows its new day at the old one's place.
        for (const [at, row] of seen) if (row && (by !== "day" || row.seen < began)) rows.set(at, row[by]);
      }
      const grown = (await status()).requests - before;
      assert.ok(grown > 0, `nobody renewed while the list by ${sort} was read`);
      assert.ok(rows.size > 200, `${rows.size} rows by ${sort}`);
      const values = [...rows].sort(([a], [b]) => a - b).map(([, value]) => value);
      const wrong = values.findIndex((value, i) => i > 0 && (value < values[i - 1] ? -1 : value > values[i - 1] ? 1 : 0) === -direction);
      assert.equal(wrong, -1, `by ${sort}: ${values[wrong - 1]} stands before ${values[wrong]}`);
      await noErrorNotice(page, `the list by ${sort}`);
    }
  } finally {
    await fleet.end();
  }
});

test("axe finds nothing in the long list", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await open(page, "machines?sort=name", "Machines");
      await frame().locator("a.machine").first().waitFor();
      await noAxeViolations(page, `a million machines, ${size}, ${colorScheme}`);
      await shoot(page, `million-${size}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });
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
