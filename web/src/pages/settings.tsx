import { useState } from "preact/hooks";
import { post, remove, segment } from "../api";
import { useMay, useWho } from "../app";
import { useAct, useCall, useTitle } from "../hooks";
import type { Role, Status, Token } from "../types";
import { Choice, Dialog, Facts, Input, Loading, Page, Table, Theirs, Trouble, When } from "../ui";
import { number, seen, span } from "../words";

function Made({ token, close }: { token: Token & { token: string }; close: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog title={`Token “${seen(token.name)}”`} close={close}>
      <p>It is shown this once and kept nowhere.</p>
      <pre tabIndex={0} class="secret"><code>{token.token}</code></pre>
      <div class="buttons">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(token.token).then(() => setCopied(true))}>
          {copied ? "Copied" : "Copy"}
        </button>
        <button type="button" class="main" onClick={close}>Done</button>
      </div>
    </Dialog>
  );
}

function Make({ made }: { made: (token: Token & { token: string }) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const [lasts, setLasts] = useState("90d");
  const act = useAct();
  const make = (event: Event) => {
    event.preventDefault();
    void act.run(async () => {
      made(await post("/v1/tokens", { name, role, ...(lasts && { expires_in: lasts }) }));
      setName("");
    });
  };
  return (
    <form class="filters" onSubmit={make}>
      <Input label="Name" value={name} set={setName} required maxLength={64} />
      <Choice label="Role" value={role} set={setRole} of={(["viewer", "operator", "admin"] as Role[]).map((r) => [r, r])} />
      <Choice label="Good for" value={lasts} set={setLasts} of={[
        ["30d", "30 days"], ["90d", "90 days"], ["1y", "a year"], ["", "until it is revoked"]]} />
      <div class="field"><span>&nbsp;</span>
        <button type="submit" class="main" disabled={act.busy || name.trim() === ""}>Make a token</button></div>
      <Trouble refusal={act.refusal} />
    </form>
  );
}

function Revoke({ token, close, done }: { token: Token; close: () => void; done: () => void }) {
  const act = useAct();
  const own = useWho()?.token === token.id;
  return (
    <Dialog title={`Revoke “${seen(token.name)}”`} close={close}>
      <p>Whoever uses it is refused from now on{own && ". It is the token you are logged in with: this page logs you out"}.</p>
      <Trouble refusal={act.refusal} />
      <div class="buttons">
        <button type="button" onClick={close}>Leave it</button>
        <button type="button" class="main" disabled={act.busy} onClick={() => void act.run(async () => {
          await remove(`/v1/tokens/${segment(token.id)}`);
          done();
        })}>Revoke</button>
      </div>
    </Dialog>
  );
}

function Tokens() {
  const answer = useCall<{ time: string; tokens: Token[] }>("/v1/tokens");
  const [made, setMade] = useState<Token & { token: string }>();
  const [revoking, setRevoking] = useState<Token>();
  const now = answer.data?.time ?? "";
  return (
    <section>
      <h2>Tokens</h2>
      <Make made={(token) => {
        setMade(token);
        answer.again();
      }} />
      <Trouble refusal={answer.refusal} again={answer.again} />
      {!answer.data && !answer.refusal && <Loading rows={3} />}
      {answer.data && (
        <Table label="Tokens" head={["Name", "Role", "Made", "Last used", "Ends", "Id", ""]}>
          {answer.data.tokens.map((token) => (
            <tr key={token.id} class={token.expires && token.expires <= now ? "past" : undefined}>
              <td><Theirs text={token.name} /></td>
              <td>{token.role}</td>
              <td><When at={token.created} /></td>
              <td><When at={token.last_used} /></td>
              <td>{token.expires ? <><When at={token.expires} />{token.expires <= now && <small> expired</small>}</> : "when revoked"}</td>
              <td><code>{token.id}</code></td>
              <td><button type="button" onClick={() => setRevoking(token)}>Revoke<span class="hidden"> {seen(token.name)}</span></button></td>
            </tr>
          ))}
        </Table>
      )}
      {made && <Made token={made} close={() => setMade(undefined)} />}
      {revoking && <Revoke token={revoking} close={() => setRevoking(undefined)} done={() => {
        setRevoking(undefined);
        answer.again();
      }} />}
    </section>
  );
}

export function Settings() {
  useTitle("Settings");
  const status = useCall<Status>("/v1/status");
  const admin = useMay("admin");
  const who = useWho();
  if (!status.data) {
    return (
      <Page title="Settings">
        <Trouble refusal={status.refusal} again={status.again} />
        {!status.refusal && <Loading rows={10} />}
      </Page>
    );
  }
  const { version, host, time, ready, not_ready, log, groups } = status.data;
  return (
    <Page title="Settings">
      <Trouble refusal={status.refusal} again={status.again} />
      <section>
        <h2>Host</h2>
        <Facts of={[
          ["Version", version],
          ["Host key", <code class="long">{host}</code>],
          ["Its time", <When at={time} seconds />],
          ["Ready", ready ? "yes" : not_ready?.title ?? "no"],
          ["Log", `epoch ${log.epoch}, ${number(log.seq)} events, signed up to ${number(log.checkpoint_seq)}`],
          ["Made of", <a href="/licences.txt" target="_blank" rel="noreferrer">Preact and uPlot, their licences</a>],
          ["You", <><Theirs text={who?.name ?? "the owner"} />, {who?.role}{who?.expires && <>, until <When at={who.expires} /></>}</>],
        ]} />
      </section>
      <section>
        <h2>Products and policies</h2>
        {groups.length === 0 && <p>No host key is installed. <code>muster host install-key</code> installs the vendor&apos;s.</p>}
        {groups.length > 0 && (
          <Table label="Products" numbers={[3, 5]}
            head={["Product", "Vendor", "Group", "Threshold", "Forgets after", "Paid for", "Counts by", "Customer", "Host key ends"]}>
            {groups.flatMap((group) => group.products.map((product) => (
              <tr key={`${group.vendor}/${product.product}`}>
                <td><Theirs text={product.name} /> <small>{product.product}</small></td>
                <td><Theirs text={group.vendor_name} /></td>
                <td>{group.group}</td>
                <td class="num">{number(product.threshold)}</td>
                <td>{span(group.retention_min * 60)}</td>
                <td class="num">{product.licensed === null ? "no limit" : number(product.licensed)}</td>
                <td>{group.count_by === "cmid" ? "CMID" : "machine"}</td>
                <td><Theirs text={product.customer} /></td>
                <td><When at={product.expires} />{!product.valid && <span class="mark loud">not valid</span>}</td>
              </tr>
            )))}
          </Table>
        )}
      </section>
      {admin ? <Tokens /> : <section><h2>Tokens</h2><p>Tokens are made and revoked with the role admin.</p></section>}
    </Page>
  );
}
