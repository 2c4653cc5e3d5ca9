-- Who did what: a hash chain per organization. What names a person lies beside it, so that it can be erased without
-- breaking the chain. A deleted organization keeps its row and its chain (TN8).

alter table platform.orgs drop constraint orgs_status_check;
alter table platform.orgs add constraint orgs_status_check check (status in ('active', 'suspended', 'deleting', 'deleted'));

create table platform.audit_log (
  org_id uuid not null references platform.orgs,
  seq bigint not null check (seq >= 1),
  at timestamptz(3) not null,
  actor text not null,
  action text not null,
  resource text not null,
  -- RFC 8785 text, kept as it was hashed: jsonb would format it anew.
  record text not null,
  hash bytea not null check (length(hash) = 32),
  primary key (org_id, seq)
);
create index audit_log_at on platform.audit_log (org_id, at);
create index audit_log_action on platform.audit_log (org_id, action, at);
create index audit_log_resource on platform.audit_log (org_id, resource, at);

create table platform.audit_pii (
  org_id uuid not null,
  seq bigint not null,
  salt bytea not null check (length(salt) = 16),
  actor_name text,
  ip inet,
  user_agent text,
  primary key (org_id, seq),
  foreign key (org_id, seq) references platform.audit_log
);

create table platform.audit_heads (
  org_id uuid primary key references platform.orgs,
  seq bigint not null check (seq >= 0),
  hash bytea not null check (length(hash) = 32)
);

-- One row per sealed range, written before its objects (C49).
create table platform.audit_seals (
  org_id uuid not null references platform.orgs,
  to_seq bigint not null,
  from_seq bigint not null check (from_seq between 1 and to_seq),
  head text not null,
  sealed_at timestamptz(3) not null,
  primary key (org_id, to_seq)
);

do $$ declare t text; begin
  foreach t in array array['audit_log', 'audit_pii', 'audit_heads', 'audit_seals'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl
      using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
  end loop;
end $$;
grant select, insert on platform.audit_log, platform.audit_seals to platform_rt;
grant select, insert, delete on platform.audit_pii to platform_rt;
grant select, insert, update on platform.audit_heads to platform_rt;

-- Nobody changes the chain, the owner of the tables included.
create function platform.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception 'the audit chain is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_kept before update or delete on platform.audit_log
  for each row execute function platform.refuse_change();
create trigger audit_log_whole before truncate on platform.audit_log
  for each statement execute function platform.refuse_change();

-- Adds one record behind the head of its organization and answers its number. `before` and `behind` are the record's
-- text around its number. hash = SHA-256("ewaudit1" + the hash before + record).
create function platform.append_audit(
  org uuid, recorded_at timestamptz, actor_text text, action_text text, resource_text text, before text, behind text,
  pii_salt bytea, pii_name text, pii_ip inet, pii_agent text) returns bigint
language plpgsql set search_path = '' as $$
declare
  head platform.audit_heads;
  text_of text;
  next_hash bytea;
begin
  insert into platform.audit_heads (org_id, seq, hash) values (org, 0, decode(repeat('00', 32), 'hex'))
    on conflict do nothing;
  select * into strict head from platform.audit_heads where org_id = org for update;
  text_of := before || (head.seq + 1)::text || behind;
  next_hash := sha256(convert_to('ewaudit1', 'UTF8') || head.hash || convert_to(text_of, 'UTF8'));
  insert into platform.audit_log (org_id, seq, at, actor, action, resource, record, hash)
    values (org, head.seq + 1, recorded_at, actor_text, action_text, resource_text, text_of, next_hash);
  insert into platform.audit_pii (org_id, seq, salt, actor_name, ip, user_agent)
    values (org, head.seq + 1, pii_salt, pii_name, pii_ip, pii_agent);
  update platform.audit_heads set seq = head.seq + 1, hash = next_hash where org_id = org;
  return head.seq + 1;
end $$;
grant execute on function platform.append_audit(uuid, timestamptz, text, text, text, text, text, bytea, text, inet, text)
  to platform_rt;
