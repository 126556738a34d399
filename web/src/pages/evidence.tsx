import { useState } from "preact/hooks";
import { get, path, post, segment } from "../api";
import { useMay } from "../app";
import { poolName } from "../attention";
import { useAct, useCall, useTitle } from "../hooks";
import { ask, link, type Route } from "../router";
import type { Pool, PoolKind } from "../types";
import {
  Choice, Dialog, Empty, EvidenceMark, Input, Loading, MachineLink, Page, Theirs, Told, Trouble, When,
} from "../ui";
import { EVIDENCE_KINDS, evidenceName, many, seen } from "../words";

interface Marking {
  pool: Pool;
  kind: PoolKind;
}

function MarkDialog({ of, close, done }: { of: Marking; close: () => void; done: () => void }) {
  const [note, setNote] = useState("");
  const act = useAct();
  const mark = (event: Event) => {
    event.preventDefault();
    void act.run(async () => {
      await post(`/v1/evidence/${segment(of.pool.pool)}/expected`,
        { evidence: of.kind.evidence, expected: true, ...(note && { note }) });
      done();
    });
  };
  return (
    <Dialog title="Mark as expected" close={close}>
      <form onSubmit={mark}>
        <p>“{evidenceName(of.kind.evidence)}” of <Theirs text={poolName(of.pool)} /> becomes one line here and alerts nobody.
          It is still counted and stays in the log.</p>
        <Input label="Why (for those who come after you)" value={note} set={setNote} maxLength={200} autofocus />
        <Trouble refusal={act.refusal} />
        <div class="buttons">
          <button type="button" onClick={close}>Leave it</button>
          <button type="submit" class="main" disabled={act.busy}>Mark as expected</button>
        </div>
      </form>
    </Dialog>
  );
}

function Kind({ pool, kind, mark, unmark }: {
  pool: Pool;
  kind: PoolKind;
  mark: ((marking: Marking) => void) | undefined;
  unmark: (marking: Marking) => void;
}) {
  if (kind.expected) {
    return (
      <li class="kind expected">
        <p>
          <EvidenceMark kind={kind.evidence} expected /> expected, {many(kind.count, "time")}, newest <When at={kind.newest} />
          {kind.expected.note && <> · <Theirs text={kind.expected.note} /></>}
          <small> marked by <Theirs text={kind.expected.by} />, <When at={kind.expected.since} /></small>
        </p>
        {mark && <button type="button" class="plain" onClick={() => unmark({ pool, kind })}>No longer expected</button>}
      </li>
    );
  }
  return (
    <li class="kind">
      <p><EvidenceMark kind={kind.evidence} /> <strong>{many(kind.count, "time")}</strong>
        {kind.last_30_days !== kind.count && `, ${kind.last_30_days} in the last 30 days`}, newest <When at={kind.newest} /></p>
      <p><Told text={kind.explanation} /></p>
      <p><strong>What to do:</strong> {kind.advice}</p>
      {kind.examples.length > 0 && (
        <p>For example {kind.examples.map((example, i) => (
          <span key={example.event}>{i > 0 && ", "}<MachineLink cmid={example.cmid} name={example.name} /></span>
        ))}</p>
      )}
      {mark && <button type="button" onClick={() => mark({ pool, kind })}>Mark as expected</button>}
    </li>
  );
}

export function Evidence({ route }: { route: Route }) {
  useTitle("Evidence");
  const may = useMay("operator");
  const [kind, setKind] = useState(route.query.get("kind") ?? "");
  const [more, setMore] = useState<{ after: string; pools: Pool[]; next: string | null }>();
  const [marking, setMarking] = useState<Marking>();
  const act = useAct();
  const where = path("/v1/evidence", { evidence: kind, limit: 100 });
  const answer = useCall<{ pools: Pool[]; next: string | null }>(where, 30_000);
  const next = more ? more.next : answer.data?.next ?? null;
  const pools = answer.data && [...answer.data.pools, ...(more?.pools ?? [])];
  const go = () => void act.run(async () => {
    const page = await get<{ pools: Pool[]; next: string | null }>(
      path("/v1/evidence", { evidence: kind, limit: 100, after: next }));
    setMore({ after: where, pools: [...(more?.pools ?? []), ...page.pools], next: page.next });
  });
  const unmark = (of: Marking) => void act.run(async () => {
    await post(`/v1/evidence/${segment(of.pool.pool)}/expected`, { evidence: of.kind.evidence, expected: false });
    answer.again();
  });
  const kinds = EVIDENCE_KINDS.filter((k) => k !== "renewal" && k !== "new");
  return (
    <Page title="Evidence" tools={
      <Choice label="Kind" value={kind} set={(value) => {
        setKind(value);
        ask("evidence", "", { kind: value });
        setMore(undefined);
      }} of={[["", "any"], ...kinds.map((k): [string, string] => [k, evidenceName(k)])]} />}>
      <p class="lead">What requests tell of the machines behind them, by pool: a pattern of names and a network. Evidence never changes the count.</p>
      <Trouble refusal={answer.refusal ?? act.refusal} again={answer.again} />
      {!pools && !answer.refusal && <Loading rows={8} />}
      {pools?.length === 0 && (
        <Empty title={kind ? "None of this kind" : "No evidence"}>
          <p>Clones, reverted snapshots and machines with many identities show here, with what to do about them.
            A fleet of ordinary machines leaves this page empty. The <a href={link("events")}>events</a> hold every request.</p>
        </Empty>
      )}
      <div class="pools">
        {pools?.map((pool) => (
          <section class="card wide" key={pool.pool} aria-label={seen(poolName(pool))}>
            <h2><Theirs text={pool.pattern ?? "nameless machines"} />
              {pool.subnet && <small> in {pool.subnet}</small>} <small>{pool.group}</small></h2>
            <ul class="kinds">
              {pool.kinds.map((each) => (
                <Kind key={each.evidence} pool={pool} kind={each} mark={may ? setMarking : undefined} unmark={unmark} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      {next && <button type="button" onClick={go} disabled={act.busy}>More pools</button>}
      {marking && <MarkDialog of={marking} close={() => setMarking(undefined)} done={() => {
        setMarking(undefined);
        answer.again();
      }} />}
    </Page>
  );
}
