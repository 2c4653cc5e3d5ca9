-- Members come by invitation; keys have successors; organizations are made, listed for the operator and deleted.

alter table platform.api_keys add column replaced_by uuid;
alter table platform.api_keys add foreign key (org_id, replaced_by) references platform.api_keys
  on delete set null (replaced_by);
create index api_keys_successor on platform.api_keys (org_id, replaced_by);

-- Of the link only the hash of its token is kept. email is null only on a local install.
create table platform.invitations (
  org_id uuid not null references platform.orgs,
  id uuid not null,
  hash bytea not null unique check (length(hash) = 32),
  email text check (length(email) <= 320),
  role text not null check (role in ('viewer', 'operator', 'developer', 'admin', 'owner')),
  invited_by uuid not null references platform.users,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  accepted_at timestamptz(3),
  accepted_by uuid references platform.users,
  revoked_at timestamptz(3),
  primary key (org_id, id),
  check ((accepted_at is null) = (accepted_by is null))
);
create index invitations_list on platform.invitations (org_id, created_at, id);
create index invitations_email on platform.invitations (lower(email));
create index invitations_inviter on platform.invitations (invited_by);
create index invitations_acceptor on platform.invitations (accepted_by);
alter table platform.invitations enable row level security;
alter table platform.invitations force row level security;
revoke all on platform.invitations from public;
create policy tenant on platform.invitations for all to platform_rt, platform_ddl
  using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()));
grant select, insert, update, delete on platform.invitations to platform_rt;

-- An organization is made in its own scope, together with its first owner.
create policy added on platform.orgs for insert to platform_rt with check (id = (select platform.current_org()));
grant insert on platform.orgs to platform_rt;

-- Look-ups before a scope is known ----------------------------------------------------------------------------------

create policy lookup on platform.invitations for select to platform_lookup using (true);
grant select on platform.invitations to platform_lookup;
create policy forgotten on platform.session_families for all to platform_lookup using (true);
grant select, delete on platform.session_families to platform_lookup;

create function platform.find_invitation(token_hash bytea) returns table (
  org_id uuid, id uuid, email text, role text, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz,
  org_name text, org_status text)
language sql stable security definer set search_path = '' as $$
  select i.org_id, i.id, i.email, i.role, i.expires_at, i.accepted_at, i.revoked_at, o.name, o.status
  from platform.invitations i join platform.orgs o on o.id = i.org_id
  where i.hash = token_hash
$$;

-- The newest open invitation of a verified address.
create function platform.open_invitation_for(wanted text, at timestamptz) returns table (org_id uuid, id uuid, role text)
language sql stable security definer set search_path = '' as $$
  select i.org_id, i.id, i.role from platform.invitations i join platform.orgs o on o.id = i.org_id
  where lower(i.email) = lower(wanted) and i.accepted_at is null and i.revoked_at is null and i.expires_at > at
    and o.status = 'active'
  order by i.created_at desc, i.id desc limit 1
$$;

-- All organizations, for the scope of the reserved one alone.
create function platform.admin_orgs(after_at timestamptz, after_id uuid, at_most int) returns table (
  id uuid, slug text, name text, tier text, status text, created_at timestamptz, version int, members int,
  purge_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select o.id, o.slug, o.name, o.tier, o.status, o.created_at, o.version,
    (select count(*)::int from platform.memberships m where m.org_id = o.id), o.purge_at
  from platform.orgs o
  where (select platform.current_org()) = '00000000-0000-7000-8000-000000000000'
    and (after_at is null or (o.created_at, o.id) < (after_at, after_id))
  order by o.created_at desc, o.id desc limit at_most
$$;

-- Sessions that ended, and links that expired, before a time. Answers how many rows went.
create function platform.forget_sessions(before timestamptz, at_most int) returns int
language sql volatile security definer set search_path = '' as $$
  with old as (
    select f.id from platform.session_families f
    where coalesce(f.ended_at, least(f.expires_at, f.absolute_expires_at)) < before limit at_most
  ), gone as (delete from platform.session_families f using old where f.id = old.id returning 1)
  select count(*)::int from gone
$$;
create function platform.forget_links(before timestamptz) returns int
language sql volatile security definer set search_path = '' as $$
  with gone as (delete from platform.link_tokens l where l.expires_at < before returning 1)
  select count(*)::int from gone
$$;

grant execute on function platform.find_invitation(bytea), platform.open_invitation_for(text, timestamptz),
  platform.admin_orgs(timestamptz, uuid, int), platform.forget_sessions(timestamptz, int),
  platform.forget_links(timestamptz) to platform_rt;
grant create on schema platform to platform_lookup;
alter function platform.find_invitation(bytea) owner to platform_lookup;
alter function platform.open_invitation_for(text, timestamptz) owner to platform_lookup;
alter function platform.admin_orgs(timestamptz, uuid, int) owner to platform_lookup;
alter function platform.forget_sessions(timestamptz, int) owner to platform_lookup;
alter function platform.forget_links(timestamptz) owner to platform_lookup;
revoke create on schema platform from platform_lookup;

-- Deleting an organization ------------------------------------------------------------------------------------------

-- Tables that lose an organization's rows when it is deleted: all that hold some, but the chain of the audit.
create function platform.purged_tables() returns setof text
language sql stable set search_path = '' as $$
  select c.relname::text from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
  where n.nspname = 'platform' and c.relkind = 'r'
    and c.relname not in ('link_tokens', 'audit_log', 'audit_heads', 'audit_seals')
  order by 1
$$;

-- Deletes at most so many rows of the scope's organization from one table; -1 when other tables still point at them.
-- It belongs to the owner of the tables, whose policies show it the scope's rows alone.
create function platform.purge_rows(table_name text, at_most int) returns int
language plpgsql security definer set search_path = '' as $$
declare gone int;
begin
  if not exists (select from platform.orgs o
    where o.id = (select platform.current_org()) and o.status = 'deleting' and o.purge_at is not null) then
    raise exception 'only an organization that is being deleted loses its rows' using errcode = 'insufficient_privilege';
  end if;
  if not exists (select from platform.purged_tables() t where t = table_name) then
    raise exception 'this table keeps its rows' using errcode = 'insufficient_privilege';
  end if;
  execute format('delete from platform.%1$I where ctid = any (array(
    select ctid from platform.%1$I where org_id = (select platform.current_org()) limit $1))', table_name) using at_most;
  get diagnostics gone = row_count;
  return gone;
exception when foreign_key_violation then
  return -1;
end $$;
grant execute on function platform.purged_tables(), platform.purge_rows(text, int) to platform_rt;
