-- Deliveries: side effects on the outside, written down before they happen, and the webhook endpoints they go to.

create table platform.webhook_endpoints (
  org_id uuid not null references platform.orgs on delete cascade,
  id uuid not null,
  url text not null check (length(url) between 1 and 2048),
  -- Event types; empty: all of them.
  events jsonb not null check (jsonb_typeof(events) = 'array'),
  -- Which events of those types: lists per field, empty ones take everything.
  filters jsonb not null default '{"repositories": [], "branches": [], "categories": [], "bands": []}' check (jsonb_typeof(filters) = 'object'),
  active boolean not null default true,
  secret_name text not null,
  -- Attempts that failed since the last success, and since when.
  failures int not null default 0,
  failing_at timestamptz(3),
  -- Why the platform switched it off; null when a person did.
  disabled_reason text,
  last_attempt_at timestamptz(3),
  last_success_at timestamptz(3),
  created_by text not null,
  created_at timestamptz(3) not null,
  version int not null default 1,
  primary key (org_id, id),
  check ((failures = 0) = (failing_at is null)),
  check (not active or disabled_reason is null)
);
create index webhook_endpoints_list on platform.webhook_endpoints (org_id, created_at, id);

-- One row per key: the same side effect has the same key, whoever computes it again (A2).
create table platform.deliveries (
  org_id uuid not null,
  id text not null check (id ~ '^[a-z2-7]{26}$'),
  webhook_id uuid not null,
  event_type text not null,
  subject text not null,
  mode text not null check (mode in ('live', 'backfill')),
  -- Sent as it stands, on every attempt.
  body text not null check (octet_length(body) <= 20480),
  status text not null check (status in
    ('pending', 'sending', 'retry', 'delivered', 'failed', 'unknown', 'suppressed', 'deferred', 'voided')),
  reason text,
  -- Rises with each replay by hand; tasks of an earlier round do nothing.
  round int not null default 0,
  attempts int not null default 0,
  -- Attempts of earlier rounds: a replay has a budget of its own.
  base int not null default 0,
  request_id text not null,
  traceparent text,
  requested_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  next_attempt_at timestamptz(3),
  delivered_at timestamptz(3),
  primary key (org_id, id),
  foreign key (org_id, webhook_id) references platform.webhook_endpoints on delete cascade,
  check ((status = 'delivered') <= (delivered_at is not null))
);
create index deliveries_list on platform.deliveries (org_id, webhook_id, created_at, id);
create index deliveries_age on platform.deliveries (org_id, created_at);

create table platform.delivery_attempts (
  org_id uuid not null,
  delivery_id text not null,
  n int not null check (n >= 1),
  started_at timestamptz(3) not null,
  ms int not null,
  status int,
  error text,
  response text check (octet_length(response) <= 4096),
  primary key (org_id, delivery_id, n),
  foreign key (org_id, delivery_id) references platform.deliveries on delete cascade
);

do $$ declare t text; begin
  foreach t in array array['webhook_endpoints', 'deliveries', 'delivery_attempts'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl '
      'using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
    execute format('grant select, insert, update, delete on platform.%I to platform_rt', t);
  end loop;
end $$;
