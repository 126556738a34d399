// The event log as it goes on. What comes in a moment is shown together, so that a storm of requests
// is drawn a few times a second and not a thousand.
import { path } from "./api";
import type { EventRow } from "./types";

export type Line = "opening" | "live" | "broken";

const TOGETHER = 200; // ms

// Follows behind `after` until the returned function is called.
export function follow(
  query: Record<string, string>,
  after: string | null,
  came: (events: EventRow[]) => void,
  is: (line: Line) => void,
): () => void {
  const source = new EventSource(path("/v1/events/stream", { ...query, after }));
  let waiting: EventRow[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  is("opening");
  source.onopen = () => is("live");
  source.onerror = () => is(source.readyState === EventSource.CLOSED ? "broken" : "opening");
  source.onmessage = (message: MessageEvent<string>) => {
    waiting.push(JSON.parse(message.data) as EventRow);
    timer ??= setTimeout(() => {
      timer = undefined;
      const all = waiting;
      waiting = [];
      came(all);
    }, TOGETHER);
  };
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
