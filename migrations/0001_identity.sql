-- Tenancy and identity. Logins (platform_ddl, platform_rt, gateway) are made by the launcher or the deploy.
-- Every table belongs to an organization, with forced row level security, or is on the list of global tables below.

create schema if not exists platform;
revoke all on schema platform from public;
grant usage on schema platform to platform_rt;
alter default privileges in schema platform revoke execute on functions from public;
alter default privileges revoke execute on functions from public;

-- Owns the functions that see rows before a scope is known. Not inherited by platform_ddl: policies apply to
-- inheriting members, so a plain grant would show the owner all tenants.
do $$ begin
  create role platform_lookup nologin noinherit;
exception when duplicate_object then null;
end $$;
grant platform_lookup to platform_ddl with inherit false, set true;
grant usage on schema platform to platform_lookup;

create function platform.current_org() returns uuid
language sql stable set search_path = '' as $$
  select nullif(current_setting('platform.org_id', true), '')::uuid
$$;
create function platform.current_user_id() returns uuid
language sql stable set search_path = '' as $$
  select nullif(current_setting('platform.user_id', true), '')::uuid
$$;
grant execute on function platform.current_org(), platform.current_user_id() to platform_rt, platform_lookup;

-- Global tables ---------------------------------------------------------------------------------------------------

create table platform.users (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  email text check (length(email) <= 320),
  email_verified boolean not null default false,
  status text not null default 'active' check (status in ('active', 'disabled')),
  created_at timestamptz(3) not null default now(),
  version int not null default 1
);
create unique index users_email on platform.users (lower(email)) where email_verified;

create table platform.session_families (
  id uuid primary key,
  user_id uuid not null references platform.users on delete cascade,
  counter int not null default 1 check (counter >= 1),
  last_org_id uuid,
  auth_at timestamptz(3) not null,
  rotated_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  absolute_expires_at timestamptz(3) not null,
  ended_at timestamptz(3),
  end_reason text check (end_reason in ('logout', 'reuse', 'expired', 'revoked')),
  user_agent text,
  created_at timestamptz(3) not null default now(),
  check ((ended_at is null) = (end_reason is null))
);
create index session_families_user on platform.session_families (user_id);

create table platform.signing_keys (
  kid text primary key,
  plane text not null check (plane in ('control', 'apps', 'audit')),
  state text not null check (state in ('next', 'current', 'previous', 'retired')),
  public_jwk jsonb not null,
  sealed bytea not null,
  kek text not null,
  activated_at timestamptz(3) not null
);
create unique index signing_keys_current on platform.signing_keys (plane) where state = 'current';

create table platform.tiers (
  tier text not null,
  limit_name text not null,
  value bigint,
  primary key (tier, limit_name)
);

create table platform.orgs (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 200),
  tier text not null default 'starter',
  status text not null default 'active' check (status in ('active', 'suspended', 'deleting')),
  purge_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  version int not null default 1
);

