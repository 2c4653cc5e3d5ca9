-- What a run used and what that costs: attempts of its tasks and their time, priced when the dispatcher tells of them.

alter table platform.runs
  add column attempts bigint not null default 0 check (attempts >= 0),
  add column work_ms bigint not null default 0 check (work_ms >= 0),
  -- The price book a run keeps; NULL for runs that ended before there was one.
  add column price_version int,
  add column cost_usd numeric(24, 12) check (cost_usd >= 0);

-- What an analysis costs is what the runs about it cost.
create index runs_subject on platform.runs (org_id, subject_id) where subject_id is not null;

-- The price of a meter is that of the newest version up to `book` that was in force at `since`; without one it is free.
create function platform.run_cost(attempts bigint, work_ms bigint, book int, since timestamptz) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(sum(used.value * price.usd), 0)
  from (values ('tasks', attempts), ('task_ms', work_ms)) as used (meter, value)
  cross join lateral (select b.usd from platform.price_books b
    where b.meter = used.meter and b.version <= book and b.effective_at <= since order by b.version desc limit 1) price
$$;
revoke all on function platform.run_cost from public;
grant execute on function platform.run_cost to platform_rt;
