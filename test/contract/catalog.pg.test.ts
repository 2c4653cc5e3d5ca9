/** The migrated database has no finding of the catalog lint, and each rule of it can find something. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../postgres.ts";
import { CATALOG_RULES, findings } from "./catalog.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const RULES = Object.keys(CATALOG_RULES);

test.each(RULES)("[TN7] the catalog has no finding of %s", async (rule) => {
  expect(await findings(db.as("superuser"), rule)).toEqual([]);
});

const SECURED = "alter table platform.x enable row level security, force row level security";

/** Rule -> what a careless migration would do, and what the rule then says. */
const CARELESS: Readonly<
  Record<string, readonly [statements: readonly string[], finding: string]>
> = {
  rls_disabled: [["create table platform.x (id uuid primary key)"], "x"],
  rls_enabled_no_policy: [["create table platform.x (id uuid primary key)", SECURED], "x"],
  policy_exists_rls_disabled: [
    [
      "create table platform.x (id uuid primary key)",
      "create policy p on platform.x using (false)",
    ],
    "x p",
  ],
  auth_rls_initplan: [
    [
      "create table platform.x (id uuid primary key)",
      SECURED,
      "create policy p on platform.x using (id = (select platform.current_org()) and id = platform.current_org())",
    ],
    "x p",
  ],
  multiple_permissive_policies: [
    [
      "create table platform.x (id uuid primary key)",
      "create policy p on platform.x for select to platform_rt using (false)",
      "create policy q on platform.x to platform_rt using (false)",
    ],
    "x platform_rt r",
  ],
  unindexed_foreign_keys: [
    [
      "create table platform.x (id uuid primary key, org uuid constraint o references platform.orgs)",
    ],
    "platform.x o",
  ],
  no_primary_key: [["create table platform.x (id uuid)"], "x"],
  duplicate_index: [
    [
      "create table platform.x (id uuid primary key)",
      "create index i on platform.x (id)",
      "create index j on platform.x (id)",
    ],
    "x i, j, x_pkey",
  ],
  security_definer_view: [["create view platform.x as select 1 as one"], "x"],
  materialized_view_in_api: [["create materialized view platform.x as select 1 as one"], "x"],
  foreign_table_in_api: [
    [
      "create foreign data wrapper w",
      "create server s foreign data wrapper w",
      "create foreign table platform.x (id uuid) server s",
    ],
    "x",
  ],
  function_search_path_mutable: [
    ["create function platform.x() returns int language sql as 'select 1'"],
    "x",
  ],
  extension_in_public: [["create extension btree_gin schema public"], "btree_gin"],
  security_definer_function_executable_by_public: [
    [
      "create function platform.x() returns int language sql security definer set search_path = '' as 'select 1'",
      "grant execute on function platform.x() to public",
    ],
    "x",
  ],
  rls_policy_always_true: [
    [
      "create table platform.x (id uuid primary key)",
      "create policy p on platform.x for update to platform_rt using (true)",
    ],
    "x p",
  ],
  unsupported_reg_types: [["create table platform.x (id regclass primary key)"], "x.id"],
  tables_outside_of_schemas: [["create table public.x (id uuid primary key)"], "x"],
};

test.each(RULES)("[TN7] a careless migration is found by %s", async (rule) => {
  const [statements, finding] = CARELESS[rule] ?? [[], "no example in this test"];
  const su = db.as("superuser");
  const undo = new Error("undo");
  await su
    .begin(async (tx) => {
      for (const statement of statements) await tx.unsafe(statement);
      const rows = await tx.unsafe(CATALOG_RULES[rule] ?? "");
      expect(rows.map((row) => String(Object.values(row)[0]))).toContain(finding);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
});
