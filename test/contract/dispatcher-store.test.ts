/** Both stores of the dispatcher keep the same contract. */
import { SqliteStore } from "../../durable-objects/dispatcher/store/sqlite.ts";
import { MemoryStore } from "../simulation/memory-store.ts";
import { nodeDatabase } from "../simulation/node-sqlite.ts";
import { dispatcherStoreContract } from "./dispatcher-store.ts";

dispatcherStoreContract("memory", () => new MemoryStore());
dispatcherStoreContract("SQLite", () => new SqliteStore(nodeDatabase()));
