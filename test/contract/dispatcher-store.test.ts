/** Both stores of the dispatcher keep the same contract, and SQLite takes over what an older version wrote. */
import { expect, test } from "vitest";
import { SqliteStore } from "../../durable-objects/dispatcher/store/sqlite.ts";
import { MemoryStore } from "../simulation/memory-store.ts";
import { nodeDatabase } from "../simulation/node-sqlite.ts";
import { dispatcherStoreContract } from "./dispatcher-store.ts";

dispatcherStoreContract("memory", () => new MemoryStore());
dispatcherStoreContract("SQLite", () => new SqliteStore(nodeDatabase()));

test("[AP9] an object whose tables are of the first release gets the columns that came later", () => {
  const database = nodeDatabase();
  new SqliteStore(database);
  database.run("alter table runs drop column traceparent");
  const columns = (): readonly unknown[] =>
    database.all("pragma table_info(runs)").map((row) => row[1]);
  expect(columns()).not.toContain("traceparent");
  new SqliteStore(database);
  expect(columns().filter((name) => name === "traceparent")).toHaveLength(1);
});
