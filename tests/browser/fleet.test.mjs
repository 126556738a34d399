// What the pages do on a host on which everything has happened.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  ask, downloaded, logIn, muster, newPage, noAxeViolations, noErrorNotice, noSidewaysScrolling, nothingUnseen, open, shoot,
  SIZES, startBrowser, world,
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

test("a wrong token, an expired one, and a good one", async () => {
  await logIn(page, "muster_no-such-token");
  await page.getByRole("alert").getByText("A valid token is needed").waitFor();
  await logIn(page, "expired");
  await page.getByRole("alert").getByText("The token has expired").waitFor();
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height });
      await noAxeViolations(page, `log-in, ${size}, ${scheme}`);
      await noSidewaysScrolling(page, `log-in, ${size}`);
      await shoot(page, `login-${size}-${scheme}`);
    }
  }
  await loggedIn("viewer");
  await page.getByText("viewer-of-tests").waitFor();
  // A page that is loaded anew is still logged in, one that has logged out is not.
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.reload();
  await page.getByLabel("Token").waitFor();
});

test("who goes on in the moment a page appears is not left behind", async () => {
  await page.addInitScript(() => {
    new MutationObserver((_, watch) => {
      if (document.querySelector("h1")?.textContent !== "Overview") return;
      watch.disconnect();
      location.hash = "#/report";
    }).observe(document, { childList: true, subtree: true });
  });
  await logIn(page, "viewer");
  await page.getByRole("heading", { level: 1, name: "Report" }).waitFor();
});

test("whose token is revoked is logged out, and told why", async () => {
  await loggedIn();
  const made = await page.evaluate(async () => {
    const answer = await fetch("/v1/tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "short", role: "viewer", expires_in: "1d" }),
    });
    return answer.json();
  });
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page, made.token);
  await page.getByText("short", { exact: false }).first().waitFor();
  const done = await fetch(`${world.admin}/v1/tokens/${made.id}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${world.tokens.admin}` },
  });
  assert.equal(done.status, 204);
  await page.getByRole("status").getByText("Logged out: the token was revoked").waitFor();
});

test("the overview says in words what needs attention", async () => {
  await loggedIn();
  const attention = page.getByRole("region", { name: "What needs attention" });
  await attention.getByText("The group servers activates nobody yet: 3 of 5 machines have asked").waitFor();
  // What the host's alerts say, word for word, and where they lead.
  await attention.getByText(/9 of 10 places of the multiple activation key .* for acme-cad are used/).waitFor();
  await attention.getByRole("link", { name: /places of the multiple activation key/ }).click();
  await page.getByRole("heading", { level: 1, name: /^Key …/ }).waitFor();
  await page.goBack();
  const alerts = await page.evaluate(async () => (await (await fetch("/v1/alerts")).json()).alerts);
  for (const alert of alerts.filter((each) => each.standing === "holds")) {
    await attention.getByText(alert.what.slice(0, 40)).first().waitFor();
  }
  await page.getByRole("heading", { name: "desktop" }).waitFor();
  await page.getByText("If nobody asks, it falls under 25 on").waitFor();
});

test("a group's card says how many of its machines ask now, as the host counts them", async () => {
  await loggedIn("viewer");
  await page.getByRole("heading", { name: "desktop" }).waitFor();
  await Promise.all([1, 2, 3].map((n) => ask(`asks-now-${n}.corp.example`)));
  await page.waitForFunction(async () => {
    const { groups } = await (await fetch("/v1/status")).json();
    const shown = new Map([...document.querySelectorAll(".card")].map((card) => [
      card.querySelector("h2")?.textContent,
      [...card.querySelectorAll(".figures div")].find((each) => each.textContent.startsWith("a minute"))
        ?.querySelector("dd").textContent,
    ]));
    return groups.every((group) => shown.get(group.group) === String(group.requests_last_minute)) &&
      Number(shown.get("desktop")) >= 3;
  }, null, { polling: 500 });
});

test("what the pages have words for is what a host answers", async () => {
  await loggedIn("viewer");
  const { schemas } = await page.evaluate(async () => (await (await fetch("/openapi.json")).json()).components);
  const offered = (label) => page.locator("label", { has: page.getByText(label, { exact: true }) })
    .locator("select > option").evaluateAll((all) => all.map((each) => each.value).filter(Boolean).sort());
  const described = (name) => schemas[name].enum.filter((each) => each !== null).sort();
  await open(page, "events", "Events");
  assert.deepEqual(await offered("What happened"), described("EventType"));
  assert.deepEqual(await offered("Evidence"), described("Evidence"));
  assert.deepEqual(await offered("Refused as"), [...schemas.RuleCode.enum].sort());
  await open(page, "machines", "Machines");
  assert.deepEqual(await offered("State"), described("LicenceStateName"));
});

