// Times and numbers as a person reads them. Pure.

// What is not seen, or leads a reader astray: controls, marks that turn the direction of writing,
// letters of no width, blanks that are none of the usual.
const UNSEEN = /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs})/u;
const codeOf = (letter: string): string =>
  `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

// `text` in parts: at odd places the name of a letter that is not seen ("U+202E"), at even ones text
// of letters that are.
export const partsSeen = (text: string): string[] =>
  text.split(UNSEEN).map((part, i) => (i % 2 === 1 ? codeOf(part) : part));
// The same as one text, where there can be no elements: titles and labels.
export const seen = (text: string): string =>
  partsSeen(text).map((part, i) => (i % 2 === 1 ? `[${part}]` : part)).join("");

const pad = (n: number): string => String(n).padStart(2, "0");

// "2026-01-05 08:00", in the viewer's zone.
export function local(time: string): string {
  const t = new Date(time);
  const day = `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())}`;
  return `${day} ${pad(t.getHours())}:${pad(t.getMinutes())}`;
}
export const localSeconds = (time: string): string =>
  `${local(time)}:${pad(new Date(time).getSeconds())}`;
export const localDay = (time: string): string => local(time).slice(0, 10);
export const utc = (time: string): string => `${time.replace("T", " ").replace("Z", "")} UTC`;

// When the day "2026-01-05" begins where the viewer is, as the host reads a time; empty where that is
// no day.
export function beginOfDay(day: string): string {
  const begin = new Date(`${day}T00:00:00`);
  return isNaN(begin.getTime()) ? "" : `${begin.toISOString().slice(0, 19)}Z`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const many = (n: number, one: string, more = `${one}s`): string =>
  `${number(n)} ${n === 1 ? one : more}`;

// "3 days", "5 hours"; the length without its sign.
export function span(seconds: number): string {
  const s = Math.abs(seconds);
  if (s >= 2 * DAY) return many(Math.round(s / DAY), "day");
  if (s >= 2 * HOUR) return many(Math.round(s / HOUR), "hour");
  if (s >= 2 * MINUTE) return many(Math.round(s / MINUTE), "minute");
  return many(Math.round(s), "second");
}
export const secondsBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / 1000;
export const daysBetween = (from: string, to: string): number => secondsBetween(from, to) / DAY;

// "in 3 days", "5 hours ago", seen from `now`.
export function from(now: string, time: string): string {
  const seconds = secondsBetween(now, time);
  if (Math.abs(seconds) < 2) return "now";
  return seconds > 0 ? `in ${span(seconds)}` : `${span(seconds)} ago`;
}

export const number = (n: number): string => Math.round(n).toLocaleString("en").replace(/,/g, " ");
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

// What an event says that happened: the types of docs/openapi.yaml, each in a person's words.
export const ACTS: Record<string, string> = {
  activation: "request",
  mak_activation: "request with a key",
  start: "host started",
  stop: "host stopped",
  key_installed: "host key installed",
  token_created: "token made",
  token_revoked: "token revoked",
  clock_suspect: "clock jumped",
  clock_confirmed: "clock confirmed",
  dns_published: "host published in DNS",
  dns_failed: "host not published in DNS",
  dns_withdrawn: "host withdrawn from DNS",
  mak_added: "key added",
  mak_released: "place released",
  mak_reconciled: "key reconciled",
  mak_blocked: "key blocked",
  mak_unblocked: "key unblocked",
  ledger_behind: "ledger is behind",
  evidence_expected: "evidence marked as expected",
  evidence_unexpected: "evidence no longer expected",
  alert_raised: "alert",
  alert_ended: "alert ended",
  epoch_begun: "log goes on after a restore",
  backup_begun: "backup begun",
  machines_left: "silent machines left the table",
  events_pruned: "old events left the log",
  name_forgotten: "name forgotten",
};

// The rules that refuse a request, each in a few words.
const REFUSED: Record<string, string> = {
  count_insufficient: "too few machines",
  clock_skew: "clock differs",
  product_not_served: "product not served",
  over_licensed: "more than paid for",
  mak_unknown: "no such key",
  mak_expired: "key has expired",
  limit_reached: "no place left",
  ledger_behind: "ledger is behind",
  no_place: "holds no place",
};
export const refusalName = (code: string): string => REFUSED[code] ?? code;
export const REFUSALS = Object.keys(REFUSED);

const STATES: Record<string, string> = {
  unlicensed: "unlicensed",
  licensed: "licensed",
  initial_grace: "first grace",
  additional_grace: "additional grace",
  non_genuine_grace: "non-genuine grace",
  notification: "expired",
  extended_grace: "extended grace",
};
export const stateName = (name: string): string => STATES[name] ?? name;

const EVIDENCE: Record<string, string> = {
  renewal: "renewal",
  revert: "reverted",
  state_lost: "state lost",
  host_behind: "host restored",
  machine_changed: "machine changed",
  clone: "clone",
  rebuilt: "rebuilt",
  many_ids: "many ids",
  new: "new",
  foreign_ticket: "foreign ticket",
};
export const evidenceName = (name: string): string => EVIDENCE[name] ?? name;
export const EVIDENCE_KINDS = Object.keys(EVIDENCE);
export const STATE_NAMES = Object.keys(STATES);
// What is worth an administrator's eye; the rest is how a fleet lives.
export const LOUD = new Set(["clone", "many_ids", "foreign_ticket", "host_behind"]);
export const QUIET = new Set(["renewal", "new", "rebuilt"]);
