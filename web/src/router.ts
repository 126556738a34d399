// Which page is shown stands behind the "#", so that the host serves one document and the address
// can be kept, sent and gone back from.
//   #/machines?name=desk    #/machines/0b6f2c1e-...    #/events
import { useLayoutEffect, useState } from "preact/hooks";

export interface Route {
  page: string;
  id: string;
  query: URLSearchParams;
  turn: number; // goes up where somebody went somewhere, not where a page noted its own question
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function read(hash: string, turn = 0): Route {
  const [where = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = where.split("/");
  return { page: page || "overview", id: decoded(rest.join("/")), query: new URLSearchParams(query), turn };
}

export function link(page: string, id = "", query: Record<string, string> = {}): string {
  const kept = Object.entries(query).filter(([, value]) => value !== "");
  const text = new URLSearchParams(kept).toString();
  return `#/${page}${id && "/" + encodeURIComponent(id)}${text && "?" + text}`;
}

// The same page with another question: the way back leads to the page before, not the letter.
export function ask(page: string, id: string, query: Record<string, string>): void {
  history.replaceState(null, "", link(page, id, query));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute(): Route {
  const [route, set] = useState(() => read(location.hash));
  // Before the page is painted: who goes on at once is heard too.
  useLayoutEffect(() => {
    const changed = (event: HashChangeEvent) =>
      set((old) => read(location.hash, old.turn + (event.isTrusted ? 1 : 0)));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
