// Pages on which there is nothing to show say what to do next.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  logIn, newPage, noAxeViolations, noErrorNotice, noSidewaysScrolling, open, shoot, SIZES, startBrowser, world,
} from "./lib.mjs";

let browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

// Page, its title, what it says where no machine has asked, and where no host key is installed.
const PAGES = [
  ["overview", "Overview", "nobody has asked yet", "This host serves no product yet"],
  ["machines", "Machines", "No machine has asked yet", "No machine has asked yet"],
  ["forecast", "Forecast", "The roll is empty", "This host serves no product yet"],
  ["evidence", "Evidence", "No evidence", "No evidence"],
  ["keys", "Keys", "No multiple activation key", "No multiple activation key"],
  ["report", "Report", "No limit was agreed", "Nothing to report"],
  ["nonsense", "Not here", "There is no such page", "There is no such page"],
  ["machines/0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10", "Machine", "This host knows no such machine",
    "This host knows no such machine"],
];

for (const [kind, column] of [["served", 2], ["bare", 3]]) {
  test(`a host that is ${kind}`, async () => {
    const host = world[kind];
    await browser.clearCookies();
    const page = await newPage(browser, host);
    await logIn(page, "admin", host);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    for (const row of PAGES) {
      const [where, title] = row;
      await open(page, where, title, host);
      await page.getByText(row[column]).first().waitFor();
      if (!where.startsWith("machines/")) await noErrorNotice(page, `${where}, empty`);
      for (const [width, height] of Object.values(SIZES)) {
        await page.setViewportSize({ width, height });
        await noSidewaysScrolling(page, `${where}, empty, ${width}`);
      }
      await page.setViewportSize({ width: 1280, height: 800 });
      await noAxeViolations(page, `${where}, empty`);
      await shoot(page, `empty-${kind}-${where.split("/")[0]}-usual-light`);
    }
    assert.deepEqual(page.wrongs, []);
    await page.close();
  });
}
