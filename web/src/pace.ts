// How many requests a minute a group has now: the host counts them all, and this looks at two counts
// that lie a minute apart, or as far as the page has been looked at.
import { keyOf } from "./attention";
import type { Status } from "./types";
import { secondsBetween } from "./words";

const SPAN = 60; // seconds

interface Look {
  time: string; // the host's
  requests: Map<string, number>;
}

const looks: Look[] = []; // ascending; kept while the pages change

// What the host says of its groups now, remembered; null where nothing is known yet.
export function paces(status: Status): Map<string, number | null> {
  const now: Look = { time: status.time, requests: new Map(status.groups.map((group) => [keyOf(group), group.requests])) };
  const last = looks[looks.length - 1];
  if (last && secondsBetween(last.time, now.time) < 0) looks.length = 0; // the clock was set
  if (!last || secondsBetween(last.time, now.time) > 0) looks.push(now);
  while (looks[1] && secondsBetween(looks[1].time, now.time) >= SPAN) looks.shift();
  return new Map([...now.requests].map(([group, total]) => {
    const first = looks.find((look) => look.requests.has(group));
    const seconds = first ? secondsBetween(first.time, now.time) : 0;
    const grown = total - (first?.requests.get(group) ?? total);
    return [group, seconds > 0 && grown >= 0 ? Math.round((60 * grown) / seconds) : null];
  }));
}
