/** POST /analyses: a log comes in, as text, gzip or JSON. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  fingerprintOfDigest,
  idempotentRequest,
  newSubjectId,
  replay,
  underLock,
  type IdempotentRequest,
  type Stored,
} from "../../http/idempotency.ts";
import { jsonAnswer, problems } from "../../http/answers.ts";
import { memberOf, needs } from "../../http/authorize.ts";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { declared, refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import { oneUpload } from "../../http/uploads.ts";
import { validationRefusal } from "../../http/validation.ts";
import { done, refuse, type Result } from "../../model.ts";
import { AnalysisMeta, LOG_BYTES_MAX, LOG_INLINE_BYTES_MAX } from "../model.ts";
import { submit, type LogBody, type Submission } from "../service/intake.ts";
import { AnalysisAnswer } from "./answers.ts";
import { hashOf } from "../service/hashing.ts";

const ROUTE = "POST /analyses";
/** The longest a caller may wait, seconds [C18]. */
const WAIT_S_MAX = 25;

const Accepted = z.strictObject({
  id: z.uuid(),
  status: z.string(),
  run_id: z.string().nullable(),
});

const create = createRoute({
  method: "post",
  path: "/analyses",
  tags: ["analyses"],
  summary: "Explain a log",
  description:
    `The body is the log: text, or gzip with Content-Encoding: gzip, at most ${LOG_BYTES_MAX} bytes, or fewer by the tier, also after inflating. ` +
    'With content type application/json it is {"log": "..."}, at most 1 MiB. Zip archives are not read yet. ' +
    `A log of at most ${LOG_INLINE_BYTES_MAX} bytes is answered with its result (201) if that takes less than 5 seconds; ` +
    "else, and for larger logs, the answer is 202 and Location. Prefer: wait=n waits up to 25 seconds, respond-async not at all.",
  middleware: [
    noStore(),
    needs("analyses.write", "analyses", { metered: true }),
    oneUpload(),
    smallJson,
  ] as const,
  request: {
    query: AnalysisMeta,
    headers: z.object({
      "idempotency-key": z.string().max(255).optional(),
      prefer: z.string().max(200).optional(),
    }),
    body: {
      content: {
        "text/plain": { schema: { type: "string", format: "binary" } },
        "application/octet-stream": { schema: { type: "string", format: "binary" } },
        "application/json": {
          schema: {
            type: "object",
            properties: { log: { type: "string" } },
            required: ["log"],
            additionalProperties: false,
          },
        },
      },
    },
  },
  responses: {
    201: jsonAnswer("The analysis with its result", AnalysisAnswer),
    202: jsonAnswer("The analysis is at work; Location tells where its result will be", Accepted),
    ...problems(
      "log_empty",
      "log_binary",
      "log_too_large",
      "compression_bomb",
      "payload_too_large",
      "unsupported_media_type",
      "backlog_full",
      "too_many_uploads",
      "spend_cap_reached",
      "idempotency_in_flight",
      "idempotency_mismatch",
      "not_implemented",
    ),
  },
});

/** JSON is parsed in memory, so it is small; a raw log is streamed. */
async function smallJson(c: AppContext, next: () => Promise<void>): Promise<Response | void> {
  return isJson(c) ? smallBody()(c, next) : next();
}

const isJson = (c: AppContext): boolean =>
  /^application\/json\b/i.test(c.req.header("content-type") ?? "");

export const intakeRoutes = createApp().openapi(create, async (c) => {
  const keyed = idempotentRequest(c, ROUTE);
  if (!keyed.ok) return refused(c, keyed.refusal);
  const body = await bodyOf(c);
  if (!body.ok) return refused(c, body.refusal);
  const id = newSubjectId(c);
  const meta = c.req.valid("query");
  const answer =
    keyed.value === undefined
      ? (await analysed(c, { id, repeated: false, meta, body: body.value })).response
      : await analysedOnce(c, { request: keyed.value, id, meta, body: body.value });
  return declared(answer);
});

