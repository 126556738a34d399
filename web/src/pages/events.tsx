import { useEffect, useMemo, useState } from "preact/hooks";
import { get, path } from "../api";
import { useAct, useCall, useSettled, useTitle } from "../hooks";
import { ask, link, type Route } from "../router";
import { follow, type Line } from "../stream";
import type { EventRow, Group, LogState, Status } from "../types";
import { Choice, Empty, EvidenceMark, Input, Loading, MachineLink, Page, Table, Theirs, Told, Trouble, When } from "../ui";
import { ACTS, EVIDENCE_KINDS, evidenceName, from, many, refusalName, REFUSALS } from "../words";

const PAGE = 100;
const LOOKS = 50; // calls of a search that find nothing, before a person is asked to go on
const MOST = 2_000; // rows on the page; older ones are a click away again

const FILTERS = ["text", "type", "error", "evidence", "group", "product", "cmid"];
const LOG_EVERY = 5_000; // ms

// Of an act's detail: what only the log needs.
const UNSAID = new Set([
  "vendor",
  "mak",
  "nonce",
  "machine",
  "address",
  "name",
  "names",
  "client_time",
  "place_prev",
]);

interface Page1 {
  events: EventRow[];
  next: string | null;
  log: LogState;
}

// A page, or the first of a search that has something: one call looks at a part of the log only. How
// far the log goes is what the first call says: what comes later was looked at by none.
async function search(
  query: Record<string, string | undefined>, after: string | null, wanted: () => boolean,
): Promise<Page1> {
  let log: LogState | undefined;
  for (let look = 1; ; look++) {
    const page = await get<Page1>(path("/v1/events", { ...query, order: "newest", after, limit: PAGE }));
    log ??= page.log;
    if (page.events.length > 0 || page.next === null || look >= LOOKS || !wanted()) return { ...page, log };
    after = page.next;
  }
}

function What({ row }: { row: EventRow }) {
  const { event } = row;
  if (event.type === "activation") {
    return (
      <>
        <MachineLink cmid={event.cmid ?? ""} name={row.name} />{" "}
        {event.activated ? "activated" : <strong class="refused">{event.error ? refusalName(event.error) : "refused"}</strong>}
        {event.count !== null && event.count !== undefined && <small> {event.count} of {event.threshold}</small>}
      </>
    );
  }
  const detail = event.detail ?? {};
  if (event.type === "mak_activation") {
    const place = typeof detail["place"] === "number" ? `place ${detail["place"]}` : "";
    return (
      <>
        {row.name ? <Theirs text={row.name} /> : <code>{String(detail["cmid"] ?? "")}</code>}{" "}
        {detail["activated"] ? "activated by a key"
          : <strong class="refused">{detail["error"] ? refusalName(String(detail["error"])) : "asked how it stands"}</strong>}
        <small> {place}</small>
      </>
    );
  }
  if (event.type === "alert_raised" || event.type === "alert_ended") {
    return (
      <>
        {ACTS[event.type]} <small><Told text={`${String(detail["rule"])}: ${String(detail["what"])}`} /></small>
      </>
    );
  }
  const said = Object.entries(detail)
    .filter(([name, value]) => value !== null && !UNSAID.has(name))
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return (
    <>
      {ACTS[event.type] ?? event.type}
      {event.actor && <small> by <Theirs text={event.actor} /></small>}
      {said.length > 0 && <small> · <Told text={said.join(", ")} /></small>}
    </>
  );
}

function Verified({ log }: { log: LogState | undefined }) {
  if (!log) return null;
  if (log.broken) {
    return <span class="say low">the chain breaks at {log.broken}</span>;
  }
  if (!log.verified) return <span>the chain is not yet verified</span>;
  return (
    <span>chain verified up to <code>{log.verified}</code>
      {log.verified_at && <> at <When at={log.verified_at} /></>}</span>
  );
}

const LINE: Record<Line, string> = { opening: "connecting", live: "live", asking: "live, every 2 s", broken: "not live" };

