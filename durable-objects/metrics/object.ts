/** Adds up what isolates measured. A batch that is lost is lost: nobody sends one twice, so nothing is counted twice. */
import { DurableObject } from "cloudflare:workers";
import {
  added,
  Batch,
  COUNTERS,
  merged,
  Series,
  SERIES_MAX,
  seriesKey,
  type Counted,
  type MetricsApi,
} from "./model.ts";

const SCHEMA = [
  "create table if not exists series(key text primary key, body text not null) without rowid",
  "create table if not exists counters(name text primary key, value integer not null) without rowid",
  "create table if not exists head(one integer primary key check (one = 1), started_at integer not null)",
];

export class Metrics extends DurableObject<Env> implements MetricsApi {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    for (const statement of SCHEMA) this.#run(statement);
    this.#run("insert into head(one, started_at) values (1, ?) on conflict do nothing", Date.now());
  }

  async add(given: Batch): Promise<void> {
    const parsed = Batch.safeParse(given);
    // Measurements of another version, in the moment of a deploy, are lost rather than miscounted.
    if (!parsed.success) return;
    const batch = parsed.data;
    this.ctx.storage.transactionSync(() => {
      for (const [key, series] of merged(batch.series)) this.#addSeries(key, series);
      for (const [name, value] of Object.entries(batch.counters))
        this.#run(
          "insert into counters(name, value) values (?, ?) on conflict(name) do update set value = value + excluded.value",
          name,
          value,
        );
    });
  }

  async read(): Promise<Counted> {
    const [head] = this.#run("select started_at from head");
    const series = this.#run("select body from series order by key").map(bodyOf);
    const counters = this.#run("select name, value from counters").flatMap(([name, value]) => {
      const known = COUNTERS.find((counter) => counter === name);
      return known === undefined ? [] : [[known, Number(value)] as const];
    });
    return {
      started_at: Number(head?.[0] ?? 0),
      series,
      counters: Object.fromEntries(counters),
    };
  }

  #addSeries(key: string, series: Series): void {
    const [row] = this.#run("select body from series where key = ?", key);
    if (row === undefined && this.#full())
      // Templates are few; whatever made so many, the counting goes on under one name.
      return this.#put({ ...series, route: "other" });
    return this.#put(series, row);
  }

  #put(
    series: Series,
    row = this.#run("select body from series where key = ?", seriesKey(series))[0],
  ) {
    const total = row === undefined ? series : added(bodyOf(row), series);
    this.#run(
      "insert into series(key, body) values (?, ?) on conflict(key) do update set body = excluded.body",
      seriesKey(series),
      JSON.stringify(total),
    );
  }

  #full(): boolean {
    const [count] = this.#run("select count(*) from series");
    return Number(count?.[0] ?? 0) >= SERIES_MAX;
  }

  #run(statement: string, ...bindings: (string | number)[]): SqlStorageValue[][] {
    return [...this.ctx.storage.sql.exec(statement, ...bindings).raw()];
  }
}

const bodyOf = ([body]: readonly SqlStorageValue[]): Series =>
  Series.parse(JSON.parse(typeof body === "string" ? body : "null"));
