/** Every error code the API answers with: its status, its title and the way out. Codes are only ever added. */
import { z } from "zod";

interface ProblemRow {
  readonly status: number;
  readonly title: string;
  /** What the caller can do about it, in one sentence. */
  readonly remedy: string;
}

export const PROBLEMS = {
  malformed_request: {
    status: 400,
    title: "The request could not be read",
    remedy: "Send well-formed JSON and headers as the OpenAPI document describes.",
  },
  cursor_invalid: {
    status: 400,
    title: "The cursor does not belong to this list",
    remedy: "Start over without a cursor.",
  },
  login_replayed: {
    status: 400,
    title: "This sign-in was already used",
    remedy: "Start the sign-in again.",
  },
  unauthenticated: {
    status: 401,
    title: "No valid credential was sent",
    remedy: "Sign in, or send an API key as Authorization: Bearer or X-API-Key.",
  },
  token_expired: {
    status: 401,
    title: "The access token has expired",
    remedy: "Refresh the session: POST /api/v1/auth/refresh.",
  },
  refresh_invalid: { status: 401, title: "The session has ended", remedy: "Sign in again." },
  refresh_reused: {
    status: 401,
    title: "The session was ended because its refresh token was used twice",
    remedy: "Sign in again and check who else uses this account.",
  },
  setup_token_invalid: {
    status: 401,
    title: "The setup link is not valid",
    remedy: "Restart Edgewright and use the link it prints.",
  },
  link_invalid: {
    status: 401,
    title: "The sign-in link is not valid any more",
    remedy: "Run npm run login for a new link.",
  },
  login_failed: {
    status: 401,
    title: "The sign-in provider did not confirm who you are",
    remedy:
      "Start the sign-in again; if it stays, ask the operator to check the provider's settings.",
  },
  reauth_required: {
    status: 401,
    title: "The last sign-in is too long ago for this",
    remedy: "Sign in again, then repeat the action within ten minutes.",
  },
  spend_cap_reached: {
    status: 402,
    title: "The spend cap is reached",
    remedy: "Raise the cap under usage, or wait for the next month.",
  },
  forbidden: {
    status: 403,
    title: "The permission is missing",
    remedy: "Ask an administrator of the organization for the named permission.",
  },
  key_cannot: {
    status: 403,
    title: "An API key may not do this",
    remedy: "Do it as a signed-in user.",
  },
  signup_closed: {
    status: 403,
    title: "There is no account for this identity, and new ones are not taken",
    remedy: "Ask an administrator of an organization for an invitation.",
  },
  invite_email_mismatch: {
    status: 403,
    title: "The invitation is for another e-mail address",
    remedy: "Sign in with the address the invitation was sent to, or ask for a new invitation.",
  },
  secret_not_declared: {
    status: 403,
    title: "The task did not declare this secret",
    remedy: "Add the secret to the node's secrets and deploy the DAG.",
  },
  org_suspended: {
    status: 403,
    title: "The organization is suspended",
    remedy: "Ask the operator of this installation.",
  },
  not_found: {
    status: 404,
    title: "There is no such thing",
    remedy: "Check the id and the organization of the credential.",
  },
  method_not_allowed: {
    status: 405,
    title: "The path does not take this method",
    remedy: "Use a method of the Allow header.",
  },
  name_taken: { status: 409, title: "The name is taken", remedy: "Choose another name." },
  setup_done: {
    status: 409,
    title: "The setup is already done",
    remedy: "Sign in; on a local install npm run login prints a link.",
  },
  identity_taken: {
    status: 409,
    title: "This identity belongs to another user",
    remedy: "Sign in with it, or remove it there first.",
  },
  last_owner: {
    status: 409,
    title: "An organization keeps at least one owner",
    remedy: "Make somebody else an owner first.",
  },
  last_identity: {
    status: 409,
    title: "This is the only way to sign in",
    remedy: "Link another identity first.",
  },
  delivery_state: {
    status: 409,
    title: "The state of the delivery does not allow this",
    remedy: "Read it again; the detail names the states that allow it.",
  },
  idempotency_in_flight: {
    status: 409,
    title: "The first request with this Idempotency-Key is still running",
    remedy: "Wait and send the same request again.",
  },
  lease_lost: {
    status: 409,
    title: "The lease was given to another worker",
    remedy: "Stop working on the task; its result is not taken.",
  },
  task_state: {
    status: 409,
    title: "The state of the task or run does not allow this",
    remedy: "Read it again; the detail names the states that allow it.",
  },
  analysis_running: {
    status: 409,
    title: "The analysis is still running",
    remedy: "Wait until its status is completed or failed.",
  },
  dag_reserved: {
    status: 409,
    title: "The DAG belongs to the platform",
    remedy: "Choose a name that does not begin with sys.",
  },
  log_expired: {
    status: 410,
    title: "The log is no longer stored",
    remedy: "Upload the log again.",
  },
  invite_invalid: {
    status: 410,
    title: "The invitation is not valid any more",
    remedy: "Ask for a new invitation.",
  },
  version_mismatch: {
    status: 412,
    title: "It was changed meanwhile",
    remedy: "Read it again and repeat the change with its new ETag.",
  },
  payload_too_large: {
    status: 413,
    title: "The body is too large",
    remedy: "Send at most the number of bytes the detail names.",
  },
  log_too_large: {
    status: 413,
    title: "The log is too large",
    remedy:
      "Upload at most the number of bytes the detail names, for example only the failed job's log.",
  },
  compression_bomb: {
    status: 413,
    title: "The body inflates too far",
    remedy: "Send the log uncompressed or compressed at a normal ratio.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type or encoding is not supported",
    remedy: "Use a content type and encoding of the OpenAPI document.",
  },
  host_not_allowed: {
    status: 421,
    title: "This host name is not served here",
    remedy: "Use the URL that was printed at start, or add the host to PUBLIC_HOSTS.",
  },
  validation_failed: {
    status: 422,
    title: "The request is not valid",
    remedy: "Correct the fields listed under errors.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "The Idempotency-Key was used with another request",
    remedy: "Use a new key for a new request.",
  },
  egress_refused: {
    status: 422,
    title: "This address may not be called",
    remedy: "Give a public https address on port 443; the detail says what is wrong with this one.",
  },
  log_empty: {
    status: 422,
    title: "The log is empty",
    remedy: "Send the log as the body of the request.",
  },
  log_binary: {
    status: 422,
    title: "The log is not text",
    remedy: "Send plain text; gzip needs Content-Encoding: gzip.",
  },
  precondition_required: {
    status: 428,
    title: "The change does not say what it is based on",
    remedy: "Send If-Match with the ETag of what you read.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    remedy: "Wait for the seconds of Retry-After.",
  },
  quota_exceeded: {
    status: 429,
    title: "The quota of this month is used up",
    remedy: "Wait for the reset named in the detail, or ask for a larger tier.",
  },
  too_many_uploads: {
    status: 429,
    title: "Too many uploads run at once from this address",
    remedy: "Wait until one of them is done.",
  },
  backlog_full: {
    status: 429,
    title: "The queue of work is full",
    remedy: "Wait until open tasks are done, then send again.",
  },
  internal: {
    status: 500,
    title: "Something broke on our side",
    remedy: "Try again; if it stays, report the request_id.",
  },
  not_implemented: {
    status: 501,
    title: "This is not built yet",
    remedy: "See the detail for what to use instead.",
  },
  upstream_failed: {
    status: 502,
    title: "A service we depend on answered wrongly",
    remedy: "Try again in a moment.",
  },
  unavailable: {
    status: 503,
    title: "A service we depend on is not reachable",
    remedy: "Try again in a moment; GET /ready names the part.",
  },
  limits_unavailable: {
    status: 503,
    title: "The quota cannot be checked at the moment",
    remedy: "Try again in a moment.",
  },
  not_ready: {
    status: 503,
    title: "The installation is not ready",
    remedy: "Look at the failing check of GET /ready.",
  },
  deadline_exceeded: {
    status: 504,
    title: "The request took too long",
    remedy: "Try again, or ask for less.",
  },
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The one shape of every error answer. Source: RFC 9457. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  request_id: z.string(),
  remedy: z.string(),
  errors: z
    .array(z.strictObject({ location: z.string(), message: z.string(), fix: z.string() }))
    .optional(),
});
export type Problem = z.infer<typeof Problem>;

/** What a principal may do to which resources, text form `apps.deploy@apps/*`. */
export interface Grant {
  readonly action: string;
  /** Organization-relative; `*` is one whole segment, a final `**` any depth, also none [ID20]. */
  readonly resource: string;
}

/** Who acts. `org` is null for a session outside any organization [C48]. */
export interface Principal {
  readonly kind: "user" | "key";
  readonly id: string;
  readonly org: string | null;
  readonly name: string;
  readonly grants: readonly Grant[];
  /** The session family, for users. */
  readonly sid?: string;
}
