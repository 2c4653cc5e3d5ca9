/** A limiter's SQLite: counters as they were last stored, reservations, seen usage records, uploads, the last limits. */
import type { Instant } from "../../workers/platform/model.ts";
import { Meter } from "../../workers/platform/usage/model.ts";
import { LimiterConfig, RESERVATION_STATES } from "./model.ts";
import { WINDOW_BUCKETS } from "./machine/admit.ts";
import {
  emptyState,
  HOUR_MS,
  laterOf,
  monthOf,
  SECOND_MS,
  type Reservation,
  type State,
  type Write,
} from "./machine/state.ts";
import { totalKey, type TotalName } from "./machine/counters.ts";

export type SqlValue = string | number | null;

/** What the store needs of SQLite: the Durable Object's storage has it, and so has Node's. */
export interface Database {
  /** Rows as arrays, in the order of the columns. */
  all(query: string, ...bindings: SqlValue[]): SqlValue[][];
  run(query: string, ...bindings: SqlValue[]): void;
  transaction<T>(body: () => T): T;
}

/** The SQLite of a Durable Object. */
export const databaseOf = (storage: DurableObjectStorage): Database => ({
  all: (query, ...bindings) => [...storage.sql.exec(query, ...bindings).raw<SqlValue[]>()],
  run: (query, ...bindings) => void storage.sql.exec(query, ...bindings),
  transaction: (body) => storage.transactionSync(body),
});

const SCHEMA = [
  "create table if not exists config(one integer primary key check (one = 1), org_id text not null, body text not null)",
  "create table if not exists buckets(subject text not null, second integer not null, used integer not null, primary key(subject, second)) without rowid",
  "create table if not exists months(month integer not null, meter text not null, used integer not null, primary key(month, meter)) without rowid",
  `create table if not exists totals(hour integer not null, meter text not null, app text not null, key text not null, environment text not null,
    release text not null, value integer not null, sent integer not null, primary key(hour, meter, app, key, environment, release)) without rowid`,
  `create table if not exists reservations(ref text primary key, meter text not null, n integer not null, state text not null, actual integer,
    expires_at integer not null, ended_at integer) without rowid`,
  "create index if not exists reservations_open on reservations(state) where state = 'open'",
  "create table if not exists seen(source text not null, id text not null, at integer not null, primary key(source, id)) without rowid",
  "create table if not exists uploads(id text primary key, until integer not null) without rowid",
] as const;

const TABLES = [
  "config",
  "buckets",
  "months",
  "totals",
  "reservations",
  "seen",
  "uploads",
] as const;

/** A usage record that comes again within this counts once [US1]; a ref is remembered as long. */
export const SEEN_MS = 32 * 86_400_000;

export class LimiterStore {
  readonly #db: Database;
  #together = false;

  constructor(db: Database) {
    this.#db = db;
    for (const statement of SCHEMA) db.run(statement);
  }

