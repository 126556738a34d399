// Calls of the interface, as docs/openapi.yaml describes them, by the session's cookie.

// An answer that is a problem document, or none at all.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly detail: string,
    readonly hint: string,
  ) {
    super(title);
  }
}

export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(0, "internal", String(error), "", "reload the page");
}

type Query = Record<string, string | number | null | undefined>;

export function path(base: string, query: Query = {}): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") fields.set(name, String(value));
  }
  const text = fields.toString();
  return text ? `${base}?${text}` : base;
}

// A segment of a path that somebody else wrote.
export const segment = encodeURIComponent;

let whenLoggedOut: (why: string) => void = () => undefined;
// Called where the session has ended, whichever call found it out.
export function onLoggedOut(act: (why: string) => void): void {
  whenLoggedOut = act;
}

async function refusalOf(answer: Response): Promise<Refusal> {
  try {
    const said = (await answer.json()) as Partial<Record<string, string>>;
    const title = said.title ?? answer.statusText;
    return new Refusal(answer.status, said.code ?? "", title, said.detail ?? "", said.hint ?? "");
  } catch {
    return new Refusal(answer.status, "", `the host answered ${answer.status}`, "", "");
  }
}

async function send<T>(method: string, where: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(where, init);
  } catch {
    throw new Refusal(0, "no_answer", "the host does not answer", "", "the page asks again by itself");
  }
  if (!answer.ok) {
    const refusal = await refusalOf(answer);
    if (answer.status === 401 && where !== "/v1/session") {
      whenLoggedOut(refusal.detail || refusal.message);
    }
    throw refusal;
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const get = <T>(where: string): Promise<T> => send<T>("GET", where);
export const post = <T>(where: string, body: unknown): Promise<T> => send<T>("POST", where, body);
export const remove = (where: string): Promise<void> => send<void>("DELETE", where);
