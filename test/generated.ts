/** The files that follow from the code: the OpenAPI document, and a page per error code. */
import { createPlatform, WORKER_PORTS } from "../workers/platform/app.ts";
import { documentOf } from "../workers/platform/http/document.ts";
import { errorPage } from "../workers/platform/http/error-page.ts";
import { PROBLEMS, type ProblemCode } from "../workers/platform/http/model.ts";

/** Path from the root of the repository -> text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const document = JSON.stringify(documentOf(createPlatform(WORKER_PORTS)), null, 2);
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return new Map([
    ["docs/openapi.json", `${document}\n`],
    ...codes.map((code) => [`docs/errors/${code}.md`, errorPage(code)] as const),
  ]);
}
