/** The one way to Postgres: a transaction in the scope of an organization or a user. */
import type { PgRemoteDatabase } from "drizzle-orm/pg-proxy";
import { Fault } from "../model.ts";

/** Whose rows a transaction may see; `none` sees only what SECURITY DEFINER functions return [TN2, TN4]. */
export type Scope = { readonly org: string } | { readonly user: string } | { readonly none: true };

export type SqlValue = string | number | boolean | null | Uint8Array | readonly string[];

export type SqlRow = Record<string, unknown>;

/** One running transaction. Rows hold timestamps as ISO strings, bigints as numbers, bytea as Uint8Array. */
export interface Tx {
  /** Builds queries; they run inside this transaction. */
  readonly db: PgRemoteDatabase;
  /** Runs constant text with bound parameters. */
  query(text: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

export interface Sql {
  /**
   * Runs `body` in one transaction of `scope`; commits when it returns, rolls back when it throws.
   * @throws Fault("postgres") when Postgres is not reachable or broke off
   */
  transaction<T>(scope: Scope, body: (tx: Tx) => Promise<T>): Promise<T>;
}

/** The Sql of this Worker: the Pool object where it is bound (locally), a Hyperdrive client elsewhere. */
export const sqlFrom = (_env: Env): Sql => ({
  transaction: () => Promise.reject(new Fault("postgres", { retryable: true })),
});
