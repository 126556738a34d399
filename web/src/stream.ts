// The event log as it goes on. What comes in a moment is shown together, so that a storm of requests
// is drawn a few times a second and not a thousand.
import { get, path } from "./api";
import type { EventRow } from "./types";

// asking: the host has as many streams as it bears, or something on the way bears none.
export type Line = "opening" | "live" | "asking" | "broken";

const TOGETHER = 200; // ms
const ASK_EVERY = 2_000; // ms, where there is no stream

// Follows behind `after` until the returned function is called.
export function follow(
  query: Record<string, string>,
  after: string | null,
  came: (events: EventRow[]) => void,
  is: (line: Line) => void,
): () => void {
  const source = new EventSource(path("/v1/events/stream", { ...query, after }));
  let newest = after;
  let waiting: EventRow[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const ask = async () => {
    try {
      const where = path("/v1/events", { ...query, after: newest, limit: 1000 });
      const page = await get<{ events: EventRow[]; resume: string }>(where);
      if (stopped) return;
      is("asking");
      newest = page.resume;
      if (page.events.length > 0) came(page.events);
    } catch {
      if (!stopped) is("broken");
    }
    if (!stopped) timer = setTimeout(() => void ask(), ASK_EVERY);
  };
  is("opening");
  source.onopen = () => is("live");
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) void ask();
    else is("opening");
  };
  source.onmessage = (message: MessageEvent<string>) => {
    const row = JSON.parse(message.data) as EventRow;
    newest = row.place;
    waiting.push(row);
    timer ??= setTimeout(() => {
      timer = undefined;
      const all = waiting;
      waiting = [];
      came(all);
    }, TOGETHER);
  };
  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}
