/** The linter of the OpenAPI document finds what it is there for; the gate runs it on docs/openapi.json. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlatform, WORKER_PORTS } from "../../workers/platform/app.ts";
import { documentOf } from "../../workers/platform/http/document.ts";

const ROOT = join(import.meta.dirname, "../..");
const DOCUMENT = JSON.stringify(documentOf(createPlatform(WORKER_PORTS)));

/** Lints a document; undefined when it is clean, else what was found. */
function findings(document: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "document-"));
  try {
    const file = join(folder, "openapi.json");
    writeFileSync(file, document);
    const { status, stdout, stderr } = spawnSync(
      join(ROOT, "node_modules/.bin/redocly"),
      ["lint", file, "--config", join(ROOT, "test/contract/redocly.yaml"), "--format=stylish"],
      {
        encoding: "utf8",
        env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
      },
    );
    return status === 0 ? undefined : stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("[AP1] the document of the code has no finding", () => {
  expect(findings(DOCUMENT)).toBeUndefined();
});

test.each([
  ["an operation without a summary", '"summary":', '"x-summary":', "operation-summary"],
  ["a name given twice", '"operationId":"getReady"', '"operationId":"getHealth"', "unique"],
  ["an unknown credential", '"security":[{"session":[]}]', '"security":[{"x":[]}]', "security"],
  ["a type that does not exist", '"type":"integer"', '"type":"int"', "struct"],
] as const)("[AP1] it finds %s", (_, from, to, rule) => {
  expect(DOCUMENT).toContain(from);
  expect(findings(DOCUMENT.replace(from, to))).toContain(rule);
});
