-- Secrets: a row per version, sealed by a data key that is itself sealed. A version that was replaced keeps its bytes for
-- a while and loses them then (SC4); its row stays, so that numbers are never used twice.

create table platform.secrets (
  org_id uuid not null references platform.orgs,
  name text not null check (name ~ '^(env|model|(app|channel)\.[A-Za-z0-9-]{1,64})\.[A-Za-z0-9_]{1,64}$'),
  version int not null check (version >= 1),
  -- Version of the key-encryption key that sealed the data key; null once shredded.
  kek text,
  wrapped_dek bytea,
  ciphertext bytea,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{8}$'),
  created_by text not null,
  created_at timestamptz(3) not null,
  -- When a later version, or the deletion, took its place; null for the one that is in force.
  replaced_at timestamptz(3),
  primary key (org_id, name, version),
  check ((kek is null) = (wrapped_dek is null) and (kek is null) = (ciphertext is null)),
  check (kek is not null or replaced_at is not null)
);
create unique index secrets_in_force on platform.secrets (org_id, name) where replaced_at is null;
create index secrets_kek on platform.secrets (kek);

-- How often a reader got a version, by hour.
create table platform.secret_uses (
  org_id uuid not null,
  name text not null,
  version int not null,
  reader text not null,
  hour timestamptz not null,
  uses bigint not null check (uses >= 1),
  primary key (org_id, name, version, reader, hour),
  foreign key (org_id, name, version) references platform.secrets
);
create index secret_uses_hour on platform.secret_uses (org_id, hour);

-- Who ever got a version: only the first time is chained (SC6). Outlives the hourly counts.
create table platform.secret_readers (
  org_id uuid not null,
  name text not null,
  version int not null,
  reader text not null,
  first_at timestamptz(3) not null,
  primary key (org_id, name, version, reader),
  foreign key (org_id, name, version) references platform.secrets
);

-- Refusals of the running minute or hour, so that a flood becomes one record (AU8).
create table platform.audit_refusals (
  org_id uuid not null references platform.orgs,
  kind text not null,
  since timestamptz not null,
  refusals bigint not null check (refusals >= 1),
  primary key (org_id, kind, since)
);

do $$ declare t text; begin
  foreach t in array array['secrets', 'secret_uses', 'secret_readers', 'audit_refusals'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl
      using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
  end loop;
end $$;
grant select, insert, update on platform.secrets to platform_rt;
grant select, insert, update, delete on platform.secret_uses, platform.audit_refusals to platform_rt;
grant select, insert on platform.secret_readers to platform_rt;

-- Which key-encryption keys are needed to open what is stored: a start without one of them is refused (SC5).
create policy lookup on platform.secrets for select to platform_lookup using (true);
create policy lookup on platform.signing_keys for select to platform_lookup using (true);
grant select on platform.secrets, platform.signing_keys to platform_lookup;
create function platform.needed_keks(platform_org uuid) returns table (namespace text, kek text)
language sql stable security definer set search_path = '' as $$
  select distinct case when s.org_id = platform_org then 'platform' else 'org' end, s.kek
    from platform.secrets s where s.kek is not null
  union
  select 'platform', k.kek from platform.signing_keys k
    where k.plane in ('control', 'audit') and k.state in ('next', 'current', 'previous')
$$;
grant execute on function platform.needed_keks(uuid) to platform_rt;
grant create on schema platform to platform_lookup;
alter function platform.needed_keks(uuid) owner to platform_lookup;
revoke create on schema platform from platform_lookup;

-- The keys that sign the ends of the audit chains: never retired out of sight, their public parts are kept for ever (C49).
-- One policy per command: of two permissive ones both run for every row.
alter policy plane on platform.signing_keys
  using (plane in ('control', 'audit')) with check (plane in ('control', 'audit'));

-- A sealed end is as final as the chain itself.
create trigger audit_seals_kept before update or delete on platform.audit_seals
  for each row execute function platform.refuse_change();
create trigger audit_seals_whole before truncate on platform.audit_seals
  for each statement execute function platform.refuse_change();
