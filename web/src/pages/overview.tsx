import { useEffect, useState } from "preact/hooks";
import { get, path, segment } from "../api";
import { useMay } from "../app";
import { concerns, type Concern, keyOf } from "../attention";
import { useCall, useTitle } from "../hooks";
import { link } from "../router";
import type { Alert, Forecast, Group, Key, Pool, Status } from "../types";
import { Empty, Loading, Page, sentence, Theirs, Told, Trouble, When } from "../ui";
import { from, many, number, percent, seen, span } from "../words";
import { expectation } from "./forecast";

// Undefined until all have been asked for once.
function useForecasts(groups: Group[] | undefined): Map<string, Forecast> | undefined {
  const [all, set] = useState<Map<string, Forecast>>();
  const names = groups?.map(keyOf).join(" ");
  useEffect(() => {
    if (!groups) return;
    let stopped = false;
    const ask = async () => {
      const made = new Map<string, Forecast>();
      for (const group of groups) {
        const where = path(`/v1/groups/${segment(group.group)}/forecast`, { vendor: group.vendor, limit: 1 });
        await get<Forecast>(where).then((f) => made.set(keyOf(group), f), () => undefined);
      }
      if (!stopped) set(made);
    };
    void ask();
    const timer = setInterval(() => {
      if (!document.hidden) void ask();
    }, 60_000);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [names]);
  return all;
}

function Concerns({ of }: { of: Concern[] }) {
  if (of.length === 0) {
    return <p class="calm">Nothing needs attention.</p>;
  }
  return (
    <ul class="concerns">
      {of.map((concern) => (
        <li key={concern.text} class={concern.weight}>
          <strong><Told text={sentence(concern.text)} /></strong>{" "}
          {concern.more && <span>{sentence(concern.more)}</span>}{" "}
          <span>{sentence(concern.todo)}</span>{" "}
          {concern.since && <small>told <When at={concern.since} /></small>}{" "}
          {concern.href && <a href={concern.href} aria-label={seen(`Show: ${concern.text}`)}>Show</a>}
        </li>
      ))}
    </ul>
  );
}

// The count in its room: how far it is filled, and where the threshold stands.
function Gauge({ group }: { group: Group }) {
  const most = Math.max(group.capacity, group.threshold, 1);
  const share = (n: number) => `${Math.min(100, (100 * n) / most)}%`;
  return (
    <div class="gauge" role="img"
      aria-label={`${group.count} on a roll of ${most}; ${group.threshold} are needed`}>
      <div class={group.count < group.threshold ? "filled low" : "filled"} style={{ width: share(group.count) }} />
      <div class="needed" style={{ left: share(group.threshold) }} />
    </div>
  );
}

function fallSentence(forecast: Forecast | undefined, now: string) {
  if (!forecast) return <>&nbsp;</>;
  if (forecast.under || !forecast.falls_under) return <>It is under {number(forecast.threshold)} now.</>;
  return (
    <>If nobody asks, it falls under {number(forecast.threshold)} on{" "}
      <When at={forecast.falls_under} /> ({from(now, forecast.falls_under)}). {expectation(forecast)}</>
  );
}

function GroupCard({ group, forecast, now, showVendor }: {
  group: Group;
  forecast: Forecast | undefined;
  now: string;
  showVendor: boolean;
}) {
  const enough = group.count >= group.threshold;
  return (
    <section class="card" aria-labelledby={`group-${keyOf(group)}`}>
      <h2 id={`group-${keyOf(group)}`}>
        <a href={link("forecast", "", { group: group.group, vendor: group.vendor })}>{group.group}</a>
        {showVendor && <small> <Theirs text={group.vendor_name} /></small>}
      </h2>
      <p class="count">
        <b>{number(group.count)}</b> of {number(group.threshold)} needed
        <span class={group.requests === 0 ? "say" : enough ? "say good" : "say low"}>
          {group.requests === 0 ? "nobody has asked yet" : enough ? "activating" : "not yet activating"}
        </span>
      </p>
      <Gauge group={group} />
      <p>{group.requests === 0 ? "Machines that install the product and ask are counted here."
        : fallSentence(forecast, now)}</p>
      <dl class="figures">
        <div><dt>active machines</dt><dd>{number(group.active_machines)}</dd></div>
        <div><dt>roll holds</dt><dd>{number(group.capacity)}</dd></div>
        <div><dt>forgets after</dt><dd>{span(group.retention_min * 60)}</dd></div>
        <div><dt>requests</dt><dd>{number(group.requests)}</dd></div>
        <div><dt>refused</dt><dd>{number(group.failed)}</dd></div>
        <div><dt>a minute now</dt><dd>{number(group.requests_last_minute)}</dd></div>
      </dl>
      <ul class="products">
        {group.products.map((product) => (
          <li key={product.product}>
            <span><Theirs text={product.name} /> <small>{number(product.threshold)} needed</small></span>
            <span>
              {product.licensed === null ? many(product.active_machines, "machine")
                : `${number(product.active_machines)} of ${number(product.licensed)} paid for`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Overview() {
  useTitle("Overview");
  const status = useCall<Status>("/v1/status", 5_000);
  const forecasts = useForecasts(status.data?.groups);
  const alerts = useCall<{ alerts: Alert[] }>("/v1/alerts", 10_000);
  const pools = useCall<{ pools: Pool[] }>("/v1/evidence?expected=false&limit=50", 60_000);
  const operator = useMay("operator");
  const keys = useCall<{ keys: Key[] }>(operator ? "/v1/keys" : null, 60_000);
  const now = status.data;
  // All at once, so that nothing that comes later pushes away what somebody reads.
  const whole = forecasts && (alerts.data ?? alerts.refusal) && (pools.data ?? pools.refusal) && (!operator || (keys.data ?? keys.refusal));
  if (!now || !whole) {
    return <Page title="Overview"><Trouble refusal={status.refusal} />{!status.refusal && <Loading rows={8} />}</Page>;
  }
  const vendors = new Set(now.groups.map((group) => group.vendor)).size;
  return (
    <Page title="Overview" tools={<span class="pulse">
      {number(now.requests_last_minute)} requests in the last minute
      {" · "}{percent(now.disk_free)} of the disk free · log at {number(now.log.seq)}
    </span>}>
      <Trouble refusal={status.refusal ?? alerts.refusal} />
      {now.groups.length === 0 ? (
        <Empty title="This host serves no product yet">
          <p>A vendor makes a host key from this host&apos;s request file. Then, on the host&apos;s machine:</p>
          <pre tabIndex={0}><code>muster host install-key --dir DIR host.keys</code></pre>
        </Empty>
      ) : (
        <>
          <section aria-labelledby="attention">
            <h2 id="attention" class="hidden">What needs attention</h2>
            <Concerns of={concerns({
              status: now, alerts: alerts.data?.alerts ?? [], forecasts, pools: pools.data?.pools ?? [], keys: operator ? keys.data?.keys ?? [] : null,
            })} />
          </section>
          <div class="cards">
            {now.groups.map((group) => (
              <GroupCard key={keyOf(group)} group={group} forecast={forecasts.get(keyOf(group))}
                now={now.time} showVendor={vendors > 1} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}
