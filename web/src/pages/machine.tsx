import { useEffect, useState } from "preact/hooks";
import { get, path, segment } from "../api";
import { useAct, useCall, useTitle } from "../hooks";
import { link } from "../router";
import type { HistoryItem, OtherMachine, Story } from "../types";
import { Empty, EvidenceMark, Facts, Loading, MachineLink, Page, Table, Theirs, Told, Trouble, When } from "../ui";
import { many, span, stateName } from "../words";

function Others({ title, of, why }: { title: string; of: OtherMachine[]; why: string }) {
  if (of.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <p>{why}</p>
      <Table label={title} head={["Name", "First contact", "Last contact", "Evidence"]}>
        {of.map((other) => (
          <tr key={other.cmid}>
            <td><MachineLink cmid={other.cmid} name={other.name} /></td>
            <td><When at={other.first_seen} /></td>
            <td><When at={other.last_seen} /></td>
            <td class="grow"><EvidenceMark kind={other.evidence} /> <Told text={other.explanation ?? ""} /></td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function History({ of }: { of: HistoryItem[] }) {
  return (
    <Table label="Requests" head={["Time", "Product", "Answer", "Evidence", "State before", "Event"]}>
      {of.map((item) => (
        <tr key={item.place}>
          <td><When at={item.time} seconds /></td>
          <td>{item.product}</td>
          <td class="grow">
            {item.activated ? "activated" : item.error_title ?? "refused"}
            {item.count !== null && <small> {item.count} of {item.threshold}</small>}
          </td>
          <td><EvidenceMark kind={item.evidence} /></td>
          <td>{stateName(item.state.name)}{item.minutes_left > 0 && <small> {span(item.minutes_left * 60)} left</small>}</td>
          <td><code>{item.place}</code></td>
        </tr>
      ))}
    </Table>
  );
}

function One({ machine }: { machine: Story }) {
  const [older, setOlder] = useState<HistoryItem[]>([]);
  const [next, setNext] = useState(machine.next);
  const act = useAct();
  useEffect(() => {
    setOlder([]);
    setNext(machine.next);
  }, [machine]);
  const more = () => void act.run(async () => {
    const where = path(`/v1/clients/${segment(machine.cmid)}`,
      { vendor: machine.vendor, group: machine.group, before: next, limit: 100 });
    const page = (await get<{ machines: Story[] }>(where)).machines[0];
    setOlder([...older, ...(page?.history ?? [])]);
    setNext(page?.next ?? null);
  });
  const evidence = machine.evidence_seen.filter((e) => e.evidence !== "renewal" && e.evidence !== "new");
  return (
    <section class="card wide">
      <h2>Group {machine.group}</h2>
      <Facts of={[
        ["State", stateName(machine.state.name)],
        ["First contact", <When at={machine.first_seen} />],
        ["Last contact", <When at={machine.last_seen} />],
        ["Counted requests", String(machine.requests)],
        ["Address", machine.address ? <Theirs text={machine.address} /> : <span class="none">forgotten</span>],
        ["Virtual", machine.virtual === null ? "not said" : machine.virtual ? "yes" : "no"],
        ...machine.products.map((p): [string, preact.ComponentChildren] => [p.product,
          p.valid_until ? <>activated until <When at={p.valid_until} /></> : "not activated"]),
      ]} />
      {evidence.length > 0 && (
        <ul class="evidence">
          {evidence.map((e) => (
            <li key={e.evidence}><EvidenceMark kind={e.evidence} /> <Told text={e.explanation} /></li>
          ))}
        </ul>
      )}
      {machine.story.length > 0 && (
        <section>
          <h3>Its story</h3>
          <ol class="story">
            {machine.story.map((line, i) => (
              <li key={i}><When at={line.time} /> <Told text={line.text} /></li>
            ))}
          </ol>
        </section>
      )}
      <Others title="Same machine, other CMIDs" of={machine.same_fact}
        why="These have the same primary fact: the same machine under another identity." />
      <Others title="Other machines that have shown this CMID" of={machine.same_cmid_machines}
        why="Two machines with one identity count once. Give the copy an identity of its own: muster generalize in the image, or muster rearm on it." />
      {machine.same_cmid.length > 0 && machine.same_cmid_machines.length === 0 && (
        <p>{many(machine.same_cmid.length, "other machine")} showed this CMID, and no other one.</p>
      )}
      <section>
        <h3>Requests, the newest first</h3>
        <History of={[...machine.history, ...older]} />
        <Trouble refusal={act.refusal} />
        {next && <button type="button" onClick={more} disabled={act.busy}>Older requests</button>}
      </section>
    </section>
  );
}

export function MachinePage({ cmid }: { cmid: string }) {
  const answer = useCall<{ machines: Story[] }>(path(`/v1/clients/${segment(cmid)}`, { limit: 50 }));
  const machines = answer.data?.machines;
  const name = machines?.[0]?.name ?? null;
  useTitle(name ?? "Machine");
  return (
    <Page title={name ? <Theirs text={name} /> : "Machine"} tools={
      <button type="button" onClick={answer.again} disabled={answer.busy}>Refresh</button>}>
      <p><a href={link("machines")}>All machines</a> · CMID <code>{cmid}</code></p>
      {answer.refusal?.status === 404 ? (
        <Empty title="This host knows no such machine">
          <p>It may have been silent for so long that it left the list, or it asks another host.</p>
        </Empty>
      ) : <Trouble refusal={answer.refusal} again={answer.again} />}
      {!machines && !answer.refusal && <Loading rows={10} />}
      {machines?.map((machine) => <One machine={machine} key={`${machine.vendor}/${machine.group}`} />)}
    </Page>
  );
}
