/** Answers whether every part this Worker needs works: each is asked, for at most a second, at most every five [C15]. */
import { configurationOf } from "../adapters/configuration.ts";
import type { AppContext } from "./plumbing.ts";

const CHECK_MS = 1_000;
const CACHE_MS = 5_000;

export interface Check {
  readonly ok: boolean;
  readonly ms: number;
}

export interface Readiness {
  readonly status: "ready" | "not_ready";
  readonly checks: Readonly<Record<string, Check>>;
}

const cached = new WeakMap<object, { readonly at: number; readonly readiness: Readiness }>();

/** 200 when all checks pass, 503 when one fails; the body names them. */
export async function ready(c: AppContext): Promise<Response> {
  const now = c.var.now();
  const known = cached.get(c.env);
  const readiness =
    known !== undefined && now - known.at < CACHE_MS && known.readiness.status === "ready"
      ? known.readiness
      : await check(c);
  cached.set(c.env, { at: now, readiness });
  return c.json(readiness, readiness.status === "ready" ? 200 : 503, {
    "cache-control": "no-store",
  });
}

async function check(c: AppContext): Promise<Readiness> {
  const parts: Record<string, () => Promise<unknown>> = {
    configuration: async () => configurationOf(c.env),
    postgres: () =>
      c.var.sql.transaction({ none: true }, (tx) => tx.query("select platform.any_user()")),
    artifacts: () => c.env.ARTIFACTS.head("ready"),
    logs: () => c.env.LOGS.head("ready"),
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
    await Promise.race([run(), late]);
    return { ok: true, ms: c.var.now() - started };
  } catch (error) {
    c.var.log.warn("a readiness check failed", { check: name, error: String(error) });
    return { ok: false, ms: c.var.now() - started };
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}
