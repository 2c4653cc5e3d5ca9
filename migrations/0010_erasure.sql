-- Erasing a person: where anything still names them, or works in their name.

create index audit_log_actor on platform.audit_log (actor, org_id);

create policy lookup on platform.audit_log for select to platform_lookup using (true);
create policy lookup on platform.audit_pii for select to platform_lookup using (true);
grant select on platform.audit_log, platform.audit_pii to platform_lookup;

-- Organizations of the current user: where they are a member, made keys or invitations that work, accepted an
-- invitation that holds their address, or are named beside the audit chain. Empty once they are erased.
create function platform.orgs_of_own_traces() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select m.org_id from platform.memberships m where m.user_id = (select platform.current_user_id())
  union
  select k.org_id from platform.api_keys k
    where k.created_by = (select platform.current_user_id()) and k.revoked_at is null
  union
  select i.org_id from platform.invitations i
    where (i.invited_by = (select platform.current_user_id()) and i.accepted_at is null and i.revoked_at is null)
       or (i.accepted_by = (select platform.current_user_id()) and i.email is not null)
  union
  select l.org_id from platform.audit_log l
    join platform.audit_pii p on p.org_id = l.org_id and p.seq = l.seq
    where l.actor = 'user:' || (select platform.current_user_id())
      and (p.actor_name is not null or p.ip is not null or p.user_agent is not null)
  order by 1
$$;

grant execute on function platform.orgs_of_own_traces() to platform_rt;
grant create on schema platform to platform_lookup;
alter function platform.orgs_of_own_traces() owner to platform_lookup;
revoke create on schema platform from platform_lookup;
