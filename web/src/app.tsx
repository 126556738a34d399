import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { get, onLoggedOut, Refusal, remove } from "./api";
import { useCall } from "./hooks";
import { Evidence } from "./pages/evidence";
import { Events } from "./pages/events";
import { ForecastPage } from "./pages/forecast";
import { KeysPage } from "./pages/keys";
import { LogIn } from "./pages/login";
import { MachinePage } from "./pages/machine";
import { Machines } from "./pages/machines";
import { Overview } from "./pages/overview";
import { ReportPage } from "./pages/report";
import { Settings } from "./pages/settings";
import { link, type Route, useRoute } from "./router";
import { applyTheme, type Theme, theme } from "./theme";
import type { Key, Role, Session } from "./types";
import { Empty, Page, Theirs } from "./ui";

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
const Who = createContext<Session | null>(null);

// May whoever is logged in do what needs `role`?
export function useMay(role: Role): boolean {
  const who = useContext(Who);
  return who !== null && RANK[who.role] >= RANK[role];
}
export const useWho = (): Session | null => useContext(Who);

const PAGES: [string, string][] = [
  ["overview", "Overview"],
  ["machines", "Machines"],
  ["events", "Events"],
  ["forecast", "Forecast"],
  ["evidence", "Evidence"],
  ["keys", "Keys"],
  ["report", "Report"],
  ["settings", "Settings"],
];

function Content({ route }: { route: Route }) {
  switch (route.page) {
    case "overview": return <Overview />;
    case "machines": return route.id ? <MachinePage cmid={route.id} key={route.id} /> : <Machines route={route} />;
    case "events": return <Events route={route} />;
    case "forecast": return <ForecastPage route={route} />;
    case "evidence": return <Evidence route={route} />;
    case "keys": return <KeysPage route={route} />;
    case "report": return <ReportPage route={route} />;
    case "settings": return <Settings />;
    default:
      return (
        <Page title="Not here">
          <Empty title="There is no such page">
            <p>The <a href={link("overview")}>overview</a> leads everywhere.</p>
          </Empty>
        </Page>
      );
  }
}

function ThemeSwitch() {
  const [now, set] = useState<Theme>(theme);
  return (
    <label class="theme">
      <span class="hidden">Colours</span>
      <select value={now} onChange={(e) => {
        const chosen = e.currentTarget.value as Theme;
        applyTheme(chosen);
        set(chosen);
      }}>
        <option value="system">auto</option>
        <option value="light">light</option>
        <option value="dark">dark</option>
      </select>
    </label>
  );
}

function Shell({ who, leave }: { who: Session; leave: () => void }) {
  const route = useRoute();
  const operator = RANK[who.role] >= RANK.operator;
  const keys = useCall<{ keys: Key[] }>(operator ? "/v1/keys" : null, 60_000);
  const known = !operator || keys.data !== undefined || keys.refusal !== undefined;
  const some = (keys.data?.keys.length ?? 0) > 0 || route.page === "keys";
  if (!known) return null; // what stands in the menu does not move
  return (
    <Who.Provider value={who}>
      <a class="skip" href="#content" onClick={(e) => {
        e.preventDefault();
        document.getElementById("content")?.focus();
      }}>To the content</a>
      <div class="shell">
        <header class="bar">
          <a class="brand" href={link("overview")}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <rect width="16" height="16" rx="3" />
              <path d="M4 12V9m2.7 3V7m2.6 5V5M12 12V3.5" />
            </svg>
            Muster
          </a>
          <nav aria-label="Pages">
            {PAGES.filter(([page]) => page !== "keys" || some).map(([page, name]) => (
              <a key={page} href={link(page)} aria-current={route.page === page ? "page" : undefined}>{name}</a>
            ))}
          </nav>
          <div class="bar-end">
            <span class="who"><Theirs text={who.name ?? "owner"} /><small>{who.role}</small></span>
            <ThemeSwitch />
            <button type="button" class="plain" onClick={leave}>Log out</button>
          </div>
        </header>
        <main id="content" tabIndex={-1}>
          <Content route={route} key={`${route.page} ${route.turn}`} />
        </main>
      </div>
    </Who.Provider>
  );
}

export function App() {
  const [who, setWho] = useState<Session | null | undefined>();
  const [why, setWhy] = useState("");
  useEffect(() => {
    onLoggedOut((reason) => {
      setWhy(reason);
      setWho(null);
    });
    get<Session>("/v1/session").then(setWho, (error: unknown) => {
      if (error instanceof Refusal && error.status !== 401) setWhy(error.message);
      setWho(null);
    });
  }, []);
  if (who === undefined) return null;
  if (who === null) {
    return <LogIn why={why} done={(session) => {
      setWhy("");
      setWho(session);
    }} />;
  }
  return <Shell who={who} leave={() => {
    void remove("/v1/session").finally(() => {
      setWhy("");
      setWho(null);
    });
  }} />;
}
