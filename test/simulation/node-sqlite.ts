/** SQLite of Node behind the interface the dispatcher's store asks for: the same SQL as in workerd, in milliseconds. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Database, SqlValue } from "../../durable-objects/dispatcher/store/schema.ts";

export function nodeDatabase(path = ":memory:"): Database & { close(): void } {
  const db = new DatabaseSync(path);
  const prepared = new Map<string, StatementSync>();
  const prepare = (query: string): StatementSync => {
    const known = prepared.get(query);
    if (known !== undefined) return known;
    const made = db.prepare(query);
    prepared.set(query, made);
    return made;
  };
  return {
    all: (query, ...bindings) =>
      prepare(query)
        .all(...bindings)
        .map((row) => Object.values(row) as SqlValue[]),
    run: (query, ...bindings) => void prepare(query).run(...bindings),
    transaction: (body) => {
      db.exec("begin");
      try {
        const value = body();
        db.exec("commit");
        return value;
      } catch (error) {
        db.exec("rollback");
        throw error;
      }
    },
    close: () => db.close(),
  };
}
