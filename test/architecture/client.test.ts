/** The client's types are those of the committed API description; writing them needs an install of its own, checking not. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { headOf } from "../../cli/openapi/generate.ts";
import { readText } from "./files.ts";

test("[AP10] cli/client/schema.d.ts was written from docs/openapi.json as it is; else run npm run generate", () => {
  const hash = createHash("sha256").update(readText("docs/openapi.json")).digest("hex");
  expect(readText("cli/client/schema.d.ts").split("\n")[0]).toBe(headOf(hash));
});
