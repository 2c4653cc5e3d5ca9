/** Both stores of the dispatcher keep the same contract, and SQLite takes over what an older version wrote. */
import { expect, test } from "vitest";
import { SqliteStore } from "../../durable-objects/dispatcher/store/sqlite.ts";
import { MemoryStore } from "../simulation/memory-store.ts";
import { nodeDatabase } from "../simulation/node-sqlite.ts";
import { dispatcherStoreContract } from "./dispatcher-store.ts";

dispatcherStoreContract("memory", () => new MemoryStore());
dispatcherStoreContract("SQLite", () => new SqliteStore(nodeDatabase()));

/** Columns of runs that came after the first release. */
const ADDED = ["traceparent", "attempts", "work_ms"];

test("[AP9] [US10] an object whose tables are of the first release gets the columns that came later", () => {
  const database = nodeDatabase();
  new SqliteStore(database);
  for (const column of ADDED) database.run(`alter table runs drop column ${column}`);
  const columns = (): readonly unknown[] =>
    database.all("pragma table_info(runs)").map((row) => row[1]);
  expect(columns()).not.toContain("work_ms");
  new SqliteStore(database);
  expect(columns().slice(-ADDED.length)).toEqual(ADDED);
});
