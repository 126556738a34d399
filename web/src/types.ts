// The members of docs/openapi.yaml that the pages read.

export type Time = string;
export type Role = "viewer" | "operator" | "admin";

export interface Product {
  product: string;
  name: string;
  threshold: number;
  active_machines: number;
  licensed: number | null;
  over: "report" | "refuse";
  customer: string;
  host_key: string;
  issued: Time;
  expires: Time;
  valid: boolean;
}

export interface Group {
  vendor: string;
  vendor_name: string;
  group: string;
  count: number;
  threshold: number;
  capacity: number;
  active_machines: number;
  retention_min: number;
  count_by: "cmid" | "machine";
  requests: number;
  failed: number;
  requests_last_minute: number;
  products: Product[];
}

export interface LogState {
  newest: string | null;
  checkpoint: string | null;
  verified: string | null;
  verified_at: Time | null;
  broken: string | null;
}

export interface Status {
  version: string;
  host: string;
  time: Time;
  ready: boolean;
  not_ready: { code: string; title: string; hint: string; detail: string } | null;
  requests: number;
  failed: number;
  unserved: number;
  queued: number;
  disk_free: number;
  requests_last_minute: number;
  requests_per_second: number;
  log: LogState & { epoch: number; seq: number; checkpoint_seq: number };
  groups: Group[];
}

export interface Fall {
  threshold: number;
  under: boolean;
  falls_under: Time | null;
  expected: Time | null;
  earliest: Time | null;
  latest: Time | null;
}

export interface CurvePoint {
  time: Time;
  count: number;
}

export interface DueEntry {
  cmid?: string;
  machine?: string;
  name: string | null;
  last_seen: Time;
  due: Time;
  late: boolean;
  leaves: Time;
  gone: boolean;
  ask_before: Time | null;
}

export interface Forecast extends Fall {
  vendor: string;
  group: string;
  time: Time;
  count: number;
  retention_min: number;
  products: (Fall & { product: string })[];
  if_silent: CurvePoint[];
  ahead: { time: Time; low: number; expected: number; high: number }[];
  rests_on: {
    machines: number;
    whole: boolean;
    returns: number;
    departures: number;
    rhythm_min: number;
    arriving: number;
    silent_min: number;
  };
  keep: { threshold: number; spare: number; missing: number; falls_under: Time | null };
  due: DueEntry[];
  next: string | null;
}

export interface LicenceState {
  number: number;
  name: string;
}

export interface Machine {
  vendor: string;
  group: string;
  cmid: string;
  name: string | null;
  address: string | null;
  first_seen: Time;
  last_seen: Time;
  requests: number;
  state: LicenceState;
  evidence: string | null;
  explanation: string | null;
  evidence_seen: { evidence: string; explanation: string }[];
  virtual: boolean | null;
  products: { product: string; last_request: Time; valid_until: Time | null }[];
}

export interface OtherMachine {
  cmid: string;
  name: string | null;
  first_seen: Time;
  last_seen: Time;
  evidence: string | null;
  explanation: string | null;
}

export interface HistoryItem {
  place: string;
  time: Time;
  product: string;
  activated: boolean;
  count: number | null;
  threshold: number | null;
  error: string | null;
  error_title: string | null;
  evidence: string | null;
  explanation: string | null;
  state: LicenceState;
  minutes_left: number;
  name: string | null;
  address: string | null;
}

export interface Story extends Machine {
  facts: Record<string, string>;
  same_cmid: Record<string, string>[];
  same_cmid_machines: OtherMachine[];
  same_fact: OtherMachine[];
  story: { time: Time; text: string }[];
  history: HistoryItem[];
  next: string | null;
}

export interface EventRow {
  place: string;
  event: {
    time: Time;
    type: string;
    vendor?: string;
    group?: string;
    product?: string;
    cmid?: string;
    activated?: boolean;
    count?: number | null;
    threshold?: number | null;
    error?: string | null;
    evidence?: string;
    actor?: string;
    detail?: Record<string, unknown>;
  };
  hash: string;
  name: string | null;
  address: string | null;
}

export interface Key {
  id: string;
  vendor_name: string;
  product: string;
  customer: string;
  key: string;
  limit: number;
  used: number;
  remaining: number;
  behind: boolean;
  blocked: boolean;
  reactivation: string;
  match: string;
  release: "allowed" | "never";
  hint: string;
  issued: Time;
  expires: Time | null;
  sold_per_day: number;
  days_until_empty: number | null;
}

export interface KeyPlace {
  place: number;
  turn: number;
  cmid: string | null;
  name: string | null;
  sold: Time;
  asked: Time;
  released: Time | null;
  event: string | null;
}

export interface PoolKind {
  evidence: string;
  explanation: string;
  advice: string;
  count: number;
  last_30_days: number;
  first: Time;
  newest: Time;
  newest_event: string;
  expected: { by: string; since: Time; note: string | null } | null;
  examples: { cmid: string; name: string | null; time: Time; event: string }[];
}

export interface Pool {
  pool: string;
  vendor: string;
  group: string;
  pattern: string | null;
  subnet: string | null;
  newest: Time;
  kinds: PoolKind[];
}

export interface Report {
  host: string;
  time: Time;
  from: string;
  to: string;
  up_to: string | null;
  products: {
    vendor_name: string;
    product: string;
    name: string;
    group: string;
    customer: string;
    licensed: number | null;
    months: {
      month: string;
      machines: number;
      by_fact: number;
      peak: number | null;
      peak_at: Time | null;
      over: boolean;
    }[];
  }[];
}

export interface Alert {
  rule: "count" | "forecast" | "key" | "evidence" | "refusals" | "host_key" | "chain" | "disk";
  subject: string;
  standing: "holds" | "between" | "gone";
  fires: boolean;
  alert: string | null;
  since: Time | null;
  title: string;
  about: string;
  what: string;
  to_do: string;
}

export interface Token {
  id: string;
  name: string;
  role: Role;
  created: Time;
  expires: Time | null;
  last_used: Time | null;
}

export interface Session {
  role: Role;
  token: string | null;
  name: string | null;
  expires: Time | null;
}
