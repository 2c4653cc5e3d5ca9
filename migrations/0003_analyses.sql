-- Failure analyses. The log lies in R2 under log_key; the row holds what lists and pages need.

create table platform.analyses (
  org_id uuid not null references platform.orgs on delete cascade,
  id uuid not null,
  run_id text,
  source text not null check (source in ('api', 'console')),
  created_by text not null,
  name text,
  repository text,
  workflow text,
  job text,
  step text,
  head_sha text,
  branch text,
  run_attempt int,
  exit_code int,
  logs_size_bytes bigint not null check (logs_size_bytes > 0),
  log_key text,
  log_sha256 text,
  status text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
  engine_version text,
  result jsonb,
  line_index jsonb,
  total_lines int,
  category text,
  confidence_value int,
  confidence_band text check (confidence_band in ('high', 'medium', 'low')),
  title text,
  failed_test_count int not null default 0,
  error_code text,
  error_message text,
  created_at timestamptz(3) not null,
  completed_at timestamptz(3),
  processing_ms int,
  expires_at timestamptz(3) not null,
  primary key (org_id, id),
  check ((status = 'completed') = (result is not null)),
  check ((status = 'failed') = (error_code is not null))
);
create index analyses_list on platform.analyses (org_id, created_at, id);
create index analyses_run on platform.analyses (org_id, run_id);

create table platform.failed_tests (
  org_id uuid not null,
  analysis_id uuid not null,
  n int not null,
  framework text not null,
  suite text,
  name text not null,
  file text,
  line int,
  message text,
  log_line int not null,
  primary key (org_id, analysis_id, n),
  foreign key (org_id, analysis_id) references platform.analyses (org_id, id) on delete cascade
);
create index failed_tests_name on platform.failed_tests (org_id, framework, name);

do $$ declare t text; begin
  foreach t in array array['analyses', 'failed_tests'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl '
      'using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
    execute format('grant select, insert, update, delete on platform.%I to platform_rt', t);
  end loop;
end $$;
