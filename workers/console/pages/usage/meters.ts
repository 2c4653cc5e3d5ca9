/** Meters and limits in words, amounts as people read them, months as ranges. Pure. */
import { bytes, count, duration } from "../../ui/format.ts";
import type { LimitName, Meter, UsageRow } from "../../wire.ts";

type Unit = "count" | "bytes" | "ms";

interface MeterWords {
  readonly label: string;
  readonly unit: Unit;
}

/** In the order in which they are shown; the type keeps the table complete. */
export const METERS = {
  requests: { label: "Requests", unit: "count" },
  bytes_in: { label: "Bytes received", unit: "bytes" },
  tasks: { label: "Tasks", unit: "count" },
  task_ms: { label: "Task time", unit: "ms" },
  cpu_ms: { label: "CPU time", unit: "ms" },
  build_ms: { label: "Build time", unit: "ms" },
  app_requests: { label: "App requests", unit: "count" },
  egress_bytes: { label: "Bytes sent out", unit: "bytes" },
  tokens_in: { label: "Model tokens in", unit: "count" },
  tokens_out: { label: "Model tokens out", unit: "count" },
  deliveries: { label: "Deliveries", unit: "count" },
  "r2.class_a": { label: "Object writes", unit: "count" },
  "r2.class_b": { label: "Object reads", unit: "count" },
  "db.ms": { label: "Database time", unit: "ms" },
  storage_bytes: { label: "Object storage", unit: "bytes" },
  db_bytes: { label: "Database storage", unit: "bytes" },
} as const satisfies Record<Meter, MeterWords>;

export const METER_NAMES = Object.keys(METERS).filter((name): name is Meter => name in METERS);

/** The meter a URL names; requests for none and for a foreign one. */
export const meterOf = (text: string | undefined): Meter =>
  METER_NAMES.find((name) => name === text) ?? "requests";

export const LIMITS = {
  requests_per_minute: { label: "Requests per minute and key", unit: "count" },
  requests_per_month: { label: "Requests per month", unit: "count" },
  log_bytes_max: { label: "Size of one log", unit: "bytes" },
} as const satisfies Record<LimitName, MeterWords>;

const EACH: Partial<Record<LimitName, string>> = {
  requests_per_minute: "per key",
  log_bytes_max: "per log",
};

/** What a limit of one thing is per, in place of what is used: nothing adds up to it. Null for a limit of a sum. */
export const eachOf = (name: LimitName): string | null => EACH[name] ?? null;

/** An amount in its unit: `31,200`, `1.5 GB`, `4.2 s`. */
export const amount = (value: number, unit: Unit): string =>
  ({ count, bytes, ms: duration })[unit](value);

/** Cents; below one cent at most four digits, so that small costs differ. The API sends decimal text. */
export function money(usd: string): string {
  const dollars = Number(usd);
  if (dollars > 0 && dollars < 0.000_1) return "< $0.0001";
  const maximumFractionDigits = dollars < 0.01 ? 4 : 2;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits })}`;
}

export interface Share {
  /** Parts of the limit, 0 to 100, as wide as their bars. */
  readonly used: number;
  readonly reserved: number;
  readonly tone: "ok" | "warn" | "fail";
}

/** How much of a limit is gone; null for an unlimited one. */
export function shareOf(used: number, reserved: number, limit: number | null): Share | null {
  if (limit === null) return null;
  const percent = (value: number) =>
    limit === 0 ? 100 : Math.min(100, Math.max(0, (value / limit) * 100));
  const gone = percent(used + reserved);
  return {
    used: percent(used),
    reserved: gone - percent(used),
    tone: gone >= 100 ? "fail" : gone >= 80 ? "warn" : "ok",
  };
}

/** The month of `now` and the eleven before it, the latest first. */
export function lastMonths(now: number): readonly { value: string; label: string }[] {
  const at = new Date(now);
  return Array.from({ length: 12 }, (_, back) => {
    const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - back, 1));
    const label = first.toLocaleString("en-GB", {
      month: "long",
      year: "numeric",
      timeZone: "UTC",
    });
    return { value: first.toISOString().slice(0, 7), label };
  });
}

export interface Day {
  /** `2026-11-20` */
  readonly day: string;
  readonly value: number;
}

/** One entry per day of the month, also for days without usage. */
export function daysOf(month: string, rows: readonly UsageRow[], meter: Meter): readonly Day[] {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  // Day 0 of the next month is the last one of this.
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const byDay = new Map<string, number>();
  for (const row of rows) {
    if (row.meter !== meter || row.period_start === null) continue;
    const day = row.period_start.slice(0, 10);
    byDay.set(day, (byDay.get(day) ?? 0) + row.value);
  }
  return Array.from({ length }, (_, index) => {
    const day = `${month}-${String(index + 1).padStart(2, "0")}`;
    return { day, value: byDay.get(day) ?? 0 };
  });
}

/** A round number at or above the largest value, for the top of the chart. */
export function niceTop(largest: number): number {
  if (largest <= 0) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= largest) ?? 10;
  return step * magnitude;
}
