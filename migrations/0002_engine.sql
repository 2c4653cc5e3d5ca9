-- What the dispatchers report: runs, finished tasks, and which dispatchers exist. The truth lies in their own storage;
-- rows arrive through their outboxes and are applied only with a greater change number, so order and repeats do not matter.

create table platform.runs (
  org_id uuid not null references platform.orgs on delete cascade,
  id text not null,
  dag_id text not null,
  status text not null check (status in ('running', 'succeeded', 'failed', 'canceled')),
  mode text not null check (mode in ('live', 'backfill')),
  subject_kind text check (subject_kind in ('analysis')),
  subject_id text,
  total int not null,
  succeeded int not null,
  failed int not null,
  canceled int not null,
  open int not null,
  created_at timestamptz(3) not null,
  ended_at timestamptz(3),
  change bigint not null,
  primary key (org_id, id),
  check ((subject_kind is null) = (subject_id is null)),
  check ((status = 'running') = (ended_at is null))
);
create index runs_list on platform.runs (org_id, created_at, id);

create table platform.task_history (
  org_id uuid not null,
  id text not null,
  run_id text not null,
  dag_id text not null,
  node_id text not null,
  operator text not null,
  state text not null check (state in ('ready', 'queued', 'leased', 'canceling', 'succeeded', 'failed', 'canceled')),
  attempt int not null,
  max_attempts int not null,
  not_before timestamptz(3),
  error_code text,
  error_message text,
  error_retryable boolean,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  change bigint not null,
  primary key (org_id, id),
  foreign key (org_id, run_id) references platform.runs (org_id, id) on delete cascade,
  check ((error_code is null) = (error_message is null) and (error_code is null) = (error_retryable is null))
);
create index task_history_run on platform.task_history (org_id, run_id);
create index task_history_list on platform.task_history (org_id, created_at, id);

-- One row per dispatcher that ever took an event; a restart wakes those with a backlog.
create table platform.dispatcher_heads (
  org_id uuid not null references platform.orgs on delete cascade,
  dag_id text not null,
  backlog bigint not null,
  next_wake timestamptz(3),
  change bigint not null,
  primary key (org_id, dag_id)
);

do $$ declare t text; begin
  foreach t in array array['runs', 'task_history', 'dispatcher_heads'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl '
      'using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
    execute format('grant select, insert, update, delete on platform.%I to platform_rt', t);
  end loop;
end $$;
