/** Asks the organization's limiter once per authenticated request, and tells the caller where its limits stand [RL2, RL4]. */
import type { Admission, Allowance } from "../../../durable-objects/limiter/model.ts";
import { refuse, unreachable, type Instant, type Refusal, type Result } from "../model.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import { limiterOf } from "../usage/service.ts";
import { readLimits } from "../usage/service/limits.ts";
import type { Principal } from "./model.ts";
import type { AppContext } from "./plumbing.ts";

/** The policy's window of a month, as it is announced; the counter starts over with the calendar month [US7]. */
const MONTH_S = 2_592_000;
const MINUTE_S = 60;
/** Longer than this the limiter counts as unreachable. */
const ANSWER_MS = 5_000;
/** A refusal of the month is asked again after this: the tier may have been raised. */
const MONTH_REFUSAL_MS = 30_000;
const REFUSALS_MAX = 10_000;

export interface Ask {
  /** One of the `requests` meter [US3]. */
  readonly counted: boolean;
  /** Begins work that costs money [US8]. */
  readonly metered: boolean;
}

interface Remembered {
  readonly admission: Admission;
  readonly since: Instant;
  readonly until: Instant;
}

/** Per isolate: what was refused and until when, so that a flood costs no call [RL2]. */
const refusals = new WeakMap<object, Map<string, Remembered>>();

function refusalsOf(env: Env): Map<string, Remembered> {
  const known = refusals.get(env) ?? new Map<string, Remembered>();
  refusals.set(env, known);
  return known;
}

export interface Asked {
  readonly refusal: Refusal | undefined;
  /** True when the limiter was not asked, because it had refused the same before. */
  readonly remembered: boolean;
  /** `RateLimit-Policy` and `RateLimit`, when there are limits to tell of. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Whether `principal` may go on. Refusals: `rate_limited`, `quota_exceeded`, `spend_cap_reached`, and
 * `limits_unavailable` when a request that uses up quota cannot be counted; without quota it passes [US7].
 */
export async function askLimiter(c: AppContext, principal: Principal, ask: Ask): Promise<Asked> {
  const now = c.var.now();
  const known = refusalsOf(c.env);
  // A user has a window in each organization.
  const name = `${principal.org ?? ""} ${principal.kind}:${principal.id}`;
  const remembered = known.get(name);
  if (remembered !== undefined && now < remembered.until && concerns(remembered.admission, ask))
    return {
      ...askedOf(elapsed(remembered.admission, now - remembered.since), now),
      remembered: true,
    };
  const answer = await admission(c, principal, ask);
  if (answer === undefined || !answer.ok) return unasked(c, principal, ask);
  known.delete(name);
  remember(known, name, { admission: answer.value, since: now });
  return askedOf(answer.value, now);
}

/** A used up month holds back only what it counts. */
const concerns = ({ verdict }: Admission, { counted }: Ask): boolean =>
  verdict === "rate_limited" || (verdict === "quota_exceeded" && counted);

function remember(
  known: Map<string, Remembered>,
  name: string,
  { admission: given, since }: { readonly admission: Admission; readonly since: Instant },
): void {
  const ms =
    given.verdict === "rate_limited"
      ? (given.minute?.resetMs ?? 0)
      : given.verdict === "quota_exceeded"
        ? Math.min(MONTH_REFUSAL_MS, given.month?.resetMs ?? 0)
        : 0;
  if (ms <= 0) return;
  if (known.size >= REFUSALS_MAX) known.clear();
  known.set(name, { admission: given, since, until: since + ms });
}

/** The same allowance some time later. */
function elapsed(given: Admission, ms: number): Admission {
  const later = (allowance: Allowance | null): Allowance | null =>
    allowance === null ? null : { ...allowance, resetMs: Math.max(1, allowance.resetMs - ms) };
  return { ...given, minute: later(given.minute), month: later(given.month) };
}

/** The limiter's answer; undefined when it cannot be reached, a refusal when it knows no limits yet. */
async function admission(
  c: AppContext,
  principal: Principal,
  ask: Ask,
): Promise<Result<Admission> | undefined> {
  const org = principal.org ?? PLATFORM_ORG_ID;
  const { kind, id } = principal;
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ANSWER_MS);
  try {
    const call = limiterOf(c.env, org).admit({ v: 1, org_id: org, kind, id, ...ask });
    return await Promise.race([call, late.promise]);
  } catch (error) {
    c.var.log.warn("the limiter is not reachable", { error: String(error) });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Rate limits fail open, quota fails closed [US7]. */
async function unasked(c: AppContext, principal: Principal, ask: Ask): Promise<Asked> {
  const open: Asked = { refusal: undefined, remembered: false, headers: {} };
  if (!ask.counted || principal.org === null) return open;
  const quota = (await readLimits(c.var.sql, principal.org)).get("requests_per_month");
  if (quota === undefined || quota.value === null) return open;
  return { ...open, refusal: { code: "limits_unavailable", retryAfterS: 1 } };
}

function askedOf(given: Admission, now: Instant): Asked {
  return { refusal: refusalOf(given, now), remembered: false, headers: headersOf(given) };
}

function refusalOf({ verdict, minute, month }: Admission, now: Instant): Refusal | undefined {
  switch (verdict) {
    case "admitted":
      return undefined;
    case "rate_limited":
      return refuse("rate_limited", { retryAfterS: secondsOf(minute?.resetMs ?? 0) }).refusal;
    case "quota_exceeded": {
      const resetMs = month?.resetMs ?? 0;
      const day = new Date(now + resetMs).toISOString().slice(0, 10);
      return refuse("quota_exceeded", {
        detail: `The ${month?.limit ?? 0} requests of this month are used up. It starts over on ${day}, 00:00 UTC.`,
        retryAfterS: secondsOf(resetMs),
      }).refusal;
    }
    case "spend_cap_reached":
      return refuse("spend_cap_reached").refusal;
    default:
      return unreachable(verdict);
  }
}

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1_000));

/** Source: draft-ietf-httpapi-ratelimit-headers. */
function headersOf({ minute, month }: Admission): Record<string, string> {
  const parts = [
    { name: "minute", windowS: MINUTE_S, allowance: minute },
    { name: "month", windowS: MONTH_S, allowance: month },
  ].flatMap(({ name, windowS, allowance }) =>
    allowance === null ? [] : [{ name, windowS, ...allowance }],
  );
  if (parts.length === 0) return {};
  return {
    "RateLimit-Policy": parts
      .map(({ name, limit, windowS }) => `"${name}";q=${limit};w=${windowS}`)
      .join(", "),
    RateLimit: parts
      .map(({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${secondsOf(resetMs)}`)
      .join(", "),
  };
}
