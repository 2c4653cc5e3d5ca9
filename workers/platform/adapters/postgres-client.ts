/** Postgres over its wire protocol: the driver's settings, and transactions on top of it. */
import postgres from "postgres";
import { faultOf, isOutage, SCOPE_STATEMENT, scopeParams, SqlError, txOver } from "./sql.ts";
import type { Scope, Sql, SqlTable, SqlValue, TransactionOptions, Tx } from "./sql.ts";

export type PostgresClient = ReturnType<typeof openClient>;
export type PostgresTransaction = Parameters<Parameters<PostgresClient["begin"]>[1]>[0];

const CONNECT_TIMEOUT_S = 5;
/** A transaction of a request never needs longer; a forgotten one must not hold its connection. */
const STATEMENT_TIMEOUT_MS = 15_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 20_000;

/** Opens connections as they are needed, at most `max`. Values are text or JSON on both ways: see the types. */
export function openClient(url: string, options: { max: number }) {
  return postgres(url, {
    max: options.max,
    fetch_types: false,
    connect_timeout: CONNECT_TIMEOUT_S,
    idle_timeout: 60,
    onnotice: () => {},
    connection: {
      application_name: "edgewright",
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    },
    types: {
      // Callers hand in JSON as text; serializing it again would store a JSON string.
      json: {
        to: 3802,
        from: [114, 3802],
        serialize: (text: unknown) => String(text),
        parse: (text: string): unknown => JSON.parse(text),
      },
      bigint: { to: 20, from: [20], serialize: String, parse: Number },
      timestamp: {
        to: 1184,
        from: [1184],
        serialize: String,
        parse: (text: string) => new Date(text).toISOString(),
      },
      bytea: { to: 17, from: [17], serialize: hexOf, parse: bytesOf },
    },
  });
}

const hexOf = (value: unknown): string =>
  value instanceof Uint8Array
    ? `\\x${Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("")}`
    : String(value);

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Runs one statement of a running transaction. @throws SqlError, Fault("postgres") */
export async function runStatement(
  tx: PostgresTransaction,
  text: string,
  params: readonly SqlValue[],
): Promise<SqlTable> {
  try {
    const bound = params.map((value) => (Array.isArray(value) ? arrayLiteral(value) : value));
    // The driver's parameter type leaves Uint8Array out, its bytea serializer takes it
    const rows = await tx.unsafe(text, bound as string[], { prepare: true }).values();
    // Absent after a statement without parameters that answers no rows, whatever the driver's type says.
    const columns: readonly { readonly name: string }[] | undefined = rows.columns;
    return {
      columns: (columns ?? []).map((column) => column.name),
      rows: rows.map((row) => [...row]),
    };
  } catch (error) {
    throw translate(error);
  }
}

const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;

function translate(error: unknown): Error {
  if (!(error instanceof postgres.PostgresError)) return faultOf(error);
  if (isOutage(error.code)) return faultOf(error);
  return new SqlError(error.code, error.message, error.constraint_name);
}

/** Begins a transaction of `scope` and runs `body` in it; the scope travels together with the first statement. */
export async function inTransaction<T>(
  client: PostgresClient,
  scope: Scope,
  body: (tx: PostgresTransaction) => Promise<T>,
): Promise<T> {
  let thrown: { readonly error: unknown } | undefined;
  try {
    const answer = await client.begin(async (tx) => {
      const scoped = runStatement(tx, SCOPE_STATEMENT, [...scopeParams(scope)]);
      // Not awaited first: a failure aborts the transaction, so nothing after it can succeed unscoped.
      scoped.catch(() => {});
      try {
        const value = await body(tx);
        await scoped;
        return { value };
      } catch (error) {
        thrown = { error };
        throw error;
      }
    });
    // The driver unwraps arrays of promises, which T in a record is not
    return (answer as { value: T }).value;
  } catch (error) {
    throw thrown === undefined ? translate(error) : thrown.error;
  }
}

export const sqlOver = (client: PostgresClient): Sql => ({
  transaction: <T>(
    scope: Scope,
    body: (tx: Tx) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> =>
    inTransaction(client, scope, (tx) =>
      body(txOver((text, params) => runStatement(tx, text, params), options)),
    ),
});
