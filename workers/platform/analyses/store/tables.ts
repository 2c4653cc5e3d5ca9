/** The columns of migration 0003 that lists read, for the query builder. */
import { bigint, integer, jsonb, pgSchema, text, timestamp, uuid } from "drizzle-orm/pg-core";

const platform = pgSchema("platform");
const instant = (name: string) =>
  timestamp(name, { withTimezone: true, precision: 3, mode: "string" });

export const analyses = platform.table("analyses", {
  org_id: uuid("org_id").notNull(),
  id: uuid("id").notNull(),
  run_id: text("run_id"),
  source: text("source", { enum: ["api", "console"] }).notNull(),
  name: text("name"),
  repository: text("repository"),
  workflow: text("workflow"),
  job: text("job"),
  step: text("step"),
  head_sha: text("head_sha"),
  branch: text("branch"),
  run_attempt: integer("run_attempt"),
  logs_size_bytes: bigint("logs_size_bytes", { mode: "number" }).notNull(),
  status: text("status", { enum: ["pending", "processing", "completed", "failed"] }).notNull(),
  result: jsonb("result"),
  category: text("category"),
  confidence_value: integer("confidence_value"),
  confidence_band: text("confidence_band", { enum: ["high", "medium", "low"] }),
  title: text("title"),
  failed_test_count: integer("failed_test_count").notNull(),
  error_code: text("error_code"),
  error_message: text("error_message"),
  created_at: instant("created_at").notNull(),
  completed_at: instant("completed_at"),
  processing_ms: integer("processing_ms"),
});

/** The engine's mirror of runs: only its status is read here. */
export const runs = platform.table("runs", {
  org_id: uuid("org_id").notNull(),
  id: text("id").notNull(),
  status: text("status", { enum: ["running", "succeeded", "failed", "canceled"] }).notNull(),
});
