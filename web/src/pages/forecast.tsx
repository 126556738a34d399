import { useState } from "preact/hooks";
import { get, path, segment } from "../api";
import { keyOf } from "../attention";
import { Chart, type Curve } from "../chart";
import { useAct, useCall, useTitle } from "../hooks";
import { ask, link, type Route } from "../router";
import type { DueEntry, Forecast, Group } from "../types";
import { Choice, Empty, Facts, Loading, MachineLink, Page, Table, Trouble, When } from "../ui";
import { from, many, number, seen, span } from "../words";

const stamp = (time: string): number => Date.parse(time) / 1000;

function silentCurve(forecast: Forecast): Curve {
  const points = forecast.if_silent.map((p): [number, number] => [stamp(p.time), p.count]);
  // The last entry leaves and nothing follows: the line goes on at nought for a little.
  const last = points[points.length - 1];
  if (last && last[1] === 0) points.push([last[0] + 86_400, 0]);
  return { name: "if nobody asks", points, look: "main", stepped: true };
}

function aheadCurves(forecast: Forecast): Curve[] {
  const { ahead } = forecast;
  if (ahead.length === 0 || !known(forecast)) return [];
  const of = (pick: (p: (typeof ahead)[number]) => number) =>
    ahead.map((p): [number, number] => [stamp(p.time), pick(p)]);
  return [
    { name: "expected", points: of((p) => p.expected), look: "second" },
    { name: "from here", points: of((p) => p.low), look: "edge" },
    { name: "to here in 8 of 10 cases", points: of((p) => p.high), look: "edge" },
  ];
}

// Machines have come again, so something can be expected of them.
const known = (forecast: Forecast): boolean => forecast.rests_on.returns > 0;

// When it falls if machines go on as they did, in a sentence.
export function expectation(forecast: Forecast) {
  const { expected, earliest, latest, threshold, under } = forecast;
  if (under) return null;
  if (!known(forecast)) return <>No machine has come again yet: what is to be expected shows when they do.</>;
  if (expected === null) return <>As machines have come so far, it does not fall under {number(threshold)} within {span(6 * 60 * forecast.retention_min)}.</>;
  return (
    <>As machines have come so far, it falls under {number(threshold)} about <When at={expected} />
      {earliest && <>, in 8 of 10 cases not before <When at={earliest} /></>}
      {latest && <> and not after <When at={latest} /></>}.</>
  );
}

function restsOn(forecast: Forecast): string {
  const on = forecast.rests_on;
  const whose = on.whole ? many(on.machines, "machine") : `the ${many(on.machines, "machine")} heard last`;
  return `This rests on ${many(on.returns, "return")} of ${whose}, which mostly come every ${span(on.rhythm_min * 60)}; ` +
    `${many(on.departures, "machine")} never came again, and ${number(on.arriving)} new ones come in ${span(forecast.retention_min * 60)}.` +
    (on.silent_min > 0 ? ` Nobody has asked for ${span(on.silent_min * 60)}, longer than usual.` : "");
}

function keepSentence(forecast: Forecast): string {
  const keep = forecast.keep;
  if (keep.missing > 0) return `It takes ${many(keep.missing, "machine")} more to reach ${number(keep.threshold)}. `;
  return `So that the count stays at ${number(keep.threshold)}, ${many(keep.spare, "machine")} may stay away. `;
}

