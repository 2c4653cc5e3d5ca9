/** Routes of runs and tasks: list, read, cancel, retry. The dispatcher answers for what is at work, Postgres for lists. */
import { createRoute, z } from "@hono/zod-openapi";
import { jsonAnswer, named, problems } from "../http/answers.ts";
import { needs, orgOf } from "../http/authorize.ts";
import { idempotent } from "../http/idempotency.ts";
import { pageOf, pageQuery, positionOf } from "../http/pagination.ts";
import { type AppContext, createApp } from "../http/plumbing.ts";
import { refused } from "../http/problem.ts";
import { noStore, smallBody } from "../http/security.ts";
import { SYSTEM_DAGS } from "../dags/rules.ts";
import { done, refuse, type Result } from "../model.ts";
import { Run, RunStatus, RunWithTasks, Task, TaskState } from "./model.ts";
import { parseTaskId } from "./rules.ts";
import { ask, findDispatcherOfRun } from "./service.ts";
import { listHeads, listRuns, listTasks, runFromView, taskFromView } from "./store.ts";

const tags = ["runs"];
const RunAnswer = named("Run", Run);
const TaskAnswer = named("Task", Task);
const runParams = z.object({ id: z.string().regex(/^[a-z2-7]{26}$/) });
const taskParams = z.object({ id: z.string().max(200) });
/** What a request with an Idempotency-Key and a small body may be answered [AP5]. */
const KEYED = ["idempotency_in_flight", "idempotency_mismatch", "payload_too_large"] as const;
/** Tasks shown with their run; the rest is paged. */
const RUN_TASKS_MAX = 500;

const pageAnswer = <S extends z.ZodType>(description: string, schema: S) =>
  jsonAnswer(
    description,
    z.strictObject({ items: z.array(schema), next_cursor: z.string().nullable() }),
  );

const list = createRoute({
  method: "get",
  path: "/runs",
  tags,
  summary: "List runs, newest first",
  middleware: [noStore(), needs("runs.read", "runs")] as const,
  request: {
    query: z.strictObject({
      ...pageQuery,
      dag: z.string().max(150).optional(),
      status: RunStatus.optional(),
    }),
  },
  responses: { 200: pageAnswer("Runs", RunAnswer), ...problems("cursor_invalid") },
});

const read = createRoute({
  method: "get",
  path: "/runs/{id}",
  tags,
  summary: "Read a run with its newest tasks",
  middleware: [noStore(), needs("runs.read", "runs/{id}")] as const,
  request: { params: runParams },
  responses: { 200: jsonAnswer("The run", RunWithTasks), ...problems() },
});

const cancelRun = createRoute({
  method: "post",
  path: "/runs/{id}/cancel",
  tags,
  summary: "Cancel a run",
  description:
    "Waiting tasks never start; tasks at work are told to stop, and nothing of them is stored.",
  middleware: [
    noStore(),
    needs("tasks.cancel", "runs/{id}"),
    smallBody(),
    idempotent("POST /runs/{id}/cancel"),
  ] as const,
  request: { params: runParams },
  responses: { 202: jsonAnswer("The run", RunAnswer), ...problems("task_state", ...KEYED) },
});

const tasks = createRoute({
  method: "get",
  path: "/tasks",
  tags,
  summary: "List tasks, newest first",
  description:
    "With run_id all tasks of that run; else ended tasks of all runs, or with an open state those at work now.",
  middleware: [noStore(), needs("runs.read", "tasks")] as const,
  request: {
    query: z.strictObject({
      ...pageQuery,
      run_id: runParams.shape.id.optional(),
      state: TaskState.optional(),
    }),
  },
  responses: { 200: pageAnswer("Tasks", TaskAnswer), ...problems("cursor_invalid") },
});

const task = createRoute({
  method: "get",
  path: "/tasks/{id}",
  tags,
  summary: "Read a task",
  middleware: [noStore(), needs("runs.read", "tasks/{id}")] as const,
  request: { params: taskParams },
  responses: { 200: jsonAnswer("The task", TaskAnswer), ...problems() },
});

const act = (action: "retry" | "cancel", summary: string) =>
  createRoute({
    method: "post",
    path: `/tasks/{id}/${action}`,
    tags,
    summary,
    middleware: [
      noStore(),
      needs(`tasks.${action}`, "tasks/{id}"),
      smallBody(),
      idempotent(`POST /tasks/{id}/${action}`),
    ] as const,
    request: { params: taskParams },
    responses: { 202: jsonAnswer("The task", TaskAnswer), ...problems("task_state", ...KEYED) },
  });

