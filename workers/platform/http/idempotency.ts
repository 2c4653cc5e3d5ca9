/** Makes a repeated POST answer what the first one answered [AP5, AP6]. */
import type { MiddlewareHandler } from "hono";
import { equalBytes, sha256, toBase64url, utf8 } from "../adapters/bytes.ts";
import type { Log } from "../adapters/log.ts";
import type { Sql } from "../adapters/sql.ts";
import { done, refuse, uuidv7, UUID_RANDOM_BYTES, type Instant, type Result } from "../model.ts";
import { bytesOf, numberOrNull, textOf } from "../adapters/rows.ts";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Who died while it held the lock loses it after this. */
const LOCK_MS = 60_000;
const RENEW_MS = 20_000;
const KEEP_MS = 86_400_000;
/** Answers that say nothing about the request itself are not kept. */
const isKept = (status: number): boolean => status < 500 && status !== 429;

interface Slot {
  readonly org: string;
  readonly principal: string;
  readonly route: string;
  readonly key: string;
}

export interface Stored {
  readonly fingerprint: Uint8Array;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Begun =
  | { readonly kind: "first"; readonly subjectId: string }
  | { readonly kind: "repeat"; readonly stored: Stored };

/** What a request that carries a key does around its work. */
export class IdempotentRequest {
  readonly #sql: Sql;
  readonly #slot: Slot;
  readonly #now: () => Instant;

  constructor(sql: Sql, slot: Slot, now: () => Instant) {
    this.#sql = sql;
    this.#slot = slot;
    this.#now = now;
  }

  /** Takes the key, or finds what was answered. A takeover keeps the subject id, so effects happen once [C46]. */
  async begin(newSubjectId: string): Promise<Result<Begun>> {
    const { org, principal, route, key } = this.#slot;
    const now = this.#now();
    return this.#sql.transaction({ org }, async (tx) => {
      const [row] = await tx.query(
        `insert into platform.idempotency_keys as i (org_id, principal, route, key, subject_id, locked_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (org_id, principal, route, key) do update
           set locked_at = excluded.locked_at, expires_at = excluded.expires_at,
               subject_id = case when i.expires_at <= excluded.locked_at then excluded.subject_id else i.subject_id end,
               status = null, fingerprint = null, body = null, headers = null
           where i.expires_at <= excluded.locked_at or (i.status is null and i.locked_at <= $8)
         returning subject_id`,
        [
          org,
          principal,
          route,
          key,
          newSubjectId,
          iso(now),
          iso(now + KEEP_MS),
          iso(now - LOCK_MS),
        ],
      );
      if (row !== undefined)
        return done<Begun>({ kind: "first", subjectId: textOf(row, "subject_id") });
      const [found] = await tx.query(
        `select fingerprint, status, headers, body from platform.idempotency_keys
         where principal = $1 and route = $2 and key = $3`,
        [principal, route, key],
      );
      const status = found === undefined ? null : numberOrNull(found, "status");
      if (found === undefined || status === null)
        return refuse("idempotency_in_flight", { retryAfterS: 1 });
      const stored = {
        fingerprint: bytesOf(found, "fingerprint"),
        status,
        headers: headersOf(found["headers"]),
        body: textOf(found, "body"),
      };
      return done<Begun>({ kind: "repeat", stored });
    });
  }

  /** Says that the first request still works, so that nobody takes its key over. */
  async renew(): Promise<void> {
    const { org, principal, route, key } = this.#slot;
    await this.#sql.transaction({ org }, (tx) =>
      tx.query(
        "update platform.idempotency_keys set locked_at = $4 where principal = $1 and route = $2 and key = $3 and status is null",
        [principal, route, key, iso(this.#now())],
      ),
    );
  }

  async store(answer: Stored): Promise<void> {
    const { org, principal, route, key } = this.#slot;
    await this.#sql.transaction({ org }, (tx) =>
      tx.query(
        `update platform.idempotency_keys set fingerprint = $4, status = $5, headers = $6, body = $7
         where principal = $1 and route = $2 and key = $3`,
        [
          principal,
          route,
          key,
          answer.fingerprint,
          answer.status,
          JSON.stringify(answer.headers),
          answer.body,
        ],
      ),
    );
  }

  /**
   * Lets the lock go: the request was not answered, or not in a way worth keeping. The subject id stays: part of the
   * work may be done, and whoever tries again must find it [C46].
   */
  async release(): Promise<void> {
    const { org, principal, route, key } = this.#slot;
    await this.#sql.transaction({ org }, (tx) =>
      tx.query(
        "update platform.idempotency_keys set locked_at = $4 where principal = $1 and route = $2 and key = $3 and status is null",
        [principal, route, key, iso(0)],
      ),
    );
  }
}

const iso = (at: Instant): string => new Date(at).toISOString();

const headersOf = (value: unknown): Record<string, string> =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
    : {};

export const newSubjectId = (c: AppContext): string =>
  uuidv7(c.var.now(), c.var.random(UUID_RANDOM_BYTES));

