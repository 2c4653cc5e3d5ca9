/** Where a file stands in the house: its unit, its capability and its role, all read from its path alone. */

/** Roles a file inside a capability may have; a role that outgrows one file is a folder of the same name. */
export const ROLES = [
  "model",
  "rules",
  "machine",
  "service",
  "store",
  "client",
  "operators",
  "routes",
  "consumer",
  "schedule",
  "object",
] as const;
export type Role = (typeof ROLES)[number];

export const PURE: ReadonlySet<string> = new Set<Role>(["model", "rules", "machine"]);
export const INBOUND: ReadonlySet<string> = new Set<Role>([
  "routes",
  "consumer",
  "schedule",
  "object",
]);

/** The Workers, each a deployed unit of its own. */
export const WORKERS = ["platform", "apps", "builder", "parsers"] as const;
/** Folders beside `workers/` and `durable-objects/` that hold code. */
const OUTSIDE = ["local", "cli", "bench", "test", "templates"] as const;
/** The files that put the capabilities together; nothing else may (C12 of the register). */
const COMPOSITION: ReadonlySet<string> = new Set(["index.ts", "app.ts", "registry.ts"]);

export type Place =
  /** A file of a capability: `workers/<unit>/<capability>/<role>` or `durable-objects/<capability>/<role>`. */
  | { kind: "capability"; unit: string; capability: string; role: string }
  /** Vocabulary of a whole Worker, its inbound plumbing, its outbound plumbing. */
  | { kind: "root-model" | "http" | "adapters" | "composition"; unit: string; role: string }
  | { kind: "console" }
  | { kind: (typeof OUTSIDE)[number] }
  | { kind: "test-file" }
  | { kind: "config" }
  | { kind: "unknown" };

const TEST_FILE = /\.(?:test\.tsx?|e2e\.ts|browser\.ts|kill\.ts)$/;

/** @param path relative to the repository, with forward slashes */
export function placeOf(path: string): Place {
  const parts = path.split("/");
  const [top, second] = parts;
  if (parts.length === 1) return { kind: "config" };
  if (TEST_FILE.test(path)) return { kind: "test-file" };
  const outside = OUTSIDE.find((folder) => folder === top);
  if (outside !== undefined) return { kind: outside };
  if (top === "durable-objects") return inCapability("durable-objects", parts.slice(1));
  if (top !== "workers" || second === undefined) return { kind: "unknown" };
  if (second === "console") return { kind: "console" };
  return WORKERS.some((worker) => worker === second)
    ? inWorker(second, parts.slice(2))
    : { kind: "unknown" };
}

function inWorker(unit: string, parts: readonly string[]): Place {
  const [first = "", ...rest] = parts;
  if (rest.length === 0) {
    if (COMPOSITION.has(first)) return { kind: "composition", unit, role: stem(first) };
    return first === "model.ts" ? { kind: "root-model", unit, role: "model" } : { kind: "unknown" };
  }
  if (first === "http" || first === "adapters")
    return { kind: first, unit, role: stem(rest[0] ?? "") };
  return inCapability(unit, parts);
}

function inCapability(unit: string, parts: readonly string[]): Place {
  const [capability, file] = parts;
  if (capability === undefined || file === undefined) return { kind: "unknown" };
  return { kind: "capability", unit, capability, role: stem(file) };
}

const stem = (name: string): string => name.replace(/\.tsx?$/, "");

/** A file whose behavior depends on its arguments alone, in a capability, in the plumbing or at a Worker's root. */
export function isPure(place: Place): boolean {
  if (place.kind === "root-model") return true;
  const inFolder =
    place.kind === "http" || place.kind === "adapters" || place.kind === "capability";
  return inFolder && PURE.has(place.role);
}
