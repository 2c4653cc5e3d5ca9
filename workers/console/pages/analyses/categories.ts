/** The categories as the filter offers them. The type keeps the list equal to the API's: a code more or less fails to compile. */
import type { CATEGORY_CODES, CategoryGroup } from "../../../platform/analyses/model.ts";

// The table is repeated as values because importing it would load zod; `satisfies` holds both sides equal.
const CODES = {
  compile: ["syntax", "type", "symbol", "link", "codegen"],
  test: ["assertion", "error", "timeout", "crash", "snapshot", "setup"],
  lint: ["style", "format", "static", "docs", "coverage_gate"],
  runtime: ["exception", "segfault", "panic", "sanitizer", "missing_file", "database"],
  dependency: ["resolve", "conflict", "install", "lockfile", "integrity", "missing_module"],
  config: ["workflow", "build_script", "env_missing", "tool_missing", "tool_version"],
  deploy: ["apply", "migration", "publish", "health_check", "quota"],
  infra: ["runner_lost", "pod", "image_pull", "image_missing", "daemon", "image_build"],
  resource: ["oom", "disk_full", "file_handles", "device"],
  timeout: ["job", "step", "no_output", "remote"],
  network: ["dns", "refused", "reset", "tls", "proxy"],
  remote: ["unavailable", "not_found", "rate_limited", "bad_content"],
  auth: ["denied", "token", "certificate", "registry", "permission"],
  vcs: ["checkout", "conflict", "submodule", "lfs", "push_rejected"],
} as const satisfies { readonly [G in CategoryGroup]: (typeof CATEGORY_CODES)[G] };

/** `group.code` of every category, and `unknown`. */
export const CATEGORIES: readonly string[] = [
  ...Object.entries(CODES).flatMap(([group, codes]) => codes.map((code) => `${group}.${code}`)),
  "unknown",
];
