import { useState } from "preact/hooks";
import { get, path, post, segment } from "../api";
import { useMay } from "../app";
import { lastFive } from "../attention";
import { useAct, useCall, useTitle } from "../hooks";
import { link, type Route } from "../router";
import type { Key, KeyPlace } from "../types";
import { Dialog, Empty, Facts, Loading, Page, Table, Theirs, Trouble, When } from "../ui";
import { many, number } from "../words";

function standing(key: Key): string {
  if (key.behind) return "behind: sells nothing new until it is reconciled";
  if (key.blocked) return "blocked";
  if (key.remaining === 0) return "all places are sold";
  return "sells";
}

function lasts(key: Key): string {
  if (key.remaining === 0) return "empty";
  if (key.days_until_empty === null) return "nothing sold lately";
  const days = key.days_until_empty < 1 ? "less than a day" : many(key.days_until_empty, "day");
  return `${days} at ${key.sold_per_day.toFixed(1)} a day`;
}

function List() {
  const answer = useCall<{ keys: Key[] }>("/v1/keys", 30_000);
  const keys = answer.data?.keys;
  return (
    <Page title="Keys">
      <Trouble refusal={answer.refusal} again={answer.again} />
      {!keys && !answer.refusal && <Loading />}
      {keys?.length === 0 && (
        <Empty title="No multiple activation key">
          <p>Where counting does not fit, the vendor sells a key with a hard limit of machines. On the host&apos;s machine:</p>
          <pre tabIndex={0}><code>muster host add-mak KEY-FILE --dir DIR</code></pre>
        </Empty>
      )}
      {keys && keys.length > 0 && (
        <Table label="Multiple activation keys" numbers={[2, 3, 4]}
          head={["Key", "Product", "Used", "Limit", "Left", "Lasts", "Stands", "Ends"]}>
          {keys.map((key) => (
            <tr key={key.id}>
              <td><a href={link("keys", key.id)}>…<code>{lastFive(key)}</code></a></td>
              <td>{key.product}</td>
              <td class="num">{number(key.used)}</td>
              <td class="num">{number(key.limit)}</td>
              <td class="num">{number(key.remaining)}</td>
              <td>{lasts(key)}</td>
              <td>{standing(key)}</td>
              <td>{key.expires ? <When at={key.expires} /> : "never"}</td>
            </tr>
          ))}
        </Table>
      )}
    </Page>
  );
}

// A machine that activates by a key is on no roll, and so has no page.
function Holder({ of }: { of: KeyPlace }) {
  if (of.name) return <Theirs text={of.name} />;
  return of.cmid ? <code>{of.cmid}</code> : <span class="none">forgotten</span>;
}

type WithPlaces = Key & { places: KeyPlace[]; next: number | null };

function ReleaseDialog({ place, id, close, done }: {
  place: KeyPlace;
  id: string;
  close: () => void;
  done: () => void;
}) {
  const act = useAct();
  const release = () => void act.run(async () => {
    await post(`/v1/keys/${segment(id)}/release`, { cmid: place.cmid, place: place.place });
    done();
  });
  return (
    <Dialog title={`Release place ${place.place}`} close={close}>
      <p>The place of <Holder of={place} /> becomes free for another machine.
        That machine keeps the activation it holds, and gets no new one by this key unless a place is free.</p>
      <Trouble refusal={act.refusal} />
      <div class="buttons">
        <button type="button" onClick={close}>Leave it</button>
        <button type="button" class="main" onClick={release} disabled={act.busy}>Release</button>
      </div>
    </Dialog>
  );
}

function One({ id }: { id: string }) {
  const may = useMay("operator");
  const answer = useCall<WithPlaces>(`/v1/keys/${segment(id)}`);
  const [more, setMore] = useState<{ places: KeyPlace[]; next: number | null }>();
  const [releasing, setReleasing] = useState<KeyPlace>();
  const act = useAct();
  const key = answer.data;
  const next = more ? more.next : key?.next ?? null;
  const go = () => void act.run(async () => {
    const page = await get<WithPlaces>(path(`/v1/keys/${segment(id)}`, { after: next }));
    setMore({ places: [...(more?.places ?? []), ...page.places], next: page.next });
  });
  const turn = (verb: "block" | "unblock") => void act.run(async () => {
    await post(`/v1/keys/${segment(id)}/${verb}`, {});
    answer.again();
  });
  const places = key && [...key.places, ...(more?.places ?? [])];
  return (
    <Page title={key ? <>Key …{lastFive(key)}</> : "Key"} tools={key && may && (
      <button type="button" disabled={act.busy} onClick={() => turn(key.blocked ? "unblock" : "block")}>
        {key.blocked ? "Unblock" : "Block"}
      </button>
    )}>
      <p><a href={link("keys")}>All keys</a></p>
      <Trouble refusal={answer.refusal ?? act.refusal} again={answer.again} />
      {!key && !answer.refusal && <Loading rows={10} />}
      {key && <>
        <Facts of={[
          ["Product", key.product],
          ["Vendor", <Theirs text={key.vendor_name} />],
          ["Customer", <Theirs text={key.customer} />],
          ["Places", `${number(key.used)} of ${number(key.limit)} used, ${number(key.remaining)} left`],
          ["Lasts", lasts(key)],
          ["Stands", standing(key)],
          ["Ends", key.expires ? <When at={key.expires} /> : "never"],
          ["A machine that comes again", key.reactivation === "free" ? "pays nothing" : "takes a place"],
          ["Release", key.release === "allowed" ? "allowed by the vendor" : "not allowed by the vendor"],
        ]} />
        {places?.length === 0 ? <Empty title="No machine holds a place yet"><p>A machine takes one when it activates by this key.</p></Empty> : (
          <Table label="Places" numbers={[0]} head={["Place", "Machine", "Sold", "Asked last", "Stands", ""]}>
            {places?.map((place) => (
              <tr key={place.place}>
                <td class="num">{place.place}</td>
                <td><Holder of={place} /></td>
                <td><When at={place.sold} /></td>
                <td><When at={place.asked} /></td>
                <td>{place.released ? <>released <When at={place.released} /></> : "held"}</td>
                <td>{may && !place.released && place.cmid && key.release === "allowed" && (
                  <button type="button" onClick={() => setReleasing(place)}>Release<span class="hidden"> place {place.place}</span></button>
                )}</td>
              </tr>
            ))}
          </Table>
        )}
        {next !== null && <button type="button" onClick={go} disabled={act.busy}>More places</button>}
      </>}
      {releasing && <ReleaseDialog place={releasing} id={id} close={() => setReleasing(undefined)} done={() => {
        setReleasing(undefined);
        setMore(undefined);
        answer.again();
      }} />}
    </Page>
  );
}

export function KeysPage({ route }: { route: Route }) {
  useTitle("Keys");
  const may = useMay("operator");
  if (!may) {
    return (
      <Page title="Keys">
        <Empty title="Keys are an operator's">
          <p>Log in with a token of the role operator or admin.</p>
        </Empty>
      </Page>
    );
  }
  return route.id ? <One id={route.id} key={route.id} /> : <List />;
}
