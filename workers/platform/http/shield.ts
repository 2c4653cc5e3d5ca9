/** Holds back addresses that flood without a valid credential. Who has one is limited by key or user instead [RL3]. */
import type { MiddlewareHandler } from "hono";
import { admit } from "../../../durable-objects/limiter/machine/admit.ts";
import { emptyState, type State } from "../../../durable-objects/limiter/machine/state.ts";
import { configurationOf } from "../adapters/configuration.ts";
import type { Instant } from "../model.ts";
import { clientIpOf, isOwnMachine, networkOf } from "./client-ip.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";

/** Requests of one network in 60 s. Production has the same numbers as bindings in wrangler.toml. */
export const SHIELD = {
  /** Without any credential. */
  open: { limit: 600, binding: "SHIELD_OPEN" },
  /** Attempts to sign in that failed, or that make us ask a provider. */
  auth: { limit: 20, binding: "SHIELD_AUTH" },
  /** With a credential that is not valid. */
  failed: { limit: 30, binding: "SHIELD_FAILED" },
} as const;
type Kind = keyof typeof SHIELD;

const RETRY_S = 60;
/** A network that was refused is not even looked at for this long, unless it shows a credential. */
const HELD_MS = 10_000;
const NETWORKS_MAX = 10_000;

export const shield = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const ip = clientIpOf(c);
  if (!c.req.path.startsWith("/api/") || ip === null || exempt(c, ip)) return next();
  const memory = memoryOf(c.env);
  const network = networkOf(ip);
  const held = `${isSignIn(c) ? "auth" : "open"} ${network}`;
  if (!mayBeKnown(c) && (memory.heldUntil.get(held) ?? 0) > c.var.now()) return tooMany(c);
  await next();
  const kind = kindOf(c);
  if (kind === undefined || (await passes(c, kind, network))) return undefined;
  memory.hold(`${kind} ${network}`, c.var.now() + HELD_MS);
  c.res = tooMany(c);
  return undefined;
};

const tooMany = (c: AppContext): Response =>
  refused(c, { code: "rate_limited", retryAfterS: RETRY_S });

const exempt = (c: AppContext, ip: string): boolean =>
  configurationOf(c.env).environment === "local" && isOwnMachine(ip);

const isSignIn = (c: AppContext): boolean => c.req.path.startsWith("/api/v1/auth/");
const hasCredential = (c: AppContext): boolean =>
  ["authorization", "x-api-key"].some((name) => c.req.header(name) !== undefined);

/** Shows what may turn out valid where it is asked for: a session's cookie to go on, never anything to sign in. */
const mayBeKnown = (c: AppContext): boolean =>
  isSignIn(c)
    ? c.req.header("cookie") !== undefined && /\/(?:refresh|logout)$/.test(c.req.path)
    : hasCredential(c);

/** What the answered request counts as; undefined when somebody was known by it. */
function kindOf(c: AppContext): Kind | undefined {
  // The principal is absent on public routes, whatever its type says.
  const principal: AppEnv["Variables"]["principal"] | undefined = c.get("principal");
  // An expired token is one of ours: a page that was left open sends many of them at once.
  if (principal !== undefined || c.var.problem === "token_expired") return undefined;
  const { status } = c.res;
  if (isSignIn(c)) {
    if (/\/(?:start|callback)$/.test(c.req.path)) return "auth";
    return status >= 400 ? "auth" : c.req.method === "GET" ? "open" : undefined;
  }
  return status === 401 && hasCredential(c) ? "failed" : "open";
}

async function passes(c: AppContext, kind: Kind, network: string): Promise<boolean> {
  const binding = c.env[SHIELD[kind].binding];
  if (binding !== undefined) return (await binding.limit({ key: network })).success;
  return memoryOf(c.env).passes(kind, network, c.var.now());
}

/** What one isolate knows. Where Cloudflare's bindings are missing it also counts, exactly: a local install is one isolate. */
class Memory {
  readonly heldUntil = new Map<string, Instant>();
  #windows: State | undefined;

  hold(name: string, until: Instant): void {
    if (this.heldUntil.size >= NETWORKS_MAX) this.heldUntil.clear();
    this.heldUntil.set(name, until);
  }

  passes(kind: Kind, network: string, now: Instant): boolean {
    if (this.#windows === undefined || this.#windows.windows.size >= NETWORKS_MAX)
      this.#windows = emptyState(now);
    const config = {
      key_minute: SHIELD[kind].limit,
      user_minute: null,
      months: {},
      suspended: false,
    };
    const wish = { kind: "key", id: `${kind} ${network}`, counted: false, metered: false } as const;
    return admit(this.#windows, config, wish, now).admission.verdict === "admitted";
  }
}

const memories = new WeakMap<object, Memory>();

function memoryOf(env: Env): Memory {
  const known = memories.get(env) ?? new Memory();
  memories.set(env, known);
  return known;
}
