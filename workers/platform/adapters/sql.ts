/** The port to Postgres: scopes, transactions, and what statements answer. */
import { assert, Fault } from "../model.ts";

/** Whose rows a transaction may see; `none` sees only what SECURITY DEFINER functions return [TN2, TN4]. */
export type Scope =
  | { readonly org: string; readonly user?: string }
  | { readonly user: string }
  | { readonly none: true };

/** `json(value)` and arrays of text travel as text; Postgres casts them to the parameter's type. */
export type SqlValue = string | number | boolean | null | Uint8Array | readonly string[];

export type SqlRow = Record<string, unknown>;

/** A statement's answer with rows as arrays, in the order of `columns`. */
export interface SqlTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** One running transaction. Rows hold timestamps as ISO strings, bigints as numbers, bytea as Uint8Array. */
export interface Tx {
  /** Runs text that is constant, or was built by Drizzle, with bound parameters. @throws SqlError when Postgres refuses the statement */
  query(text: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

export interface TransactionOptions {
  /** The body runs exactly one statement: opening, running and committing travel together. */
  readonly single?: boolean;
}

export interface Sql {
  /**
   * Runs `body` in one transaction of `scope`; commits when it returns, rolls back when it throws.
   * @throws Fault("postgres") when Postgres is not reachable or broke off
   */
  transaction<T>(
    scope: Scope,
    body: (tx: Tx) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
}

/** Postgres refused a statement. `code` is the SQLSTATE. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly code: string;
  readonly constraint: string | undefined;

  constructor(code: string, message: string, constraint?: string) {
    super(message);
    this.code = code;
    this.constraint = constraint;
  }
}

/** JSON text that jsonb takes: it refuses U+0000 and halves of surrogate pairs, which text cut by length may hold. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\0", "\uFFFD") : part,
  );

/** The statement every transaction begins with. */
export const SCOPE_STATEMENT =
  "select set_config('platform.org_id', $1, true), set_config('platform.user_id', $2, true)";

export const scopeParams = (scope: Scope): readonly [string, string] => [
  "org" in scope ? scope.org : "",
  "user" in scope ? (scope.user ?? "") : "",
];

/** A Tx over anything that runs one statement; with `single` a second one is a bug. */
export function txOver(
  run: (text: string, params: readonly SqlValue[]) => Promise<SqlTable>,
  options: TransactionOptions = {},
): Tx {
  let statements = 0;
  return {
    query: async (text, params = []) => {
      statements += 1;
      assert(!(options.single && statements > 1), "a single transaction runs one statement");
      const { columns, rows } = await run(text, params);
      return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
    },
  };
}

/** Postgres is not there, or broke off: worth another try. */
export const faultOf = (cause: unknown): Fault => new Fault("postgres", { retryable: true, cause });

/** Classes of SQLSTATE that say "try again": connection, serialization, resources, shutdown. */
export const isOutage = (code: string): boolean =>
  /^(?:08|40|53|57|58)/.test(code) && code !== "57014";
