// What an administrator should look at, in words, the most pressing first. Pure.
import { link } from "./router";
import type { Forecast, Group, Key, Pool, Status } from "./types";
import { daysBetween, from, local, LOUD, many, number, percent, span } from "./words";

export interface Concern {
  weight: "act" | "watch";
  text: string;
  todo: string;
  href?: string;
}

const SOON_DAYS = 14;
const KEY_DAYS = 30;
const MARGIN = 0.2; // of the threshold

function ofHost(status: Status): Concern[] {
  const out: Concern[] = [];
  if (status.not_ready) {
    out.push({
      weight: "act",
      text: `The host activates nobody: ${status.not_ready.title}.`,
      todo: status.not_ready.hint,
    });
  }
  if (status.log.broken) {
    out.push({
      weight: "act",
      text: `The event log does not verify: event ${status.log.broken} does not fit the one before.`,
      todo: "export the log and compare it with the newest one that was kept",
      href: link("events"),
    });
  }
  if (status.disk_free < 0.1) {
    out.push({
      weight: status.disk_free < 0.05 ? "act" : "watch",
      text: `${percent(status.disk_free)} of the host's disk is free.`,
      todo: "make room; a host that cannot store does not answer",
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

function ofProducts(group: Group, now: string): Concern[] {
  const out: Concern[] = [];
  for (const product of group.products) {
    const days = daysBetween(now, product.expires);
    if (!product.valid) {
      out.push({
        weight: "act",
        text: `${product.name} is not served: its host key is not valid now (until ${local(product.expires)}).`,
        todo: "ask the vendor for a new one and install it with muster host install-key",
        href: link("settings"),
      });
    } else if (days < KEY_DAYS) {
      out.push({
        weight: "watch",
        text: `The host key of ${product.name} ends ${from(now, product.expires)}.`,
        todo: "ask the vendor for a new one",
        href: link("settings"),
      });
    }
    if (product.licensed !== null && product.active_machines > product.licensed) {
      out.push({
        weight: "watch",
        text: `${product.name}: ${number(product.active_machines)} machines are active, ` +
          `${number(product.licensed)} are paid for.`,
        todo: product.over === "refuse" ? "new machines are refused; buy more" : "buy more, or let machines go",
        href: link("report"),
      });
    }
  }
  return out;
}

function ofGroup(group: Group, forecast: Forecast | undefined, now: string): Concern[] {
  const href = link("forecast", "", { group: group.group, vendor: group.vendor });
  if (group.requests === 0) return [];
  if (group.count < group.threshold) {
    const missing = group.threshold - group.count;
    return [{
      weight: "act",
      text: `${group.group} activates nobody: ${number(group.count)} of ${number(group.threshold)} ` +
        `machines have asked within ${span(group.retention_min * 60)}.`,
      todo: `${many(missing, "more machine")} must ask; a machine that is activated keeps what it has`,
      href,
    }];
  }
  if (forecast?.falls_under && daysBetween(now, forecast.falls_under) < SOON_DAYS) {
    return [{
      weight: "act",
      text: `${group.group} falls under ${number(group.threshold)} ${from(now, forecast.falls_under)} ` +
        "if no machine asks until then.",
      todo: "see who has to ask by when",
      href,
    }];
  }
  if (forecast?.expected && daysBetween(now, forecast.expected) < SOON_DAYS) {
    return [{
      weight: "act",
      text: `${group.group} is expected to fall under ${number(group.threshold)} ${from(now, forecast.expected)}.`,
      todo: "see who has to ask by when",
      href,
    }];
  }
  const spare = group.count - group.threshold;
  if (spare < group.threshold * MARGIN) {
    return [{
      weight: "watch",
      text: spare === 0
        ? `${group.group} stands exactly at its threshold of ${number(group.threshold)}.`
        : `${group.group} has ${many(spare, "machine")} to spare above its threshold of ${number(group.threshold)}.`,
      todo: `each machine that stays silent for ${span(group.retention_min * 60)} leaves`,
      href,
    }];
  }
  return [];
}

const RECENT_DAYS = 30;

function ofPools(pools: Pool[], now: string): Concern[] {
  return pools.flatMap((pool) =>
    pool.kinds
      .filter((kind) => LOUD.has(kind.evidence) && !kind.expected && daysBetween(kind.newest, now) < RECENT_DAYS)
      .map((kind) => ({
        weight: "watch" as const,
        text: `${poolName(pool)}, ${many(kind.last_30_days, "time")} in 30 days: ${kind.explanation}`,
        todo: kind.advice,
        href: link("evidence"),
      })));
}

// A key is shown by its end alone, as the host shows it.
export const lastFive = (key: Key): string => key.key.slice(-5);

function ofKeys(keys: Key[]): Concern[] {
  return keys.flatMap((key): Concern[] => {
    const href = link("keys", key.id);
    const name = `The key …${lastFive(key)} of ${key.product}`;
    if (key.behind) {
      return [{ weight: "act", text: `${name} sells nothing new: this host was restored.`, todo: "reconcile it", href }];
    }
    if (key.blocked || key.limit === 0 || key.used < 0.8 * key.limit) return [];
    const empty = key.days_until_empty;
    return [{
      weight: key.remaining === 0 ? "act" : "watch",
      text: `${name} has ${number(key.remaining)} of ${number(key.limit)} places left` +
        (empty ? `, enough for ${many(empty, "day")} at the present rate.` : "."),
      todo: "release places that nobody needs, or order more",
      href,
    }];
  });
}

export const poolName = (pool: Pool): string =>
  [pool.pattern ?? "nameless machines", pool.subnet && `in ${pool.subnet}`].filter(Boolean).join(" ");

export function concerns(status: Status, forecasts: Map<string, Forecast>, pools: Pool[], keys: Key[]): Concern[] {
  const all = [
    ...ofHost(status),
    ...status.groups.flatMap((group) => ofGroup(group, forecasts.get(keyOf(group)), status.time)),
    ...status.groups.flatMap((group) => ofProducts(group, status.time)),
    ...ofKeys(keys),
    ...ofPools(pools, status.time),
  ];
  return [...all.filter((c) => c.weight === "act"), ...all.filter((c) => c.weight === "watch")];
}

export const keyOf = (group: { vendor: string; group: string }): string => `${group.vendor}/${group.group}`;
