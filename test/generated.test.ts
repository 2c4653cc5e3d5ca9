/** Generated files are as the code says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedFiles } from "./generated.ts";

test("[AP1] the committed OpenAPI document and error pages are those of the code; else run npm run generate", () => {
  for (const [path, text] of generatedFiles()) {
    expect(readFileSync(join(import.meta.dirname, "..", path), "utf8"), path).toBe(text);
  }
});