create table platform.link_tokens (
  hash bytea primary key check (length(hash) = 32),
  purpose text not null check (purpose in ('setup', 'login')),
  org_id uuid references platform.orgs on delete cascade,
  user_id uuid references platform.users on delete cascade,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
create index link_tokens_org on platform.link_tokens (org_id);
create index link_tokens_user on platform.link_tokens (user_id);

-- Tables of an organization ---------------------------------------------------------------------------------------

create table platform.memberships (
  org_id uuid not null references platform.orgs on delete cascade,
  user_id uuid not null references platform.users on delete cascade,
  role text not null check (role in ('viewer', 'operator', 'developer', 'admin', 'owner')),
  grants text[] not null default '{}',
  source text not null default 'local',
  created_at timestamptz(3) not null default now(),
  version int not null default 1,
  primary key (org_id, user_id)
);
create index memberships_user on platform.memberships (user_id);

create table platform.api_keys (
  org_id uuid not null references platform.orgs on delete cascade,
  id uuid not null,
  key_id text not null unique check (key_id ~ '^[0-9a-z]{16}$'),
  name text not null check (length(name) between 1 and 200),
  hash bytea not null check (length(hash) = 32),
  pepper int not null default 1,
  grants jsonb not null,
  created_by uuid not null references platform.users,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  version int not null default 1,
  primary key (org_id, id)
);
create index api_keys_list on platform.api_keys (org_id, created_at, id);
create index api_keys_creator on platform.api_keys (created_by);

-- fingerprint is null until the body was read to its end; subject_id is what the request makes, drawn beforehand, so
-- that a second try of an unfinished request makes the same thing.
create table platform.idempotency_keys (
  org_id uuid not null references platform.orgs on delete cascade,
  principal text not null,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  subject_id uuid not null,
  fingerprint bytea,
  status int,
  headers jsonb,
  body text,
  locked_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  primary key (org_id, principal, route, key)
);
create index idempotency_keys_expiry on platform.idempotency_keys (org_id, expires_at);

-- Row level security, enabled and forced on every table -------------------------------------------------------------

do $$ declare t text; begin
  foreach t in array array['users', 'session_families', 'signing_keys', 'tiers', 'orgs', 'link_tokens',
    'memberships', 'api_keys', 'idempotency_keys'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
  end loop;
end $$;

create policy own on platform.users for all to platform_rt, platform_ddl
  using (id = (select platform.current_user_id())) with check (id = (select platform.current_user_id()));
create policy own on platform.session_families for all to platform_rt, platform_ddl
  using (user_id = (select platform.current_user_id())) with check (user_id = (select platform.current_user_id()));
create policy plane on platform.signing_keys for all to platform_rt
  using (plane = 'control') with check (plane = 'control');
create policy owner on platform.signing_keys for all to platform_ddl using (true) with check (true);
create policy readable on platform.tiers for select to platform_rt using (true);
create policy owner on platform.tiers for all to platform_ddl using (true) with check (true);
create policy visible on platform.orgs for select to platform_rt using (
  id = (select platform.current_org())
  or id in (select m.org_id from platform.memberships m where m.user_id = (select platform.current_user_id())));
create policy changed on platform.orgs for update to platform_rt
  using (id = (select platform.current_org())) with check (id = (select platform.current_org()));
create policy owner on platform.orgs for all to platform_ddl
  using (id = (select platform.current_org())) with check (id = (select platform.current_org()));

create policy visible on platform.memberships for select to platform_rt
  using (org_id = (select platform.current_org()) or user_id = (select platform.current_user_id()));
create policy added on platform.memberships for insert to platform_rt
  with check (org_id = (select platform.current_org()));
create policy changed on platform.memberships for update to platform_rt
  using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()));
create policy removed on platform.memberships for delete to platform_rt
  using (org_id = (select platform.current_org()));
create policy owner on platform.memberships for all to platform_ddl
  using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()));
create policy tenant on platform.api_keys for all to platform_rt, platform_ddl
  using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()));
create policy tenant on platform.idempotency_keys for all to platform_rt, platform_ddl
  using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()));

grant select, update on platform.users to platform_rt;
grant select, insert, update, delete on platform.session_families to platform_rt;
grant select, insert, update on platform.signing_keys to platform_rt;
grant select on platform.tiers to platform_rt;
grant select, update on platform.orgs to platform_rt;
grant select, insert, update, delete on platform.memberships, platform.api_keys, platform.idempotency_keys to platform_rt;

-- Look-ups before a scope is known: by one exact value, or the current organization ---------------------------------

create policy lookup on platform.users for all to platform_lookup using (true) with check (true);
create policy lookup on platform.orgs for all to platform_lookup using (true) with check (true);
create policy lookup on platform.memberships for all to platform_lookup using (true) with check (true);
create policy lookup on platform.link_tokens for all to platform_lookup using (true) with check (true);
create policy lookup on platform.api_keys for select to platform_lookup using (true);
grant select, insert on platform.users, platform.orgs, platform.memberships to platform_lookup;
grant select, insert, update, delete on platform.link_tokens to platform_lookup;
grant select on platform.api_keys to platform_lookup;

create function platform.any_user() returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from platform.users)
$$;

create function platform.list_org_ids() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select id from platform.orgs order by id
$$;

create function platform.member_profiles() returns table (id uuid, name text, email text, role text)
language sql stable security definer set search_path = '' as $$
  select u.id, u.name, u.email, m.role
  from platform.memberships m join platform.users u on u.id = m.user_id
  where m.org_id = (select platform.current_org())
$$;

create function platform.find_key(wanted text) returns table (
  org_id uuid, id uuid, name text, hash bytea, grants jsonb, expires_at timestamptz, revoked_at timestamptz, org_status text)
language sql stable security definer set search_path = '' as $$
  select k.org_id, k.id, k.name, k.hash, k.grants, k.expires_at, k.revoked_at, o.status
  from platform.api_keys k join platform.orgs o on o.id = k.org_id
  where k.key_id = wanted