/** The request's key and its slot; undefined without the header. Refusal: `validation_failed`. Call behind `needs` or `signedIn`. */
export function idempotentRequest(
  c: AppContext,
  route: string,
): Result<IdempotentRequest | undefined> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return done(undefined);
  if (!KEY.test(key)) {
    const error = {
      location: "header.Idempotency-Key",
      message: "is not 1 to 255 visible ASCII characters",
      fix: "Send for example a UUID.",
    };
    return refuse("validation_failed", { errors: [error] });
  }
  const { kind, id } = c.var.principal;
  // A user outside any organization makes one or joins one: kept with the reserved organization's.
  const org = c.var.principal.org ?? PLATFORM_ORG_ID;
  return done(
    new IdempotentRequest(c.var.sql, { org, principal: `${kind}:${id}`, route, key }, c.var.now),
  );
}

/** The stored answer, if it was given to this very request. */
export function replay(c: AppContext, stored: Stored, fingerprint: Uint8Array): Response {
  if (!equalBytes(stored.fingerprint, fingerprint))
    return refused(c, { code: "idempotency_mismatch" });
  const headers = new Headers(stored.headers);
  headers.set("idempotency-replayed", "true");
  return new Response(stored.body === "" ? null : stored.body, { status: stored.status, headers });
}

/** Headers of an answer that its replay carries too. */
const KEPT_HEADERS = ["content-type", "location"];

export interface Worked {
  readonly response: Response;
  readonly fingerprint: Uint8Array;
  /** Stored instead of the body, when that holds a value shown only once. */
  readonly keptBody?: string;
  /** False for an answer that a repeat should get anew. */
  readonly keep?: boolean;
}

/** Runs `work` under `request`'s lock, renewing it, and keeps its answer. */
export async function underLock(
  request: IdempotentRequest,
  log: Log,
  work: () => Promise<Worked>,
): Promise<Response> {
  // A lock that was not renewed may be taken over; the work goes on, and the subject id keeps its effects single.
  const renew = (): Promise<void> =>
    request.renew().catch((error: unknown) => {
      log.warn("the lock of an idempotency key was not renewed", { error: String(error) });
    });
  const renewal = setInterval(() => void renew(), RENEW_MS);
  try {
    const { response, fingerprint, keptBody, keep } = await work();
    if (keep === false || !isKept(response.status)) {
      await request.release();
      return response;
    }
    const headers: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = response.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    const body = keptBody ?? (await response.clone().text());
    await request.store({ fingerprint, status: response.status, headers, body });
    return response;
  } catch (error) {
    await request.release().catch((failure: unknown) => {
      log.warn("the lock of an idempotency key was not released", { error: String(failure) });
    });
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

/** Idempotency for routes whose body is small JSON. `once` names top-level fields of the answer that replay as null. */
export const idempotent =
  (route: string, options: { readonly once?: readonly string[] } = {}): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const request = idempotentRequest(c, route);
    if (!request.ok) return refused(c, request.refusal);
    c.set("subjectId", newSubjectId(c));
    if (request.value === undefined) return next();
    const keyed = request.value;
    const begun = await keyed.begin(c.var.subjectId);
    if (!begun.ok) return refused(c, begun.refusal);
    const fingerprint = await fingerprintOf(c.req.path, new Uint8Array(await c.req.arrayBuffer()));
    if (begun.value.kind === "repeat") return replay(c, begun.value.stored, fingerprint);
    c.set("subjectId", begun.value.subjectId);
    return underLock(keyed, c.var.log, async () => {
      await next();
      const keptBody =
        options.once === undefined ? undefined : await withoutFields(c.res, options.once);
      return { response: c.res, fingerprint, ...(keptBody === undefined ? {} : { keptBody }) };
    });
  };

export async function fingerprintOf(
  path: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  return sha256(utf8(`${path}\n${toBase64url(await sha256(body))}`));
}

/** The same for a body of which only the SHA-256 is known, in hex. */
export async function fingerprintOfDigest(path: string, sha256Hex: string): Promise<Uint8Array> {
  const digest = Uint8Array.from(sha256Hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return sha256(utf8(`${path}\n${toBase64url(digest)}`));
}

async function withoutFields(response: Response, fields: readonly string[]): Promise<string> {
  const parsed: unknown = await response.clone().json();
  if (typeof parsed !== "object" || parsed === null) return JSON.stringify(parsed);
  return JSON.stringify({
    ...parsed,
    ...Object.fromEntries(fields.filter((field) => field in parsed).map((field) => [field, null])),
  });
}

/** Forgets the keys of `org` whose time is over. */
export const expireKeys = async (sql: Sql, org: string, now: Instant): Promise<void> => {
  await sql.transaction({ org }, (tx) =>
    tx.query("delete from platform.idempotency_keys where org_id = $1 and expires_at <= $2", [
      org,
      iso(now),
    ]),
  );
};
