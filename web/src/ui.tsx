// The parts that pages are made of. What a client wrote reaches the page as text nodes only.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Refusal } from "./api";
import { link } from "./router";
import { evidenceName, local, localSeconds, LOUD, partsSeen, QUIET, seen, utc } from "./words";

export function When({ at, seconds }: { at: string | null; seconds?: boolean }) {
  if (at === null) return <span class="none">never</span>;
  return (
    <time dateTime={at} title={utc(at)}>
      {seconds ? localSeconds(at) : local(at)}
    </time>
  );
}

function Parts({ of }: { of: string }) {
  return <>{partsSeen(of).map((part, i) => (i % 2 === 1
    ? <span class="unseen" key={i} title="a character that is not seen">{part}</span> : part))}</>;
}

const LONG = 24; // letters; what may be cut off in a table

// A text by somebody else: its direction stays its own, and all of it is seen.
export function Theirs({ text }: { text: string }) {
  return <bdi class="theirs" title={text.length > LONG ? seen(text) : undefined}><Parts of={text} /></bdi>;
}

// How much larger letters are than the style sheet's usual 15 px.
export const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;

// A sentence of the host's, with its times in the viewer's zone.
export function Told({ text }: { text: string }) {
  return <bdi class="theirs">{text.split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)/).map((part, i) =>
    i % 2 === 1 ? <When key={i} at={part} /> : <Parts key={i} of={part} />)}</bdi>;
}

export function MachineLink({ cmid, name }: { cmid: string; name: string | null }) {
  return (
    <a href={link("machines", cmid)} class="machine">
      {name ? <Theirs text={name} /> : <code>{cmid}</code>}
    </a>
  );
}

export function EvidenceMark({ kind, expected }: { kind: string | null; expected?: boolean }) {
  if (!kind) return null;
  const loudness = expected ? "quiet" : LOUD.has(kind) ? "loud" : QUIET.has(kind) ? "quiet" : "mid";
  return <span class={`mark ${loudness}`}>{evidenceName(kind)}</span>;
}

export function Trouble({ refusal, again }: { refusal: Refusal | undefined; again?: () => void }) {
  if (!refusal) return null;
  return (
    <div class="notice trouble" role="alert">
      <p>
        <strong>{sentence(refusal.message)}</strong> {refusal.detail && <Told text={sentence(refusal.detail)} />}
      </p>
      {refusal.hint && <p>What to do: {refusal.hint}.</p>}
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

// With a capital, and an end.
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

// Keeps the place of what is on its way, so that nothing jumps.
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div class="loading" role="status" aria-label="loading">
      {Array.from({ length: rows }, (_, i) => (
        <div class="bone" key={i} />
      ))}
    </div>
  );
}

export function Page({ title, tools, children }: {
  title: ComponentChildren;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Who comes by keyboard or listens begins at the page's title.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <header class="page-head">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {tools && <div class="tools">{tools}</div>}
      </header>
      {children}
    </>
  );
}

export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// A table that scrolls by itself where it is wider than the page.
export function Table({ label, head, children, numbers = [] }: {
  label: string;
  head: string[];
  children: ComponentChildren;
  numbers?: number[]; // the columns that hold numbers
}) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th scope="col" key={i} class={numbers.includes(i) ? "num" : undefined}>
                {name || <span class="hidden">acts</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Dialog({ title, close, children }: {
  title: string;
  close: () => void;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Who came by keyboard goes on where the dialog was opened.
  useEffect(() => {
    const before = document.activeElement;
    const it = dialog.current;
    it?.showModal();
    return () => {
      it?.close(); // an open one keeps the keyboard from all that is below
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.querySelector("h1")?.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

type InputProps = Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "label" | "onInput"> & {
  label: string;
  set: (value: string) => void;
};
export function Input({ label, set, ...rest }: InputProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input {...rest} onInput={(e) => set(e.currentTarget.value)} />
    </label>
  );
}

export function Choice({ label, value, set, of }: {
  label: string;
  value: string;
  set: (value: string) => void;
  of: [string, string][]; // value, name
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(e) => set(e.currentTarget.value)}>
        {of.map(([each, name]) => (
          <option value={each} key={each}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
