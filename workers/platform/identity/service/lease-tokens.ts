/** Lease tokens: what a worker outside shows for the one task it holds [KY8]. In-process work needs none [C45]. */
import { z } from "zod";
import { toHex } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import { done, refuse, type Result } from "../../model.ts";
import { dispatcherName } from "../../tasks/rules.ts";
import { checkToken, issueToken, type TokenPorts } from "./signing.ts";

const TYP = "lease+jwt";
const AUDIENCE = "worker";
/** A token outlives its lease by this: clocks differ, and the dispatcher checks the lease itself. */
const GRACE_S = 30;
/** Longest life; heartbeats hand out new tokens. */
export const LEASE_TOKEN_S_MAX = 900;
const JTI_BYTES = 16;

export const LeaseClaims = z.object({
  /** The task's id, as its dispatcher knows it. */
  sub: z.string().min(1).max(200),
  org: z.uuid(),
  dag: z.string().min(1).max(150),
  /** The dispatcher that gave the lease. */
  dsp: z.string().max(300),
  fence: z.string().regex(/^\d{1,16}$/),
  /** Names of secrets the task declared: `env.NAME`. */
  secrets: z.array(z.string().max(200)).max(100),
  jti: z.string(),
});
export type LeaseClaims = z.infer<typeof LeaseClaims>;

export interface Lease {
  readonly org: string;
  readonly dag: string;
  readonly taskId: string;
  readonly fence: string;
  readonly secrets: readonly string[];
  readonly leaseMs: number;
}

/** The token of a lease: it lives 30 s longer, at most 15 minutes. */
export function issueLeaseToken(
  ports: TokenPorts & { readonly random: (bytes: number) => Uint8Array },
  lease: Lease,
): Promise<string> {
  const claims: LeaseClaims = {
    sub: lease.taskId,
    org: lease.org,
    dag: lease.dag,
    dsp: dispatcherName(lease.org, lease.dag),
    fence: lease.fence,
    secrets: [...lease.secrets],
    jti: toHex(ports.random(JTI_BYTES)),
  };
  const lifeS = Math.min(LEASE_TOKEN_S_MAX, Math.ceil(lease.leaseMs / 1_000) + GRACE_S);
  return issueToken(ports, claims, { typ: TYP, audience: AUDIENCE, lifeS });
}

/**
 * What a lease token says. The caller still asks the dispatcher whether the lease runs.
 * Refusals: `unauthenticated`; `lease_lost` for one that has expired.
 */
export async function checkLeaseToken(
  ports: TokenPorts,
  token: string,
): Promise<Result<LeaseClaims>> {
  const verified = await checkToken(ports, token, {
    typ: TYP,
    issuer: configurationOf(ports.env).issuer,
    audience: AUDIENCE,
    required: ["sub", "iat", "exp", "jti"],
  });
  if (verified === "expired") return refuse("lease_lost");
  if (verified === "invalid") return refuse("unauthenticated");
  const claims = LeaseClaims.safeParse(verified.payload);
  if (!claims.success) return refuse("unauthenticated");
  const { org, dag, dsp } = claims.data;
  return dsp === dispatcherName(org, dag) ? done(claims.data) : refuse("unauthenticated");
}
