-- Members come by invitation; keys have successors.

alter table platform.api_keys add column replaced_by uuid;
alter table platform.api_keys add foreign key (org_id, replaced_by) references platform.api_keys;
create index api_keys_successor on platform.api_keys (org_id, replaced_by);
