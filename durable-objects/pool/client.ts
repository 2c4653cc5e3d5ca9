/// <reference lib="esnext.disposable" />
/** Sql over the Pool object. The first statement travels together with the opening of its transaction. */
import {
  faultOf,
  SqlError,
  txOver,
  type Scope,
  type Sql,
  type SqlTable,
  type TransactionOptions,
  type Tx,
} from "../../workers/platform/adapters/sql.ts";
import type { SqlAnswer } from "./model.ts";
import type { Pool } from "./object.ts";

export const sqlOverPool = (pool: DurableObjectStub<Pool>): Sql => ({
  transaction: async <T>(
    scope: Scope,
    body: (tx: Tx) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> => {
    if (options.single === true) return body(singleTx(pool, scope));
    // Not awaited: calls on a promised target are sent at once (promise pipelining).
    const transaction = pool.open(scope);
    const tx = txOver(async (text, params) =>
      tableOf(await reached(transaction.query(text, [...params]))),
    );
    try {
      const value = await body(tx);
      tableOf(await reached(transaction.commit()));
      return value;
    } finally {
      // Letting go of a transaction that was not committed rolls it back.
      void transaction.then(
        (stub) => stub[Symbol.dispose](),
        () => {},
      );
    }
  },
});

/** One call instead of three. */
const singleTx = (pool: DurableObjectStub<Pool>, scope: Scope): Tx =>
  txOver(async (text, params) => tableOf(await reached(pool.once(scope, text, [...params]))), {
    single: true,
  });

/** The object itself may be unreachable: it restarts with workerd. */
async function reached(call: Promise<SqlAnswer>): Promise<SqlAnswer> {
  try {
    return await call;
  } catch (error) {
    throw faultOf(error);
  }
}

function tableOf(answer: SqlAnswer): SqlTable {
  if (answer.ok) return answer;
  const { failure } = answer;
  if (failure.kind === "outage") throw faultOf(new Error(failure.message));
  throw new SqlError(failure.code, failure.message, failure.constraint);
}
