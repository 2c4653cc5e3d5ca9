-- What an organization may use, what it used, and what that costs. The limiter object counts; these are its totals.

-- Overrides of the tier's limits. NULL is unlimited.
create table platform.org_limits (
  org_id uuid not null references platform.orgs on delete cascade,
  limit_name text not null check (limit_name ~ '^[a-z][a-z0-9_.]{0,63}$'),
  value bigint check (value >= 0),
  primary key (org_id, limit_name)
);

-- One row per hour and thing that used something; the nil UUID and '' stand for "none".
create table platform.usage_hourly (
  org_id uuid not null references platform.orgs on delete cascade,
  hour timestamptz(3) not null check (date_trunc('hour', hour, 'UTC') = hour),
  meter text not null,
  app_id uuid not null default '00000000-0000-0000-0000-000000000000',
  key_id uuid not null default '00000000-0000-0000-0000-000000000000',
  environment text not null default '',
  release text not null default '',
  value bigint not null check (value >= 0),
  price_version int not null,
  cost_usd numeric(20, 9) not null check (cost_usd >= 0),
  primary key (org_id, hour, meter, app_id, key_id, environment, release)
);

-- A limit of spending per calendar month. `notified` is the highest notice of `month`.
create table platform.spend_caps (
  org_id uuid not null references platform.orgs on delete cascade,
  scope text not null check (scope ~ '^(org|app\.[0-9a-f-]{36})$'),
  usd numeric(12, 2) not null check (usd >= 0),
  action text not null check (action in ('notify', 'suspend')),
  hard boolean not null default false,
  notified int not null default 0 check (notified in (0, 50, 75, 100)),
  month date not null,
  version int not null default 1,
  primary key (org_id, scope)
);

do $$ declare t text; begin
  foreach t in array array['org_limits', 'usage_hourly', 'spend_caps'] loop
    execute format('alter table platform.%I enable row level security', t);
    execute format('alter table platform.%I force row level security', t);
    execute format('revoke all on platform.%I from public', t);
    execute format('create policy tenant on platform.%I for all to platform_rt, platform_ddl
      using (org_id = (select platform.current_org())) with check (org_id = (select platform.current_org()))', t);
  end loop;
end $$;
grant select, insert, update, delete on platform.org_limits, platform.spend_caps to platform_rt;
grant select, insert, update on platform.usage_hourly to platform_rt;

-- Prices per unit of a meter, by version. A version is only ever added: what was priced keeps its version.
create table platform.price_books (
  version int not null check (version >= 1),
  meter text not null,
  usd numeric(20, 12) not null check (usd >= 0),
  effective_at timestamptz(3) not null,
  primary key (version, meter)
);
alter table platform.price_books enable row level security;
alter table platform.price_books force row level security;
revoke all on platform.price_books from public;
create policy readable on platform.price_books for select to platform_rt using (true);
create policy owner on platform.price_books for all to platform_ddl using (true) with check (true);
grant select on platform.price_books to platform_rt;

create function platform.refuse_price_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception 'a price book is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger price_books_kept before update or delete on platform.price_books
  for each row execute function platform.refuse_price_change();
create trigger price_books_whole before truncate on platform.price_books
  for each statement execute function platform.refuse_price_change();

-- What one unit of a meter costs on Cloudflare's paid plans, without their included amounts (public price lists of 2026).
-- requests: Workers 0.30 per million. cpu_ms: 0.02 per million. tasks: three queue operations, 0.40 per million each.
-- bytes_in, egress_bytes: nothing. r2.class_a 4.50 and r2.class_b 0.36 per million. deliveries: one Workers request.
-- Meters that are not here cost nothing in this version.
insert into platform.price_books (version, meter, usd, effective_at) values
  (1, 'requests', 0.000000300000, '2026-01-01'),
  (1, 'app_requests', 0.000000300000, '2026-01-01'),
  (1, 'deliveries', 0.000000300000, '2026-01-01'),
  (1, 'tasks', 0.000001200000, '2026-01-01'),
  (1, 'cpu_ms', 0.000000020000, '2026-01-01'),
  (1, 'build_ms', 0.000000020000, '2026-01-01'),
  (1, 'r2.class_a', 0.000004500000, '2026-01-01'),
  (1, 'r2.class_b', 0.000000360000, '2026-01-01'),
  (1, 'bytes_in', 0, '2026-01-01'),
  (1, 'egress_bytes', 0, '2026-01-01');

-- What a tier costs a month, in cents; NULL is by contract.
insert into platform.tiers (tier, limit_name, value) values
  ('free', 'usd_cents_per_month', 0), ('starter', 'usd_cents_per_month', 2900), ('pro', 'usd_cents_per_month', 9900),
  ('enterprise', 'usd_cents_per_month', null), ('self_hosted', 'usd_cents_per_month', 0);