export const taskRoutes = createApp()
  .openapi(list, async (c) => {
    const { limit, cursor, dag, status } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "runs", dag, status];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await listRuns(c.var.sql, org, {
      dagId: dag ?? null,
      status: status ?? null,
      after: after.value,
      limit: limit + 1,
    });
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  })
  .openapi(read, async (c) => {
    const org = orgOf(c);
    const { id } = c.req.valid("param");
    const found = await findDispatcherOfRun(c.env, c.var.sql, org, id);
    if (!found.ok) return refused(c, found.refusal);
    const { dagId, run, costUsd } = found.value;
    const items = await ask(c.env, org, dagId, (dispatcher) =>
      dispatcher.tasks({
        v: 1,
        org_id: org,
        dag_id: dagId,
        run_id: id,
        state: null,
        before: 0,
        limit: RUN_TASKS_MAX,
      }),
    );
    if (!items.ok) return refused(c, items.refusal);
    return c.json(
      {
        ...runFromView(dagId, run, costUsd),
        items_tasks: items.value.map((view) => taskFromView(dagId, view)),
      },
      200,
    );
  })
  .openapi(cancelRun, async (c) => {
    const org = orgOf(c);
    const { id } = c.req.valid("param");
    const found = await findDispatcherOfRun(c.env, c.var.sql, org, id);
    if (!found.ok) return refused(c, found.refusal);
    const { dagId, costUsd } = found.value;
    const request = { v: 1, org_id: org, dag_id: dagId, run_id: id } as const;
    const canceled = await ask(c.env, org, dagId, (dispatcher) => dispatcher.cancelRun(request));
    if (!canceled.ok) return refused(c, canceled.refusal);
    const after = await ask(c.env, org, dagId, (dispatcher) => dispatcher.run(request));
    return after.ok
      ? c.json(runFromView(dagId, after.value, costUsd), 202)
      : refused(c, after.refusal);
  })
  .openapi(tasks, async (c) => {
    const { run_id: runId, state } = c.req.valid("query");
    if (runId !== undefined) return tasksOfRun(c, { ...c.req.valid("query"), runId });
    if (state !== undefined && OPEN_STATES.has(state))
      return tasksAtWork(c, state, c.req.valid("query").limit);
    const { limit, cursor } = c.req.valid("query");
    const org = orgOf(c);
    const identity = [org, "tasks", state];
    const after = await positionOf(c.env, identity, cursor);
    if (!after.ok) return refused(c, after.refusal);
    const rows = await listTasks(c.var.sql, org, {
      state: state ?? null,
      after: after.value,
      limit: limit + 1,
    });
    return c.json(await pageOf(c.env, identity, rows, limit), 200);
  })
  .openapi(task, async (c) => {
    const found = await taskOf(c, c.req.valid("param").id);
    return found.ok ? c.json(found.value, 200) : refused(c, found.refusal);
  })
  .openapi(act("retry", "Retry a failed task"), (c) => actOn(c, "retryTask"))
  .openapi(act("cancel", "Cancel an open task"), (c) => actOn(c, "cancelTask"));

const OPEN_STATES: ReadonlySet<TaskState> = new Set<TaskState>([
  "ready",
  "queued",
  "leased",
  "canceling",
]);

/** The dispatcher numbers tasks in the order they were made; the cursor carries that number. */
async function tasksOfRun(
  c: AppContext,
  query: {
    runId: string;
    state?: TaskState | undefined;
    limit: number;
    cursor?: string | undefined;
  },
) {
  const org = orgOf(c);
  const { runId, state, limit } = query;
  const identity = [org, "tasks", runId, state];
  const after = await positionOf(c.env, identity, query.cursor);
  if (!after.ok) return refused(c, after.refusal);
  const found = await findDispatcherOfRun(c.env, c.var.sql, org, runId);
  if (!found.ok) return refused(c, found.refusal);
  const { dagId } = found.value;
  const before = after.value === undefined ? 0 : Number(after.value.id);
  const views = await ask(c.env, org, dagId, (dispatcher) =>
    dispatcher.tasks({
      v: 1,
      org_id: org,
      dag_id: dagId,
      run_id: runId,
      state: state ?? null,
      before,
      limit: limit + 1,
    }),
  );
  if (!views.ok) return refused(c, views.refusal);
  const rows = views.value.map((view) => ({
    id: String(view.tid),
    created_at: new Date(view.created_at).toISOString(),
    task: taskFromView(dagId, view),
  }));
  const page = await pageOf(c.env, identity, rows, limit);
  return c.json({ items: page.items.map((row) => row.task), next_cursor: page.next_cursor }, 200);
}

/** A snapshot without pages: what is at work changes faster than anybody turns them. */
async function tasksAtWork(c: AppContext, state: TaskState, limit: number) {
  const org = orgOf(c);
  const items: Task[] = [];
  for (const { dagId } of await listHeads(c.var.sql, org)) {
    const views = await ask(c.env, org, dagId, (dispatcher) =>
      dispatcher.tasks({ v: 1, org_id: org, dag_id: dagId, run_id: null, state, before: 0, limit }),
    );
    if (views.ok) items.push(...views.value.map((view) => taskFromView(dagId, view)));
  }
  items.sort((a, b) => b.created_at.localeCompare(a.created_at));
  return c.json({ items: items.slice(0, limit), next_cursor: null }, 200);
}

/** Asking an object makes it, so only the names of DAGs that exist reach one. */
function known(id: string): ReturnType<typeof parseTaskId> {
  const parts = parseTaskId(id);
  return parts !== null && SYSTEM_DAGS.has(parts.dagId) ? parts : null;
}

async function taskOf(c: AppContext, id: string): Promise<Result<Task>> {
  const parts = known(id);
  if (parts === null) return refuse("not_found");
  const org = orgOf(c);
  const view = await ask(c.env, org, parts.dagId, (dispatcher) =>
    dispatcher.task({ v: 1, org_id: org, dag_id: parts.dagId, task_id: parts.taskId }),
  );
  return view.ok ? done(taskFromView(parts.dagId, view.value)) : view;
}

async function actOn(c: AppContext, action: "retryTask" | "cancelTask") {
  const id = c.req.param("id") ?? "";
  const parts = known(id);
  if (parts === null) return refused(c, { code: "not_found" });
  const org = orgOf(c);
  const request = { v: 1, org_id: org, dag_id: parts.dagId, task_id: parts.taskId } as const;
  const acted = await ask(c.env, org, parts.dagId, (dispatcher) => dispatcher[action](request));
  if (!acted.ok) return refused(c, acted.refusal);
  const after = await taskOf(c, id);
  return after.ok ? c.json(after.value, 202) : refused(c, after.refusal);
}
