/** Turns schema errors into field errors that never repeat the input. */
import type { z } from "zod";
import type { FieldError, Refusal } from "../model.ts";

const PREFIX: Readonly<Record<string, string>> = {
  query: "query.",
  header: "header.",
  param: "path.",
  cookie: "cookie.",
};

/** A path id that is malformed names nothing, hence 404; all else is 422 [AP2]. */
export function validationRefusal(target: string, error: z.core.$ZodError): Refusal {
  if (target === "param") return { code: "not_found" };
  const prefix = PREFIX[target];
  return {
    code: "validation_failed",
    errors: error.issues.map((issue): FieldError => ({
      location:
        prefix === undefined
          ? `/${issue.path.map(String).join("/")}`
          : `${prefix}${issue.path.map(String).join(".")}`,
      message: messageOf(issue),
      fix: fixOf(issue),
    })),
  };
}

/** The library's words, but for the one message that repeats what was sent [AP3]. */
const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === "unrecognized_keys" ? "There is no such field." : issue.message;

function fixOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return "Remove the field.";
    case "too_big":
      return `At most ${String(issue.maximum)}.`;
    case "too_small":
      return `At least ${String(issue.minimum)}.`;
    case "invalid_type":
      return `Send a value of type ${issue.expected}.`;
    case "invalid_value":
      return `One of: ${issue.values.map(String).join(", ")}.`;
    default:
      return "Send the form the OpenAPI document describes.";
  }
}
