import { useState } from "preact/hooks";
import { path } from "../api";
import { useCall, useTitle } from "../hooks";
import { ask, type Route } from "../router";
import type { Report } from "../types";
import { Empty, Input, Loading, Page, Table, Theirs, Trouble, When } from "../ui";
import { number, seen } from "../words";

export function ReportPage({ route }: { route: Route }) {
  useTitle("Report");
  const [span, setSpan] = useState({ from: route.query.get("from") ?? "", to: route.query.get("to") ?? "" });
  const set = (name: "from" | "to") => (value: string) => {
    const next = { ...span, [name]: value };
    setSpan(next);
    ask("report", "", next);
  };
  const answer = useCall<Report>(path("/v1/report", span));
  const report = answer.data;
  return (
    <Page title="Report" tools={<>
      <Input label="From" type="month" value={span.from || report?.from || ""} set={set("from")} />
      <Input label="To" type="month" value={span.to || report?.to || ""} set={set("to")} />
      <button type="button" onClick={() => print()}>Print</button>
      <a class="button" href={path("/v1/report", { ...span, format: "csv" })} download="report.csv">CSV</a>
      <a class="button" href={path("/v1/report", { ...span, format: "jws" })} download="report.jws"
        title="signed by the host's key; muster report verify checks it">Signed</a>
    </>}>
      <Trouble refusal={answer.refusal} again={answer.again} />
      {!report && !answer.refusal && <Loading rows={12} />}
      {report && <>
        <p class="lead">
          Distinct machines by product and month (UTC), {report.from} to {report.to}. Host <code class="long">{report.host}</code>,
          {" "}made <When at={report.time} />{report.up_to && <>, with all events up to <code>{report.up_to}</code></>}.
        </p>
        {report.products.length === 0 && (
          <Empty title="Nothing to report"><p>As soon as this host serves a product and machines ask for it, they are counted here.</p></Empty>
        )}
        {report.products.map((product) => (
          <section class="card wide report" key={`${product.vendor_name}/${product.product}`}>
            <h2><Theirs text={product.name} /> <small><Theirs text={product.vendor_name} /> · <Theirs text={product.customer} /> · {product.group}</small></h2>
            <p>{product.licensed === null ? "No limit was agreed." : `Paid for: ${number(product.licensed)} active machines.`}</p>
            <Table label={seen(product.name)} numbers={[1, 2, 3]}
              head={["Month", "Machines", "By primary fact", "Most at one moment", "When", ""]}>
              {product.months.map((month) => (
                <tr key={month.month} class={month.over ? "over" : undefined}>
                  <td>{month.month}</td>
                  <td class="num">{number(month.machines)}</td>
                  <td class="num">{number(month.by_fact)}</td>
                  <td class="num">{month.peak === null ? "" : number(month.peak)}</td>
                  <td>{month.peak_at && <When at={month.peak_at} />}</td>
                  <td>{month.over && product.licensed !== null && month.peak !== null
                    && <strong>{number(month.peak - product.licensed)} over</strong>}</td>
                </tr>
              ))}
            </Table>
          </section>
        ))}
      </>}
    </Page>
  );
}
