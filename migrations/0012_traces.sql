-- The trace of the request that started an analysis' run: cron tells of runs that failed, and has no task to ask.

alter table platform.analyses add column traceparent text;
