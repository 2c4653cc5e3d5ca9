-- Signing in by providers: identities, callbacks that work once, and new users.

create table platform.identities (
  id uuid primary key,
  user_id uuid not null references platform.users on delete cascade,
  provider text not null check (provider in ('github', 'google', 'oidc')),
  issuer text not null check (length(issuer) <= 2048),
  subject text not null check (length(subject) between 1 and 255),
  -- How the provider shows this account, for the user's own list.
  name text not null check (length(name) <= 200),
  -- An address the provider says was verified; others are not stored (ID10).
  email text check (length(email) <= 320),
  created_at timestamptz(3) not null,
  last_login_at timestamptz(3) not null,
  unique (issuer, subject)
);
create index identities_user on platform.identities (user_id);

create table platform.used_nonces (
  hash bytea primary key check (length(hash) = 32),
  expires_at timestamptz(3) not null
);
create index used_nonces_expiry on platform.used_nonces (expires_at);

alter table platform.session_families add column ip inet;

do $$ declare t text; begin
  foreach t in array array['identities', 'used_nonces'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
  end loop;
end $$;

create policy own on platform.identities for all to platform_rt, platform_ddl
  using (user_id = (select platform.current_user_id())) with check (user_id = (select platform.current_user_id()));
grant select, insert, update, delete on platform.identities to platform_rt;
-- A user is made in the scope of the id that was drawn for it, so nobody can be made in somebody's place.
grant insert on platform.users to platform_rt;

create policy lookup on platform.identities for select to platform_lookup using (true);
create policy lookup on platform.used_nonces for all to platform_lookup using (true) with check (true);
grant select on platform.identities to platform_lookup;
grant select, insert, delete on platform.used_nonces to platform_lookup;

create function platform.find_identity(wanted_issuer text, wanted_subject text) returns uuid
language sql stable security definer set search_path = '' as $$
  select user_id from platform.identities where issuer = wanted_issuer and subject = wanted_subject
$$;

create function platform.find_verified_email(wanted text) returns uuid
language sql stable security definer set search_path = '' as $$
  select id from platform.users where lower(email) = lower(wanted) and email_verified
$$;

-- True for the first who comes with this hash. Old ones go on the way.
create function platform.use_nonce(nonce_hash bytea, nonce_expires_at timestamptz, at timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  delete from platform.used_nonces where expires_at < at;
  insert into platform.used_nonces (hash, expires_at) values (nonce_hash, nonce_expires_at) on conflict do nothing;
  return found;
end $$;

-- Organizations that hold keys the current user made: also those the user has left.
create function platform.orgs_with_own_keys() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select distinct org_id from platform.api_keys
  where created_by = (select platform.current_user_id()) and revoked_at is null order by org_id
$$;

-- A sign-in link for one user: by verified or unverified address, or by name where that is unique.
create function platform.put_link_for(token_hash bytea, who text, link_expires_at timestamptz) returns boolean
language plpgsql security definer set search_path = '' as $$
declare found_ids uuid[];
begin
  select array_agg(id) into found_ids from platform.users
    where status = 'active' and (lower(email) = lower(who) or lower(name) = lower(who));
  if coalesce(array_length(found_ids, 1), 0) <> 1 then return false; end if;
  insert into platform.link_tokens (hash, purpose, user_id, expires_at)
    values (token_hash, 'login', found_ids[1], link_expires_at);
  return true;
end $$;

grant execute on function platform.find_identity(text, text), platform.find_verified_email(text),
  platform.use_nonce(bytea, timestamptz, timestamptz), platform.orgs_with_own_keys(),
  platform.put_link_for(bytea, text, timestamptz) to platform_rt;

grant create on schema platform to platform_lookup;
alter function platform.find_identity(text, text) owner to platform_lookup;
alter function platform.find_verified_email(text) owner to platform_lookup;
alter function platform.use_nonce(bytea, timestamptz, timestamptz) owner to platform_lookup;
alter function platform.orgs_with_own_keys() owner to platform_lookup;
alter function platform.put_link_for(bytea, text, timestamptz) owner to platform_lookup;
revoke create on schema platform from platform_lookup;
