/// <reference lib="esnext.disposable" />
/** Keeps the local install's connections to Postgres: one object, many transactions, each held open over RPC. */
import { DurableObject, RpcTarget } from "cloudflare:workers";
import {
  inTransaction,
  openClient,
  runStatement,
  type PostgresClient,
  type PostgresTransaction,
} from "../../workers/platform/adapters/postgres-client.ts";
import { SqlError, type Scope, type SqlValue } from "../../workers/platform/adapters/sql.ts";
import { Fault } from "../../workers/platform/model.ts";
import { POOL_CONNECTIONS_MAX, type SqlAnswer, type SqlFailure } from "./model.ts";

export class Pool extends DurableObject<Env> {
  #client: PostgresClient | undefined;

  /** A transaction of one statement. */
  async once(scope: Scope, text: string, params: SqlValue[]): Promise<SqlAnswer> {
    try {
      const { columns, rows } = await inTransaction(this.#connect(), scope, (tx) =>
        runStatement(tx, text, params),
      );
      return { ok: true, columns: [...columns], rows: rows.map((row) => [...row]) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  }

  /** Begins a transaction. The caller sends statements through what it returns and ends it. */
  open(scope: Scope): PoolTransaction {
    return new PoolTransaction(this.#connect(), scope);
  }

  #connect(): PostgresClient {
    this.#client ??= openClient(this.env.PG.connectionString, { max: POOL_CONNECTIONS_MAX });
    return this.#client;
  }
}

/** Thrown inside the driver's transaction to make it roll back. */
class RolledBack extends Error {}

export class PoolTransaction extends RpcTarget {
  readonly #begun = Promise.withResolvers<PostgresTransaction>();
  readonly #end = Promise.withResolvers<void>();
  readonly #over: Promise<SqlAnswer>;

  constructor(client: PostgresClient, scope: Scope) {
    super();
    this.#begun.promise.catch(() => {});
    this.#over = inTransaction(client, scope, async (tx) => {
      this.#begun.resolve(tx);
      await this.#end.promise;
    }).then(
      (): SqlAnswer => ({ ok: true, columns: [], rows: [] }),
      (error: unknown): SqlAnswer => {
        this.#begun.reject(error);
        return { ok: false, failure: failureOf(error) };
      },
    );
  }

  async query(text: string, params: SqlValue[]): Promise<SqlAnswer> {
    try {
      const { columns, rows } = await runStatement(await this.#begun.promise, text, params);
      return { ok: true, columns: [...columns], rows: rows.map((row) => [...row]) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  }

  commit(): Promise<SqlAnswer> {
    this.#end.resolve();
    return this.#over;
  }

  rollback(): Promise<SqlAnswer> {
    this.#end.reject(new RolledBack());
    return this.#over;
  }

  /** A caller that died, or went away without ending the transaction, commits nothing. */
  [Symbol.dispose](): void {
    this.#end.promise.catch(() => {});
    this.#end.reject(new RolledBack());
  }
}

function failureOf(error: unknown): SqlFailure {
  if (error instanceof SqlError) {
    const { code, message, constraint } = error;
    return constraint === undefined
      ? { kind: "refused", code, message }
      : { kind: "refused", code, message, constraint };
  }
  const cause = error instanceof Fault ? error.cause : error;
  return { kind: "outage", message: cause instanceof Error ? cause.message : String(cause) };
}
