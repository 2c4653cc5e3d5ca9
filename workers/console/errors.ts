/** The one error shape of the console: what the API refused, why, and what to do about it [CN7]. */

/** A wrong field of a request, as the API names it. */
export interface FieldError {
  readonly location: string;
  readonly message: string;
  readonly fix: string;
}

export interface ApiErrorFields {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly remedy: string;
  readonly requestId?: string | undefined;
  /** Path of the page that explains the code, on this origin. */
  readonly docs?: string | undefined;
  readonly errors?: readonly FieldError[];
  /** Milliseconds since 1970 after which a repeat makes sense (429, 503 with `Retry-After`). */
  readonly retryAt?: number | undefined;
}

/** Every failed call of the console throws this, whatever failed. `status` is 0 when no answer came. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly remedy: string;
  readonly requestId: string | undefined;
  readonly docs: string | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAt: number | undefined;

  constructor(fields: ApiErrorFields) {
    super(fields.detail ?? fields.title);
    this.status = fields.status;
    this.code = fields.code;
    this.title = fields.title;
    this.detail = fields.detail;
    this.remedy = fields.remedy;
    this.requestId = fields.requestId;
    this.docs = fields.docs;
    this.errors = fields.errors ?? [];
    this.retryAt = fields.retryAt;
  }
}

/** What an HTTP answer carries that an error is made of. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string | null;
  readonly retryAfter: string | null;
}

/**
 * Reads an error answer. A body that is not problem+json (a proxy's page, say) still gives a code and a remedy.
 *
 * @param now milliseconds since 1970, for `Retry-After` in seconds
 */
export function errorFrom(answer: ErrorAnswer, now: number): ApiError {
  const body = isRecord(answer.body) ? answer.body : {};
  const seconds = Number(answer.retryAfter ?? Number.NaN);
  return new ApiError({
    status: answer.status,
    code: text(body["code"]) ?? `http_${answer.status}`,
    title: text(body["title"]) ?? `The server answered ${answer.status}`,
    detail: text(body["detail"]),
    remedy: text(body["remedy"]) ?? "Try again; if it stays, look at the log of the installation.",
    requestId: text(body["request_id"]) ?? answer.requestId ?? undefined,
    docs: /\/docs\/errors\/[a-z_]+$/.exec(text(body["type"]) ?? "")?.[0],
    errors: fieldErrors(body["errors"]),
    retryAt: Number.isFinite(seconds) ? now + seconds * 1_000 : undefined,
  });
}

/** No answer at all: the server is stopped, or the network is gone. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: "unreachable",
    title: "The installation does not answer",
    remedy:
      "Check that it runs (npm start) and that this computer is online; the page tries again by itself.",
  });
}

/** Anything thrown, as the one shape; a defect of the console itself is named as such. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError({
    status: 0,
    code: "console_defect",
    title: "The console itself failed",
    detail: thrown instanceof Error ? thrown.message : String(thrown),
    remedy: "Reload the page; if it stays, report what you did.",
  });
}

/** Whether something broke: no answer, or an answer that is no decision. Such a request is repeated by itself. */
export const isFault = (error: ApiError): boolean => error.status === 0 || error.status >= 500;

/** Whether a repeat of the same request may succeed, at once or later: nothing was decided yet. */
export const mayRetry = (error: ApiError): boolean =>
  isFault(error) || error.status === 429 || error.code === "idempotency_in_flight";

/** Field errors by the last name of their location: `/name` and `query.name` both give `name`. */
export function errorsByField(errors: readonly FieldError[]): Readonly<Record<string, FieldError>> {
  const byField: Record<string, FieldError> = {};
  for (const error of errors) {
    const name = error.location
      .split(/[/.]/)
      .findLast((part) => part !== "" && !/^\d+$/.test(part));
    if (name !== undefined) byField[name] ??= error;
  }
  return byField;
}

function fieldErrors(value: unknown): readonly FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map((entry) => ({
    location: text(entry["location"]) ?? "",
    message: text(entry["message"]) ?? "is not valid",
    fix: text(entry["fix"]) ?? "",
  }));
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
