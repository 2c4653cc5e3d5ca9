/** How failures become the one error shape. */
import { expect, test } from "vitest";
import {
  ApiError,
  asApiError,
  errorFrom,
  errorsByField,
  isFault,
  mayRetry,
  unreachable,
} from "./errors.ts";

const NOW = 1_790_000_000_000;

test("[CN7] a problem answer keeps code, remedy, request id and field errors", () => {
  const error = errorFrom(
    {
      status: 422,
      body: {
        type: "http://localhost/docs/errors/validation_failed",
        title: "The request is not valid",
        status: 422,
        code: "validation_failed",
        request_id: "req_12345678",
        remedy: "Correct the fields listed under errors.",
        errors: [{ location: "/name", message: "Too long.", fix: "Use at most 200 characters." }],
      },
      requestId: "other",
      retryAfter: null,
    },
    NOW,
  );
  expect(error).toMatchObject({
    status: 422,
    code: "validation_failed",
    requestId: "req_12345678",
    docs: "/docs/errors/validation_failed",
    remedy: "Correct the fields listed under errors.",
  });
  expect(errorsByField(error.errors)).toEqual({
    name: { location: "/name", message: "Too long.", fix: "Use at most 200 characters." },
  });
});

test.each([null, "<html>Bad Gateway</html>", [], { code: 7, errors: "no" }])(
  "[CN7] an answer that is no problem document (%j) still has a code and a remedy",
  (body) => {
    const error = errorFrom(
      { status: 502, body, requestId: "req_abc12345", retryAfter: null },
      NOW,
    );
    expect(error).toMatchObject({
      status: 502,
      code: "http_502",
      requestId: "req_abc12345",
      errors: [],
    });
    expect(error.remedy).not.toBe("");
  },
);

test("[CN7] Retry-After becomes the time of the countdown", () => {
  expect(
    errorFrom({ status: 429, body: null, requestId: null, retryAfter: "7" }, NOW).retryAt,
  ).toBe(NOW + 7_000);
  expect(
    errorFrom({ status: 429, body: null, requestId: null, retryAfter: "soon" }, NOW).retryAt,
  ).toBeUndefined();
});

test.each([
  [0, "unreachable", true],
  [500, "internal", true],
  [503, "unavailable", true],
  [429, "rate_limited", true],
  [409, "idempotency_in_flight", true],
  [409, "task_state", false],
  [404, "not_found", false],
  [422, "validation_failed", false],
])("[CN7] %i %s may be tried again: %s", (status, code, again) => {
  expect(mayRetry(new ApiError({ status, code, title: "", remedy: "" }))).toBe(again);
});

test("[CN7] only what broke is repeated by itself; a full limit waits for a person", () => {
  const of = (status: number) => new ApiError({ status, code: "x", title: "", remedy: "" });
  expect([0, 500, 503, 429, 404].map((status) => isFault(of(status)))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("[CN7] whatever was thrown is shown in the same shape", () => {
  const known = unreachable();
  expect(asApiError(known)).toBe(known);
  expect(asApiError(new TypeError("x is not a function"))).toMatchObject({
    code: "console_defect",
    detail: "x is not a function",
  });
  expect(asApiError("text")).toMatchObject({ code: "console_defect", detail: "text" });
});

test("[CN7] a field is found by the last name of its location", () => {
  const at = (location: string) => ({ location, message: "m", fix: "f" });
  expect(Object.keys(errorsByField([at("/grants/0"), at("query.name"), at("/"), at("")]))).toEqual([
    "grants",
    "name",
  ]);
});