$$;

-- A setup link replaces the one before it. A sign-in link is for the first owner of the installation.
-- Answers whether the link can be used: no setup once a user exists, no sign-in before.
create function platform.put_link(token_hash bytea, token_purpose text, token_expires_at timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
declare owner_id uuid;
begin
  if token_purpose = 'setup' then
    if exists (select from platform.users) then return false; end if;
    delete from platform.link_tokens where purpose = 'setup';
  else
    select m.user_id into owner_id from platform.memberships m join platform.orgs o on o.id = m.org_id
      where o.slug = 'platform' and m.role = 'owner' order by m.created_at, m.user_id limit 1;
    if owner_id is null then return false; end if;
    delete from platform.link_tokens where purpose = 'login' and expires_at < now();
  end if;
  insert into platform.link_tokens (hash, purpose, user_id, expires_at)
    values (token_hash, token_purpose, owner_id, token_expires_at);
  return true;
end $$;

create function platform.take_link(token_hash bytea, token_purpose text, at timestamptz) returns uuid
language sql volatile security definer set search_path = '' as $$
  update platform.link_tokens set used_at = at
  where hash = token_hash and purpose = token_purpose and used_at is null and expires_at > at
  returning user_id
$$;

-- The first user, the first organization, and the ownership of both it and the reserved one. One claim wins.
create function platform.claim_setup(
  token_hash bytea, at timestamptz, new_user uuid, user_name text, user_email text,
  new_org uuid, org_slug text, org_name text) returns text
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtext('platform.claim_setup'));
  if exists (select from platform.users) then return 'setup_done'; end if;
  update platform.link_tokens set used_at = at
    where hash = token_hash and purpose = 'setup' and used_at is null and expires_at > at;
  if not found then return 'setup_token_invalid'; end if;
  insert into platform.users (id, name, email, created_at) values (new_user, user_name, user_email, at);
  insert into platform.orgs (id, slug, name, tier, created_at) values (new_org, org_slug, org_name, 'self_hosted', at);
  insert into platform.memberships (org_id, user_id, role, source, created_at)
    select id, new_user, 'owner', 'setup', at from platform.orgs where id = new_org or slug = 'platform';
  return 'claimed';
end $$;

grant execute on function platform.any_user(), platform.list_org_ids(), platform.member_profiles(),
  platform.find_key(text), platform.put_link(bytea, text, timestamptz), platform.take_link(bytea, text, timestamptz),
  platform.claim_setup(bytea, timestamptz, uuid, text, text, uuid, text, text) to platform_rt;

-- A function may only be given to a role that could create it.
grant create on schema platform to platform_lookup;
alter function platform.any_user() owner to platform_lookup;
alter function platform.list_org_ids() owner to platform_lookup;
alter function platform.member_profiles() owner to platform_lookup;
alter function platform.find_key(text) owner to platform_lookup;
alter function platform.put_link(bytea, text, timestamptz) owner to platform_lookup;
alter function platform.take_link(bytea, text, timestamptz) owner to platform_lookup;
alter function platform.claim_setup(bytea, timestamptz, uuid, text, text, uuid, text, text) owner to platform_lookup;
revoke create on schema platform from platform_lookup;

-- Reserved rows -----------------------------------------------------------------------------------------------------

-- NULL is unlimited. log_bytes_max is per log, storage in bytes.
insert into platform.tiers (tier, limit_name, value) values
  ('free', 'requests_per_minute', 10), ('free', 'requests_per_month', 1000), ('free', 'log_bytes_max', 1048576),
  ('starter', 'requests_per_minute', 100), ('starter', 'requests_per_month', 50000), ('starter', 'log_bytes_max', 52428800),
  ('pro', 'requests_per_minute', 1000), ('pro', 'requests_per_month', 500000), ('pro', 'log_bytes_max', 524288000),
  ('enterprise', 'requests_per_minute', null), ('enterprise', 'requests_per_month', null), ('enterprise', 'log_bytes_max', 5368709120),
  ('self_hosted', 'requests_per_minute', 1000), ('self_hosted', 'requests_per_month', null), ('self_hosted', 'log_bytes_max', 5368709120);

select set_config('platform.org_id', '00000000-0000-7000-8000-000000000000', true);
insert into platform.orgs (id, slug, name, tier)
  values ('00000000-0000-7000-8000-000000000000', 'platform', 'Platform', 'self_hosted');
select set_config('platform.org_id', '', true);