const JsonLog = z.strictObject({ log: z.string() });

async function bodyOf(c: AppContext): Promise<Result<LogBody>> {
  if (isJson(c)) {
    const parsed = JsonLog.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return { ok: false, refusal: validationRefusal("json", parsed.error) };
    const { log } = parsed.data;
    return done({ stream: log === "" ? null : new Blob([log]).stream(), gzip: false });
  }
  const encoding = (c.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "gzip" && encoding !== "identity") {
    return refuse("unsupported_media_type", {
      detail: "Content-Encoding may be gzip or left out.",
    });
  }
  return done({ stream: c.req.raw.body, gzip: encoding === "gzip" });
}

interface Answered {
  readonly response: Response;
  /** Hex SHA-256 of the stored log; undefined when nothing was stored. */
  readonly sha256: string | undefined;
}

interface LogWish {
  readonly id: string;
  readonly repeated: boolean;
  readonly meta: AnalysisMeta;
  readonly body: LogBody;
}

async function analysed(c: AppContext, wish: LogWish): Promise<Answered> {
  const { id, repeated, meta, body } = wish;
  const { kind, id: principalId, org } = memberOf(c);
  const submission: Submission = {
    id,
    orgId: org,
    source: kind === "user" ? "console" : "api",
    createdBy: `${kind}:${principalId}`,
    meta,
    repeated,
    waitMs: waitMsOf(c.req.header("prefer")),
    requestId: c.var.requestId,
    traceparent: c.var.traceparent,
  };
  const ports = { env: c.env, sql: c.var.sql, now: c.var.now, log: c.var.log };
  const submitted = await submit(ports, submission, body);
  if (!submitted.ok) return { response: refused(c, submitted.refusal), sha256: undefined };
  const { analysis, ended, sha256 } = submitted.value;
  c.header("location", `/api/v1/analyses/${id}`);
  const { status, run_id } = analysis;
  return { response: ended ? c.json(analysis, 201) : c.json({ id, status, run_id }, 202), sha256 };
}

/** `respond-async` is 0, `wait=n` n seconds, nothing the default of the size. Source: RFC 7240. */
export function waitMsOf(prefer: string | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  if (/(?:^|[,;\s])respond-async(?:$|[,;\s])/i.test(prefer)) return 0;
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/i.exec(prefer)?.[1];
  return seconds === undefined ? undefined : Math.min(WAIT_S_MAX, Number(seconds)) * 1000;
}

interface OnceOnly {
  readonly request: IdempotentRequest;
  readonly id: string;
  readonly meta: AnalysisMeta;
  readonly body: LogBody;
}

/** The fingerprint of a streamed body is known at its end; a repeat hashes its own body first [C46]. */
async function analysedOnce(c: AppContext, wish: OnceOnly): Promise<Response> {
  const { request, meta, body } = wish;
  const begun = await request.begin(wish.id);
  if (!begun.ok) return refused(c, begun.refusal);
  const path = new URL(c.req.url).search + ROUTE;
  if (begun.value.kind === "repeat") return replayed(c, begun.value.stored, path, body);
  const id = begun.value.subjectId;
  return underLock(request, c.var.log, async () => {
    const repeated = id !== wish.id;
    const { response, sha256 } = await analysed(c, { id, repeated, meta, body });
    // A refused log was not stored, so there is nothing to compare a repeat with: it is looked at anew.
    if (sha256 === undefined) return { response, fingerprint: new Uint8Array(0), keep: false };
    return { response, fingerprint: await fingerprintOfDigest(path, sha256) };
  });
}

async function replayed(
  c: AppContext,
  stored: Stored,
  path: string,
  body: LogBody,
): Promise<Response> {
  const sha256 = await hashOf(body, LOG_BYTES_MAX);
  if (sha256 === undefined) return refused(c, { code: "idempotency_mismatch" });
  return replay(c, stored, await fingerprintOfDigest(path, sha256));
}
