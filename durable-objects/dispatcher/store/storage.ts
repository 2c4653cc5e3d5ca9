/** The SQLite of a Durable Object behind the interface the store asks for. */
import type { Database, SqlValue } from "./schema.ts";

export const databaseOf = (storage: DurableObjectStorage): Database => ({
  all: (query, ...bindings) => [...storage.sql.exec(query, ...bindings).raw<SqlValue[]>()],
  run: (query, ...bindings) => void storage.sql.exec(query, ...bindings),
  transaction: (body) => storage.transactionSync(body),
});
