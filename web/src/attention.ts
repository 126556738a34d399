// What an administrator should look at, in words, the most pressing first. What the host watches it
// says itself, as alerts; here are what it does not watch, and where a page shows more. Pure.
import { link } from "./router";
import type { Alert, Forecast, Group, Key, Pool, Status } from "./types";
import { daysBetween, from, many, number } from "./words";

export interface Concern {
  weight: "act" | "watch";
  text: string;
  more?: string; // what that means
  todo: string;
  since?: string; // it has been told to whoever the host tells
  href?: string;
}

const SOON_DAYS = 14;
const POOLS_NAMED = 3;

function ofHost(status: Status): Concern[] {
  const out: Concern[] = [];
  if (status.not_ready) {
    out.push({
      weight: "act",
      text: `The host activates nobody: ${status.not_ready.title}.`,
      todo: status.not_ready.hint,
    });
  }
  if (status.unserved > 0 && status.groups.length === 0) {
    out.push({
      weight: "watch",
      text: `${many(status.unserved, "request")} asked for a product that no host key names.`,
      todo: "install the vendor's host key",
    });
  }
  return out;
}

function ofProducts(group: Group): Concern[] {
  return group.products
    .filter((product) => product.licensed !== null && product.active_machines > product.licensed)
    .map((product) => ({
      weight: "watch",
      text: `${product.name}: ${number(product.active_machines)} machines are active, ` +
        `${number(product.licensed ?? 0)} are paid for.`,
      todo: product.over === "refuse" ? "new machines are refused; buy more" : "buy more, or let machines go",
      href: link("report"),
    }));
}

const forecastOf = (group: Group): string => link("forecast", "", { group: group.group, vendor: group.vendor });

// A group that has never activated anybody climbs, which is no alert.
function ofGroup(group: Group, forecast: Forecast | undefined, watched: boolean, now: string): Concern[] {
  const missing = group.threshold - group.count;
  if (group.requests > 0 && group.requests === group.failed && missing > 0) {
    return [{
      weight: "watch",
      text: `The group ${group.group} activates nobody yet: ${number(group.count)} of ${number(group.threshold)} machines have asked.`,
      todo: `${many(missing, "more machine")} must ask`,
      href: forecastOf(group),
    }];
  }
  if (watched || missing > 0 || !forecast?.expected || daysBetween(now, forecast.expected) >= SOON_DAYS) return [];
  return [{
    weight: "act",
    text: `The group ${group.group} is expected to fall under ${number(group.threshold)} ${from(now, forecast.expected)}.`,
    todo: "see who has to ask by when",
    href: forecastOf(group),
  }];
}

// A key is shown by its end alone, as the host shows it.
export const lastFive = (key: Key): string => key.key.slice(-5);

function ofKeys(keys: Key[]): Concern[] {
  return keys.filter((key) => key.behind).map((key) => ({
    weight: "act",
    text: `The key …${lastFive(key)} of ${key.product} sells nothing new: this host was restored.`,
    todo: "reconcile it",
    href: link("keys", key.id),
  }));
}

export const poolName = (pool: Pool): string =>
  [pool.pattern ?? "nameless machines", pool.subnet && `in ${pool.subnet}`].filter(Boolean).join(" ");

// "desk-#.corp.example in 10.1.2.0/24, ... and 4 more pools".
function poolNames(pools: Pool[]): string {
  const named = pools.slice(0, POOLS_NAMED).map(poolName);
  const rest = pools.length - named.length;
  return named.join(", ") + (rest > 0 ? ` and ${many(rest, "more pool")}` : "");
}

// What stands now, and what was told and has not ended.
export const stands = (alert: Alert): boolean =>
  alert.standing === "holds" || (alert.fires && alert.standing !== "gone");

interface Seen {
  status: Status;
  alerts: Alert[];
  forecasts: Map<string, Forecast>;
  pools: Pool[];
  keys: Key[] | null; // null: whoever looks may not see them
}

// What the host says, and the page that shows more of it.
function ofAlert(alert: Alert, seen: Seen): Concern {
  const said = { text: alert.what, todo: alert.to_do, ...(alert.since && { since: alert.since }) };
  const group = seen.status.groups.find((each) => keyOf(each) === alert.subject);
  const key = seen.keys?.find((each) => each.id === alert.subject);
  switch (alert.rule) {
    case "count":
      return { ...said, weight: group && group.count < group.threshold ? "act" : "watch", ...(group && { href: forecastOf(group) }) };
    case "forecast":
      return { ...said, weight: "act", todo: "see who has to ask by when", ...(group && { href: forecastOf(group) }) };
    case "key":
      return {
        ...said, weight: key?.remaining === 0 ? "act" : "watch",
        ...(key && { href: link("keys", key.id), text: alert.what.replace(key.id, `…${lastFive(key)}`) }),
      };
    case "evidence": {
      const pools = seen.pools.filter((pool) => pool.kinds.some((k) => k.evidence === alert.subject));
      const kind = pools[0]?.kinds.find((k) => k.evidence === alert.subject);
      return {
        ...said, weight: "watch", href: link("evidence", "", { kind: alert.subject }),
        ...(kind && { text: `${alert.what}: ${poolNames(pools)}`, more: kind.explanation, todo: kind.advice }),
      };
    }
    case "host_key": {
      const served = seen.status.groups.flatMap((each) => each.products.map((p) => ({ id: `${each.vendor}/${p.product}`, p })));
      const valid = served.find((each) => each.id === alert.subject)?.p.valid ?? true;
      return { ...said, weight: valid ? "watch" : "act", href: link("settings") };
    }
    case "refusals": return { ...said, weight: "watch", href: link("events") };
    case "chain": return { ...said, weight: "act", href: link("events") };
    case "disk": return { ...said, weight: "act" };
  }
}

export function concerns(seen: Seen): Concern[] {
  const { status } = seen;
  const standing = seen.alerts.filter(stands);
  const has = (rule: string, subject: string) => standing.some((a) => a.rule === rule && a.subject === subject);
  const all = [
    ...ofHost(status),
    // Where the count is low already, when it falls is no news.
    ...standing.filter((a) => a.rule !== "forecast" || !has("count", a.subject)).map((a) => ofAlert(a, seen)),
    ...status.groups.flatMap((group) => {
      const id = keyOf(group);
      return ofGroup(group, seen.forecasts.get(id), has("count", id) || has("forecast", id), status.time);
    }),
    ...status.groups.flatMap(ofProducts),
    ...ofKeys(seen.keys ?? []),
  ];
  return [...all.filter((c) => c.weight === "act"), ...all.filter((c) => c.weight === "watch")];
}

export const keyOf = (group: { vendor: string; group: string }): string => `${group.vendor}/${group.group}`;