function Due({ forecast, group }: { forecast: Forecast; group: Group }) {
  const [more, setMore] = useState<DueEntry[]>([]);
  const [next, setNext] = useState(forecast.next);
  const act = useAct();
  const go = () => void act.run(async () => {
    const page = await get<Forecast>(path(`/v1/groups/${segment(group.group)}/forecast`,
      { vendor: group.vendor, after: next, limit: 100 }));
    setMore([...more, ...page.due]);
    setNext(page.next);
  });
  const all = [...forecast.due, ...more];
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Who leaves first</h2>
      <p>{keepSentence(forecast)}Each entry of the roll leaves {span(forecast.retention_min * 60)} after its last contact, unless its machine asks again.</p>
      <Table label="The due list" head={["Machine", "Last contact", "Due to renew", "Leaves the roll", "Has to ask before"]}>
        {all.map((entry) => (
          <tr key={entry.cmid ?? entry.machine}>
            <td>{entry.cmid ? <MachineLink cmid={entry.cmid} name={entry.name} /> : <code>{entry.machine}</code>}</td>
            <td><When at={entry.last_seen} /></td>
            <td><When at={entry.due} />{entry.late && <span class="mark mid">late</span>}</td>
            <td><When at={entry.leaves} /> <small>{from(forecast.time, entry.leaves)}</small></td>
            <td>{entry.gone ? "gone" : entry.ask_before ? <When at={entry.ask_before} /> : "may stay away"}</td>
          </tr>
        ))}
      </Table>
      <Trouble refusal={act.refusal} />
      <div class="buttons start">
        {next && <button type="button" onClick={go} disabled={act.busy}>More</button>}
        <a class="button" download="due.csv" href={path(`/v1/groups/${segment(group.group)}/forecast`,
          { vendor: group.vendor, format: "csv" })}>CSV</a>
      </div>
    </section>
  );
}

function Of({ group }: { group: Group }) {
  const where = path(`/v1/groups/${segment(group.group)}/forecast`, { vendor: group.vendor, limit: 100 });
  const answer = useCall<Forecast>(where, 600_000);
  const forecast = answer.data;
  if (!forecast) return <><Trouble refusal={answer.refusal} again={answer.again} /><Loading rows={10} /></>;
  if (forecast.count === 0) {
    return (
      <Empty title="The roll is empty">
        <p>As soon as machines ask, this page says when the count would fall under the threshold, and which machine has to ask by when.</p>
      </Empty>
    );
  }
  const curve = silentCurve(forecast);
  return (
    <>
      <p class="lead">
        {forecast.under || !forecast.falls_under
          ? <>The count is {number(forecast.count)}: under the threshold of {number(forecast.threshold)} now.</>
          : <>The count is {number(forecast.count)}. If nobody asks any more it is under {number(forecast.threshold)} from{" "}
              <When at={forecast.falls_under} /> on, {from(forecast.time, forecast.falls_under)}.</>}{" "}
        {expectation(forecast)}
      </p>
      <Chart curves={[curve, ...aheadCurves(forecast)]} line={{ at: forecast.threshold, name: `threshold, ${forecast.threshold}` }}
        label={`The count if nobody asks any more: ${forecast.count} now${forecast.falls_under
          ? `, under ${forecast.threshold} from ${forecast.falls_under} on` : ""}.`} />
      {known(forecast) && <p class="lead">{restsOn(forecast)}</p>}
      {forecast.products.length > 1 && (
        <Facts of={forecast.products.map((p): [string, preact.ComponentChildren] => [
          `${p.product}, ${number(p.threshold)} needed`,
          p.under || !p.falls_under ? "under now" : <>falls under on <When at={p.falls_under} /></>])} />
      )}
      <Due forecast={forecast} group={group} key={forecast.time} />
    </>
  );
}

export function ForecastPage({ route }: { route: Route }) {
  useTitle("Forecast");
  const answer = useCall<{ groups: Group[] }>("/v1/groups");
  const groups = answer.data?.groups;
  const wanted = keyOf({ vendor: route.query.get("vendor") ?? "", group: route.query.get("group") ?? "" });
  const group = groups?.find((each) => keyOf(each) === wanted) ?? groups?.[0];
  return (
    <Page title="Forecast" tools={groups && groups.length > 1 && group && (
      <Choice label="Group" value={keyOf(group)} of={groups.map((g) => [keyOf(g), `${g.group} (${seen(g.vendor_name)})`])}
        set={(value) => {
          const chosen = groups.find((g) => keyOf(g) === value);
          if (chosen) ask("forecast", "", { group: chosen.group, vendor: chosen.vendor });
        }} />
    )}>
      <Trouble refusal={answer.refusal} again={answer.again} />
      {!groups && !answer.refusal && <Loading rows={10} />}
      {groups && !group && (
        <Empty title="This host serves no product yet">
          <p>The <a href={link("overview")}>overview</a> says how it gets one.</p>
        </Empty>
      )}
      {group && <Of group={group} key={keyOf(group)} />}
    </Page>
  );
}
