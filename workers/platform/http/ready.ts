/** Answers whether every part this Worker needs works: each is asked, for at most a second, at most every five [C15]. */
import { createRoute, z } from "@hono/zod-openapi";
import { configurationOf } from "../adapters/configuration.ts";
import { jsonAnswer, named, onlyProblems } from "./answers.ts";
import type { AppContext } from "./plumbing.ts";
import { declared, type Declared } from "./problem.ts";

const CHECK_MS = 1_000;
const CACHE_MS = 5_000;

const Check = z.strictObject({ ok: z.boolean(), ms: z.number() });
type Check = z.infer<typeof Check>;

const Readiness = named(
  "Readiness",
  z.strictObject({ status: z.enum(["ready", "not_ready"]), checks: z.record(z.string(), Check) }),
);
type Readiness = z.infer<typeof Readiness>;

const tags = ["meta"];

export const healthRoute = createRoute({
  method: "get",
  path: "/health",
  tags,
  summary: "Whether the Worker runs",
  description: "Touches nothing else.",
  responses: {
    200: jsonAnswer("It runs", z.strictObject({ status: z.literal("ok"), version: z.string() })),
    ...onlyProblems("method_not_allowed"),
  },
});

export const readyRoute = createRoute({
  method: "get",
  path: "/ready",
  tags,
  summary: "Whether every part answers",
  description: "Each part has a second; what passed is not asked again for five.",
  responses: {
    200: jsonAnswer("All parts answer", Readiness),
    503: jsonAnswer("One does not: `ok` is false", Readiness),
    ...onlyProblems("method_not_allowed", "host_not_allowed"),
  },
});

const cached = new WeakMap<object, { readonly at: number; readonly readiness: Readiness }>();

/** Parts that only capabilities know how to ask; a rejection means not ready. */
export type Parts = Readonly<Record<string, (env: Env) => Promise<unknown>>>;

/** 200 when all checks pass, 503 when one fails; the body names them. A failure is not cached: a start waits for its end. */
export const ready =
  (parts: Parts) =>
  async (c: AppContext): Promise<Declared> => {
    const now = c.var.now();
    const known = cached.get(c.env);
    const fresh = known?.readiness.status === "ready" && now - known.at < CACHE_MS;
    const readiness = fresh ? known.readiness : await check(c, parts);
    // Only what was asked counts as known from now: answers from the cache must not keep it alive.
    if (!fresh) cached.set(c.env, { at: now, readiness });
    const headers = { "cache-control": "no-store" };
    return declared(c.json(readiness, readiness.status === "ready" ? 200 : 503, headers));
  };

async function check(c: AppContext, others: Parts): Promise<Readiness> {
  const parts: Record<string, () => Promise<unknown>> = {
    configuration: async () => configurationOf(c.env),
    postgres: () =>
      c.var.sql.transaction({ none: true }, (tx) => tx.query("select platform.any_user()")),
    artifacts: () => c.env.ARTIFACTS.head("ready"),
    logs: () => c.env.LOGS.head("ready"),
    queue: () => c.env.TASKS.metrics(),
    ...Object.fromEntries(Object.entries(others).map(([name, ask]) => [name, () => ask(c.env)])),
  };
  const checks = await Promise.all(
    Object.entries(parts).map(async ([name, run]) => [name, await timed(c, name, run)] as const),
  );
  const failed = checks.some(([, result]) => !result.ok);
  return { status: failed ? "not_ready" : "ready", checks: Object.fromEntries(checks) };
}

async function timed(c: AppContext, name: string, run: () => Promise<unknown>): Promise<Check> {
  const started = c.var.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_MS} ms`)), CHECK_MS);
  });
  try {
    // Within a promise: a missing binding throws at once.
    await Promise.race([Promise.resolve().then(run), late]);
    return { ok: true, ms: c.var.now() - started };
  } catch (error) {
    c.var.log.warn("a readiness check failed", { check: name, error: String(error) });
    return { ok: false, ms: c.var.now() - started };
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
