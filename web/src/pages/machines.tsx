import { useState } from "preact/hooks";
import { get, path } from "../api";
import { useCall, useSettled, useTitle } from "../hooks";
import { PagedList } from "../paged";
import { ask, type Route } from "../router";
import { type Column, Rows, usePaged } from "../rows";
import type { Group, Machine } from "../types";
import { Choice, Empty, EvidenceMark, Input, MachineLink, Page, Theirs, When } from "../ui";
import { beginOfDay, EVIDENCE_KINDS, evidenceName, many, STATE_NAMES, stateName } from "../words";

const PAGE = 250;

const COLUMNS: Column<Machine>[] = [
  { name: "Name", kind: "wide", cell: (m) => <MachineLink cmid={m.cmid} name={m.name} /> },
  { name: "Last contact", kind: "time", cell: (m) => <When at={m.last_seen} /> },
  { name: "State", kind: "word from-s", cell: (m) => stateName(m.state.name) },
  { name: "Evidence", kind: "word from-s", cell: (m) => <EvidenceMark kind={m.evidence} /> },
  { name: "Products", kind: "word from-m", cell: (m) => m.products.map((p) => p.product).join(", ") },
  { name: "Group", kind: "word from-l", cell: (m) => m.group },
  { name: "Address", kind: "address from-m", cell: (m) => (m.address ? <Theirs text={m.address} /> : "") },
  { name: "First contact", kind: "time from-l", cell: (m) => <When at={m.first_seen} /> },
  { name: "CMID", kind: "id from-xl", cell: (m) => <code>{m.cmid}</code> },
];

const FILTERS = ["name", "text", "group", "vendor", "product", "state", "evidence", "silent_since", "sort"];

export function Machines({ route }: { route: Route }) {
  useTitle("Machines");
  const [wanted, setWanted] = useState<Record<string, string>>(() =>
    Object.fromEntries(FILTERS.map((name) => [name, route.query.get(name) ?? ""])));
  const settled = useSettled(wanted);
  const groups = useCall<{ groups: Group[] }>("/v1/groups").data?.groups ?? [];
  const set = (name: string) => (value: string) => {
    const next = { ...wanted, [name]: value };
    // Only the order of names finds the beginning of one without looking at all machines.
    if (name === "name" && value && !next["sort"]?.endsWith("name")) next["sort"] = "name";
    setWanted(next);
    ask("machines", "", next);
  };
  const query: Record<string, string> = { ...settled };
  query["sort"] ||= "-last_seen";
  if (query["silent_since"]) query["silent_since"] = beginOfDay(query["silent_since"]);
  const [round, setRound] = useState(0);
  const list = usePaged<Machine>((changed) => new PagedList(async (after) => {
    const page = await get<{ clients: Machine[]; next: string | null }>(
      path("/v1/clients", { ...query, after, limit: PAGE }));
    return { items: page.clients, next: page.next };
  }, changed), JSON.stringify([query, round]));
  const filtered = Object.entries(settled).some(([name, value]) => name !== "sort" && value !== "");
  const products = [...new Set(groups.flatMap((g) => g.products.map((p) => p.product)))];
  const any: [string, string] = ["", "any"];
  const shown = `${many(list.length, "machine")}${list.whole ? "" : " and more"}`;
  return (
    <Page title="Machines" tools={<>
      <span class="pulse" role="status">{list.length || list.whole ? shown : "\u00a0"}</span>
      <button type="button" onClick={() => setRound(round + 1)}>Refresh</button>
      <a class="button" href={path("/v1/clients", { ...query, format: "csv" })} download="machines.csv">CSV</a>
    </>}>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Input label="Name begins with" type="search" value={wanted["name"] ?? ""} set={set("name")} />
        <Input label="Holds" type="search" placeholder="name, address, CMID" value={wanted["text"] ?? ""} set={set("text")} />
        <Choice label="Sort by" value={query["sort"] ?? ""} set={set("sort")} of={[
          ["-last_seen", "newest contact, by day"], ["last_seen", "oldest contact, by day"],
          ["name", "name"], ["-name", "name, backwards"], ["cmid", "CMID"]]} />
        <Choice label="Group" value={wanted["group"] ?? ""} set={set("group")}
          of={[any, ...[...new Set(groups.map((g) => g.group))].map((g): [string, string] => [g, g])]} />
        <Choice label="Product" value={wanted["product"] ?? ""} set={set("product")}
          of={[any, ...products.map((p): [string, string] => [p, p])]} />
        <Choice label="State" value={wanted["state"] ?? ""} set={set("state")}
          of={[any, ...STATE_NAMES.map((s): [string, string] => [s, stateName(s)])]} />
        <Choice label="Evidence" value={wanted["evidence"] ?? ""} set={set("evidence")}
          of={[any, ...EVIDENCE_KINDS.map((k): [string, string] => [k, evidenceName(k)])]} />
        <Input label="Silent since" type="date" value={wanted["silent_since"] ?? ""} set={set("silent_since")} />
      </form>
      <Rows list={list} columns={COLUMNS} label="Machines" empty={filtered ? (
        <Empty title="No machine fits">
          <p>Names are compared from their beginning; “holds” looks inside them, and at addresses and CMIDs.</p>
          <button type="button" onClick={() => {
            const none = Object.fromEntries(FILTERS.map((name) => [name, ""]));
            setWanted(none);
            ask("machines", "", none);
          }}>Show all machines</button>
        </Empty>
      ) : (
        <Empty title="No machine has asked yet">
          <p>On a machine, install the product and name this host:</p>
          <pre tabIndex={0}><code>{"muster install PRODUCT-FILE\nmuster set-host http://THIS-HOST:8688"}</code></pre>
          <p>Its agent asks by itself, and the machine appears here.</p>
        </Empty>
      )} />
    </Page>
  );
}
