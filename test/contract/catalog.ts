/** What is wrong with a database by its catalog: our own statements of what Supabase's linter looks for. */
import type postgres from "postgres";

/**
 * Name of the rule -> statement that lists what breaks it, one text per row. Rules of Supabase's splinter that concern
 * its own services (its auth schema, its exposed API) are stated for ours; `unused_index` tells of traffic, not of design.
 */
export const CATALOG_RULES: Readonly<Record<string, string>> = {
  rls_disabled: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,
  rls_enabled_no_policy: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind in ('r', 'p') and c.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = c.oid)`,
  policy_exists_rls_disabled: `
    select c.relname || ' ' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'platform' and not c.relrowsecurity`,
  auth_rls_initplan: `
    select tablename || ' ' || policyname from pg_policies
    where schemaname = 'platform'
      and (coalesce(qual, '') || ' ' || coalesce(with_check, '')) ~* '(current_org|current_user_id|current_setting|current_plane)\\s*\\('
      and regexp_replace(coalesce(qual, '') || ' ' || coalesce(with_check, ''),
        'select\\s+(platform\\.)?(current_org|current_user_id|current_setting|current_plane)\\s*\\(', '', 'gi')
        ~* '(current_org|current_user_id|current_setting|current_plane)\\s*\\('`,
  multiple_permissive_policies: `
    select c.relname || ' ' || r.rolname || ' ' || command from pg_policy p
    join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
    cross join lateral unnest(p.polroles) role join pg_roles r on r.oid = role
    cross join lateral unnest(case p.polcmd when '*' then array['r', 'a', 'w', 'd'] else array[p.polcmd::text] end) command
    where n.nspname = 'platform' and p.polpermissive group by c.relname, r.rolname, command having count(*) > 1`,
  unindexed_foreign_keys: `
    select con.conrelid::regclass::text || ' ' || con.conname from pg_constraint con
    join pg_namespace n on n.oid = con.connamespace
    where n.nspname = 'platform' and con.contype = 'f' and not exists (
      select from pg_index i where i.indrelid = con.conrelid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(con.conkey) - 1] @> con.conkey)`,
  no_primary_key: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind in ('r', 'p')
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)`,
  duplicate_index: `
    select c.relname || ' ' || string_agg(x.relname, ', ' order by x.relname) from pg_index i
    join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
    join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'platform'
    group by c.relname, i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text,
      coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), '')
    having count(*) > 1`,
  security_definer_view: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind = 'v'
      and not coalesce(c.reloptions::text ~* 'security_invoker=(true|on|yes|1)', false)`,
  materialized_view_in_api: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind = 'm'`,
  foreign_table_in_api: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'platform' and c.relkind = 'f'`,
  function_search_path_mutable: `
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'platform' and p.prokind = 'f'
      and not coalesce(array_to_string(p.proconfig, ','), '') ~ 'search_path='`,
  extension_in_public: `
    select e.extname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where n.nspname = 'public'`,
  security_definer_function_executable_by_public: `
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
      aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
    where n.nspname = 'platform' and p.prosecdef and acl.grantee = 0`,
  rls_policy_always_true: `
    select tablename || ' ' || policyname from pg_policies
    where schemaname = 'platform' and cmd <> 'SELECT' and 'platform_rt' = any(roles)
      and (btrim(coalesce(qual, ''), '() ') = 'true' or btrim(coalesce(with_check, ''), '() ') = 'true')`,
  unsupported_reg_types: `
    select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
    where n.nspname = 'platform' and c.relkind = 'r' and a.attnum > 0
      and t.typname in ('regclass', 'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regproc', 'regprocedure', 'regtype')`,
  tables_outside_of_schemas: `
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm')`,
};

/** Breaks of a rule, sorted. */
export async function findings(su: postgres.Sql, rule: string): Promise<readonly string[]> {
  const rows = await su.unsafe(CATALOG_RULES[rule] ?? "select null::text where false");
  return rows.map((row) => String(Object.values(row)[0])).toSorted();
}