  /** Empties every table. */
  wipe(): void {
    this.#db.transaction(() => {
      for (const table of TABLES) this.#db.run(`delete from ${table}`);
    });
  }

  /** What survived; counters begin where they were stored, so what was stored ahead counts as used. */
  load(now: Instant): State {
    const [latest] = this.#db.all(
      "select max(coalesce((select max(second) from buckets), 0) * 1000, coalesce((select max(month) from months), 0), coalesce((select max(hour) from totals), 0))",
    );
    const state = emptyState(laterOf(number(latest?.[0]), now));
    const newest = Math.floor(state.clock / SECOND_MS);
    const buckets = this.#db.all(
      "select subject, second, used from buckets where second between ? and ? order by second",
      newest - WINDOW_BUCKETS + 1,
      newest,
    );
    for (const [subject, second, used] of buckets) {
      const name = text(subject);
      const window = state.windows.get(name) ?? { subject: name, buckets: new Map() };
      state.windows.set(name, window);
      window.buckets.set(number(second), counter(used));
    }
    for (const [meter, used] of this.#db.all(
      "select meter, used from months where month = ?",
      state.month,
    )) {
      const name = Meter.parse(meter);
      state.months.set(name, { meter: name, ...counter(used) });
    }
    for (const row of this.#db.all(
      "select hour, meter, app, key, environment, release, value, sent from totals",
    )) {
      const name: TotalName = {
        hour: number(row[0]),
        meter: Meter.parse(row[1]),
        app: text(row[2]),
        key: text(row[3]),
        environment: text(row[4]),
        release: text(row[5]),
      };
      state.totals.set(totalKey(name), { ...name, ...counter(row[6]), sent: number(row[7]) });
    }
    for (const row of this.#db.all(`${RESERVATION} where state = 'open'`)) {
      const reservation = reservationOf(row);
      state.open.set(reservation.ref, reservation);
    }
    return state;
  }

  /** All of it, or nothing. */
  commit(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    const [only] = writes;
    // One statement is atomic by itself.
    if (writes.length === 1 && only !== undefined) return this.#write(only);
    this.together(() => {
      for (const write of writes) this.#write(write);
    });
  }

  #write(write: Write): void {
    switch (write.table) {
      case "buckets":
        return this.#db.run(
          "insert or replace into buckets values (?, ?, ?)",
          write.subject,
          write.second,
          write.used,
        );
      case "months":
        return this.#db.run(
          "insert or replace into months values (?, ?, ?)",
          write.month,
          write.meter,
          write.used,
        );
      case "totals": {
        const { hour, meter, app, key, environment, release, value, sent } = write.total;
        return this.#db.run(
          "insert or replace into totals values (?, ?, ?, ?, ?, ?, ?, ?)",
          hour,
          meter,
          app,
          key,
          environment,
          release,
          value,
          sent,
        );
      }
      case "reservations": {
        const { ref, meter, n, state, actual, expiresAt, endedAt } = write.reservation;
        return this.#db.run(
          "insert or replace into reservations values (?, ?, ?, ?, ?, ?, ?)",
          ref,
          meter,
          n,
          state,
          actual,
          expiresAt,
          endedAt,
        );
      }
    }
  }

  /** What `body` stores is stored whole or not at all. */
  together<T>(body: () => T): T {
    if (this.#together) return body();
    this.#together = true;
    try {
      return this.#db.transaction(body);
    } finally {
      this.#together = false;
    }
  }

  reservation(ref: string): Reservation | undefined {
    const [row] = this.#db.all(`${RESERVATION} where ref = ?`, ref);
    return row === undefined ? undefined : reservationOf(row);
  }

  /** False when the record was seen before. */
  firstSight(source: string, id: string, at: Instant): boolean {
    const rows = this.#db.all(
      `insert into seen values (?, ?, ?) on conflict(source, id) do update set at = excluded.at where seen.at <= ? returning 1`,
      source,
      id,
      at,
      at - SEEN_MS,
    );
    return rows.length > 0;
  }

  config(): { readonly orgId: string; readonly config: LimiterConfig } | undefined {
    const [row] = this.#db.all("select org_id, body from config");
    if (row === undefined) return undefined;
    const parsed = LimiterConfig.safeParse(JSON.parse(text(row[1])));
    // An older version of the code wrote it; it is read anew.
    return parsed.success ? { orgId: text(row[0]), config: parsed.data } : undefined;
  }

  setConfig(orgId: string, config: LimiterConfig): void {
    this.#db.run("insert or replace into config values (1, ?, ?)", orgId, JSON.stringify(config));
  }

  /** Takes one of `max` places for an upload; one that has a place keeps it. */
  beginUpload(
    id: string,
    { at, until, max }: { at: Instant; until: Instant; max: number },
  ): boolean {
    return this.#db.transaction(() => {
      this.#db.run("delete from uploads where until <= ?", at);
      const [row] = this.#db.all("select count(*) from uploads where id <> ?", id);
      if (number(row?.[0]) >= max) return false;
      this.#db.run("insert or replace into uploads values (?, ?)", id, until);
      return true;
    });
  }

  endUpload(id: string): void {
    this.#db.run("delete from uploads where id = ?", id);
  }

  /** Deletes what no answer depends on any more. */
  prune(now: Instant, totals: readonly TotalName[]): void {
    this.#db.transaction(() => {
      // Seconds that lie ahead are those of a clock that was wrong.
      const newest = Math.floor(now / SECOND_MS);
      const oldest = newest - WINDOW_BUCKETS;
      this.#db.run("delete from buckets where second < ? or second > ?", oldest, newest);
      this.#db.run("delete from months where month < ?", monthOf(now - HOUR_MS));
      this.#db.run("delete from seen where at <= ?", now - SEEN_MS);
      this.#db.run("delete from reservations where ended_at <= ?", now - SEEN_MS);
      for (const { hour, meter, app, key, environment, release } of totals)
        this.#db.run(
          "delete from totals where hour = ? and meter = ? and app = ? and key = ? and environment = ? and release = ?",
          hour,
          meter,
          app,
          key,
          environment,
          release,
        );
    });
  }
}

const RESERVATION = "select ref, meter, n, state, actual, expires_at, ended_at from reservations";

const text = (value: SqlValue | undefined): string => String(value ?? "");
const number = (value: SqlValue | undefined): number => Number(value ?? 0);
const orNull = (value: SqlValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);
const counter = (value: SqlValue | undefined) => ({ value: number(value), stored: number(value) });

function reservationOf(row: readonly SqlValue[]): Reservation {
  const state = RESERVATION_STATES.find((name) => name === row[3]);
  if (state === undefined) throw new RangeError("the stored state is unknown to this version");
  return {
    ref: text(row[0]),
    meter: Meter.parse(row[1]),
    n: number(row[2]),
    state,
    actual: orNull(row[4]),
    expiresAt: number(row[5]),
    endedAt: orNull(row[6]),
  };
}