export function Events({ route }: { route: Route }) {
  useTitle("Events");
  const [wanted, setWanted] = useState<Record<string, string>>(() =>
    Object.fromEntries(FILTERS.map((name) => [name, route.query.get(name) ?? ""])));
  const [until, setUntil] = useState(route.query.get("until") ?? "");
  const settled = useSettled(wanted);
  const [rows, setRows] = useState<EventRow[]>();
  const [held, setHeld] = useState<EventRow[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [line, setLine] = useState<Line>("opening");
  const [paused, setPaused] = useState(false);
  const [round, setRound] = useState(0);
  const act = useAct();
  // How far the host has verified the chain goes on while one looks.
  const log = useCall<Status>("/v1/status", LOG_EVERY).data?.log;
  const groups = useCall<{ groups: Group[] }>("/v1/groups").data?.groups ?? [];
  const query = useMemo(() => Object.fromEntries(Object.entries(settled).filter(([, v]) => v !== "")), [settled]);
  const key = JSON.stringify(query);
  const untilUtc = until ? new Date(until).toISOString().slice(0, 19) + "Z" : undefined;

  const set = (name: string) => (value: string) => {
    const changed = { ...wanted, [name]: value };
    setWanted(changed);
    ask("events", "", { ...changed, until });
  };
  const jump = (value: string) => {
    setUntil(value);
    ask("events", "", { ...wanted, until: value });
  };

  useEffect(() => {
    let stop: (() => void) | undefined;
    let ended = false;
    setRows(undefined);
    setHeld([]);
    void act.run(async () => {
      const page = await search({ ...query, until: untilUtc }, null, () => !ended);
      if (ended) return;
      setRows(page.events);
      setNext(page.next);
      if (untilUtc) return;
      stop = follow(query, page.log.newest, (events) => setHeld((old) => [...events.reverse(), ...old]), setLine);
    });
    return () => {
      ended = true;
      stop?.();
    };
  }, [key, untilUtc, round]);

  // What has come is shown at once, or when the pause ends.
  useEffect(() => {
    if (paused || held.length === 0 || !rows) return;
    setRows([...held, ...rows].slice(0, MOST));
    setHeld([]);
  }, [held, paused, rows]);

  const older = () => void act.run(async () => {
    const page = await search({ ...query, until: untilUtc }, next, () => true);
    setRows([...(rows ?? []), ...page.events]);
    setNext(page.next);
  });
  const any: [string, string] = ["", "any"];
  return (
    <Page title="Events" tools={<>
      <span class="pulse line"><Verified log={log} /></span>
      <a class="button" href={path("/v1/events", { ...query, until: untilUtc, format: "csv" })} download="events.csv">CSV</a>
      <a class="button" href="/v1/events?format=ndjson" download="events.ndjson"
        title="all events with their checkpoints, for muster events verify">Export that verifies</a>
    </>}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Input label="Holds" type="search" value={wanted["text"] ?? ""} set={set("text")} />
        <Choice label="What happened" value={wanted["type"] ?? ""} set={set("type")}
          of={[any, ...Object.entries(ACTS)]} />
        <Choice label="Refused as" value={wanted["error"] ?? ""} set={set("error")}
          of={[any, ...REFUSALS.map((e): [string, string] => [e, refusalName(e)])]} />
        <Choice label="Evidence" value={wanted["evidence"] ?? ""} set={set("evidence")}
          of={[any, ...EVIDENCE_KINDS.map((k): [string, string] => [k, evidenceName(k)])]} />
        <Choice label="Group" value={wanted["group"] ?? ""} set={set("group")}
          of={[any, ...[...new Set(groups.map((g) => g.group))].map((g): [string, string] => [g, g])]} />
        <Input label="Up to (your time)" type="datetime-local" value={until} set={jump} />
        <div class="field live-field">
          <span>{until ? "Not live" : <><i class={`lamp ${line}`} />{paused ? "paused" : LINE[line]}</>}</span>
          {until ? <button type="button" onClick={() => jump("")}>Back to now</button>
            : line === "broken" ? <button type="button" onClick={() => setRound(round + 1)}>Connect again</button>
            : <button type="button" onClick={() => setPaused(!paused)} aria-pressed={paused}>
                {paused ? `Go on${held.length ? ` (${held.length} new)` : ""}` : "Pause"}
              </button>}
        </div>
      </form>
      {wanted["cmid"] && <p>Of the machine <a href={link("machines", wanted["cmid"])}><code>{wanted["cmid"]}</code></a> only.{" "}
        <button type="button" class="plain" onClick={() => set("cmid")("")}>Show all</button></p>}
      <Trouble refusal={act.refusal} again={() => setRound(round + 1)} />
      {!rows && !act.refusal && <Loading rows={12} />}
      {rows && rows.length === 0 && !next && (
        <Empty title={key === "{}" && !until ? "Nothing has happened yet" : "No event fits"}>
          <p>{key === "{}" && !until ? "Every request and every administrative act appears here, the moment it is stored."
            : "Take a filter away, or look at another time."}</p>
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <Table label="Events, the newest first" head={["Time", "What", "Evidence", "Product", "Address", "Event"]}>
          {rows.map((row) => (
            <tr key={row.place}>
              <td><When at={row.event.time} seconds /></td>
              <td class="grow"><What row={row} /></td>
              <td><EvidenceMark kind={row.event.evidence === "renewal" ? null : row.event.evidence ?? null} /></td>
              <td>{row.event.product ?? String(row.event.detail?.["product"] ?? "")}</td>
              <td>{row.address && <Theirs text={row.address} />}</td>
              <td><code title={row.hash}>{row.place}</code></td>
            </tr>
          ))}
        </Table>
      )}
      {rows && next && (
        <p><button type="button" onClick={older} disabled={act.busy}>Older events</button>{" "}
          <small>{many(rows.length, "event")} shown{rows.length > 0 && `, back to ${from(new Date().toISOString(), rows[rows.length - 1]!.event.time)}`}</small></p>
      )}
    </Page>
  );
}