test("an operator marks a pattern as expected, which is one line and no alert, and takes it back", async () => {
  await loggedIn("operator");
  const kind = (name) => page.getByRole("region", { name: "build-#.lab.example" }).getByRole("listitem")
    .filter({ hasText: name });
  const concern = page.locator(".concerns").getByText("showed many_ids");
  await concern.waitFor();
  await open(page, "evidence", "Evidence");
  await kind("many ids").getByRole("button", { name: "Mark as expected" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Why").fill("the lab <b>rebuilds</b> them every night");
  await noAxeViolations(page, "the dialog of a mark");
  await dialog.getByRole("button", { name: "Mark as expected" }).click();
  await kind("many ids").getByText("expected, 3 times").waitFor();
  await kind("many ids").getByText("the lab <b>rebuilds</b> them every night").waitFor();
  assert.equal(await kind("many ids").getByText("What to do").count(), 0);
  await shoot(page, "evidence-expected-usual-light");
  await pageLink("Overview").click();
  await page.locator(".concerns li").first().waitFor();
  await concern.waitFor({ state: "detached" });
  await open(page, "events?type=evidence_expected", "Events");
  await page.getByText("evidence marked as expected by token:").waitFor();
  await open(page, "evidence", "Evidence");
  await kind("many ids").getByRole("button", { name: "No longer expected" }).click();
  await kind("many ids").getByText("What to do").waitFor();
  await noErrorNotice(page, "a mark");
});

test("the report counts what was activated, as a table, as CSV, and signed", async () => {
  await loggedIn("viewer");
  await open(page, "report", "Report");
  const month = new Date().toISOString().slice(0, 7);
  const row = page.getByRole("region", { name: "acme-cad" }).getByRole("row").filter({ hasText: month });
  const cells = await row.getByRole("cell").allTextContents();
  const [machines, byFact, peak] = cells.slice(1, 4).map((text) => Number(text.replace(/\D/g, "")));
  assert.ok(machines >= 30, `${machines} machines`);
  assert.ok(byFact >= 30 && byFact <= machines, `${byFact} by primary fact of ${machines}`);
  assert.ok(peak <= machines, `${peak} at one moment of ${machines}`);
  const csv = readFileSync(await downloaded(page, page.getByRole("link", { name: "CSV" })), "utf8");
  const line = csv.split("\r\n").find((each) => each.includes("acme-cad") && each.includes(month));
  assert.ok(line?.split(",").includes(String(machines)), `${machines} stands in ${line}`);
  const signed = await downloaded(page, page.getByRole("link", { name: "Signed" }));
  const verified = muster("report", "verify", signed, "--host-key", world.host_keys);
  const product = verified.products.find((each) => each.product === "acme-cad");
  assert.equal(product.months.find((each) => each.month === month).machines, machines);
});

test("the export of the events verifies, and the head of the page says how far the host itself has", async () => {
  await loggedIn("viewer");
  await open(page, "events", "Events");
  await page.getByText(/chain verified up to 1-\d+/).waitFor();
  const file = await downloaded(page, page.getByRole("link", { name: "Export that verifies" }));
  const verified = muster("events", "verify", file);
  assert.ok(verified.verified && verified.last > 90, JSON.stringify(verified));
});

test("a machine is found by its name's beginning, and tells its story", async () => {
  await loggedIn("viewer");
  await open(page, "machines", "Machines");
  await page.getByLabel("Name begins with").fill("DESK-01");
  const row = page.getByRole("link", { name: "desk-010.corp.example" });
  await row.waitFor();
  await page.getByRole("link", { name: "desk-030.corp.example" }).waitFor({ state: "detached" });
  assert.match(page.url(), /name=DESK-01/);
  await row.click();
  await page.getByRole("heading", { level: 1, name: "desk-010.corp.example" }).waitFor();
  await page.getByRole("region", { name: "Requests" }).getByText("activated").first().waitFor();
  await page.goBack();
  await page.getByLabel("Name begins with").waitFor();
  assert.equal(await page.getByLabel("Name begins with").inputValue(), "DESK-01");
});

test("a clone's page shows the evidence in a sentence", async () => {
  await loggedIn("viewer");
  await open(page, `machines/${world.clone}`, /desk-001/);
  await page.locator("ul.evidence").getByText("clone").first().waitFor();
  await page.locator("ul.evidence").getByText(/machines/).first().waitFor();
});

test("a name that is markup is text", async () => {
  await loggedIn("viewer");
  for (const [where, title] of [["machines?name=%3Cimg", "Machines"], ["events", "Events"],
    [`machines/${world.hostile.cmid}`, world.hostile.name]]) {
    await open(page, where, title);
    await page.getByText(world.hostile.name).first().waitFor();
    assert.equal(await page.locator("img").count(), 0);
  }
});

test("a name that turns the direction of writing, or hides letters, shows that it does", async () => {
  await loggedIn("operator");
  const shown = "invoice-U+202Efdp.eU+200Bxe";
  await open(page, "machines?name=invoice", "Machines");
  const link = page.getByRole("link", { name: shown });
  await link.waitFor();
  await nothingUnseen(page, "machines");
  await shoot(page, "machines-turned-usual-light");
  // Isolated, and written from left to right as it was sent.
  assert.equal(await link.locator("bdi").evaluate((it) => getComputedStyle(it).unicodeBidi), "isolate");
  const places = await link.locator("bdi").evaluate((it) => [...it.childNodes].map((part) => {
    const range = document.createRange();
    range.selectNode(part);
    return range.getBoundingClientRect().left;
  }));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  await link.click();
  await page.getByRole("heading", { level: 1, name: shown }).waitFor();
  assert.equal(await page.title(), "invoice-[U+202E]fdp.e[U+200B]xe · Muster");
  await nothingUnseen(page, "the machine's page");
  await noAxeViolations(page, "the machine's page");
  for (const [where, title] of [["events", "Events"], ["forecast", "Forecast"], ["overview", "Overview"]]) {
    await open(page, where, title);
    await nothingUnseen(page, where);
  }
});

test("events come in while one looks, wait while paused, and are filtered", async () => {
  await loggedIn("viewer");
  await open(page, "events", "Events");
  await page.getByText(/^live/).waitFor();
  await ask("newcomer-1.corp.example");
  await page.getByRole("link", { name: "newcomer-1.corp.example" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await ask("newcomer-2.corp.example");
  await page.getByRole("button", { name: "Go on (1 new)" }).waitFor();
  await ask("newcomer-3.corp.example");
  await page.getByRole("button", { name: "Go on (2 new)" }).waitFor();
  const newcomers = page.getByRole("link", { name: /^newcomer-/ });
  assert.deepEqual(await newcomers.allTextContents(), ["newcomer-1.corp.example"]);
  await page.getByRole("button", { name: "Go on (2 new)" }).click();
  await page.getByRole("link", { name: "newcomer-3.corp.example" }).waitFor();
  // On from there, each once, the newest first.
  await ask("newcomer-4.corp.example");
  await page.getByRole("link", { name: "newcomer-4.corp.example" }).waitFor();
  assert.deepEqual(await newcomers.allTextContents(), [4, 3, 2, 1].map((n) => `newcomer-${n}.corp.example`));
  await noErrorNotice(page, "live events");
  await page.getByLabel("Refused as").selectOption("clock_skew");
  await page.getByRole("link", { name: "old-clock.corp.example" }).waitFor();
  await page.getByRole("link", { name: "newcomer-2.corp.example" }).waitFor({ state: "detached" });
  await page.getByLabel("Refused as").selectOption("");
  await page.getByLabel("Group").selectOption("servers");
  await page.getByRole("link", { name: "render-1.corp.example" }).waitFor();
  await newcomers.first().waitFor({ state: "detached" });
  assert.equal(await page.getByRole("link", { name: /^desk-/ }).count(), 0);
  await page.getByLabel("Group").selectOption("");
  await page.getByLabel("Up to (your time)").fill("2020-01-01T00:00");
  await page.getByRole("heading", { name: "No event fits" }).waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.getByText(/^live/).waitFor();
});

test("how far the chain is verified goes on while one looks", async () => {
  await loggedIn("viewer");
  await open(page, "events", "Events");
  const verified = async () => Number((await page.getByText(/chain verified up to 1-\d+/).textContent()).match(/1-(\d+)/)[1]);
  const before = await verified();
  await ask("verified-1.corp.example");
  await page.waitForFunction((old) =>
    Number(document.querySelector(".pulse.line")?.textContent.match(/up to 1-(\d+)/)?.[1]) > old, before);
});

test("a day that is asked for begins when it does where the viewer is", async () => {
  const far = await startBrowser("Pacific/Tongatapu");
  try {
    const there = await newPage(far);
    await logIn(there, "viewer");
    await there.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await open(there, "machines", "Machines");
    const asked = there.waitForRequest((request) => request.url().includes("silent_since"));
    await there.getByLabel("Silent since").fill("2026-01-05");
    assert.equal(new URL((await asked).url()).searchParams.get("silent_since"), "2026-01-04T11:00:00Z");
    const csv = await there.getByRole("link", { name: "CSV" }).getAttribute("href");
    assert.equal(new URLSearchParams(csv.split("?")[1]).get("silent_since"), "2026-01-04T11:00:00Z");
    assert.match(there.url(), /silent_since=2026-01-05/);
    await there.getByText("No machine fits").waitFor();
    assert.deepEqual(there.wrongs, []);
  } finally {
    await far.close();
  }
});

test("times are the viewer's, UTC on hover", async () => {
  await loggedIn("viewer");
  await open(page, "settings", "Settings");
  const time = page.locator("dl.facts time").first();
  const utc = new Date(await time.getAttribute("datetime"));
  assert.match(await time.getAttribute("title"), / UTC$/);
  const there = utc.toLocaleString("sv-SE", { timeZone: "Europe/Berlin" });
  assert.equal(await time.textContent(), there);
});

test("an operator releases a place", async () => {
  await loggedIn("operator");
  await pageLink("Keys").click();
  await page.getByRole("link", { name: /^…/ }).click();
  await page.getByText("9 of 10 used, 1 left").waitFor();
  await page.getByRole("button", { name: "Release place 3" }).click();
  await page.getByRole("dialog").waitFor();
  await noAxeViolations(page, "the dialog of a release");
  await page.getByRole("dialog").getByRole("button", { name: "Release", exact: true }).click();
  await page.getByText("8 of 10 used, 2 left").waitFor();
  assert.equal(await page.getByRole("button", { name: "Release place 3" }).count(), 0);
});

test("a viewer sees no keys and no tokens", async () => {
  await loggedIn("viewer");
  const attention = page.getByRole("region", { name: "What needs attention" });
  await attention.getByText(/places of the multiple activation key/).first().waitFor();
  assert.equal(await attention.getByRole("link", { name: /multiple activation key/ }).count(), 0);
  assert.equal(await pageLink("Keys").count(), 0);
  await open(page, "keys", "Keys");
  await page.getByText("Keys are an operator's").waitFor();
  await open(page, "settings", "Settings");
  await page.getByText("with the role admin").waitFor();
});

test("an administrator makes a token, sees it once, and revokes it", async () => {
  await loggedIn();
  await open(page, "settings", "Settings");
  await page.getByLabel("Name").fill("grafana <b>");
  await page.getByRole("button", { name: "Make a token" }).click();
  const secret = await page.locator("pre.secret").textContent();
  assert.match(secret, /^muster_/);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("cell", { name: "grafana <b>", exact: true }).waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
  await page.getByRole("button", { name: "Revoke grafana <b>" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByRole("cell", { name: "grafana <b>", exact: true }).waitFor({ state: "detached" });
});

// "2026-07", as the report names a month.
function monthsAgo(many) {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - many)).toISOString().slice(0, 7);
}

test("the pictures of docs/dashboard.md", async () => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await loggedIn("operator");
  await page.setViewportSize({ width: 1280, height: 720 });
  for (const [name, where, title] of [["overview", "overview", "Overview"], ["events", "events?text=desk-00", "Events"],
    ["machine", `machines/${world.clone}`, /desk-001/], ["forecast", "forecast", "Forecast"],
    ["evidence", "evidence", "Evidence"], ["keys", `keys/${encodeURIComponent(world.key)}`, /^Key …/], ["report", `report?from=${monthsAgo(4)}`, "Report"]]) {
    await open(page, where, title);
    if (name === "forecast") await page.locator(".plot canvas").waitFor();
    if (name === "overview") await page.locator(".concerns").getByText("showed clone").waitFor();
    await noErrorNotice(page, name);
    await shoot(page, `docs-${name}`);
  }
});
