/** The role table: which file may import which, and which package. Inbound -> service -> outbound -> pure. */
import { INBOUND, isPure, type Place, placeOf } from "./roles.ts";

/** Own roles a role may import, besides files of its own role and pure files, which every role may. */
const OWN: Record<string, readonly string[]> = {
  model: [],
  rules: [],
  machine: [],
  service: ["store", "client"],
  store: [],
  client: [],
  operators: ["service", "store"],
  routes: ["service", "store"],
  consumer: ["service", "store"],
  schedule: ["service", "store"],
  object: ["service", "store"],
};

/** What one capability shows to every other. */
const VISIBLE: ReadonlySet<string> = new Set(["model", "rules", "service"]);

/** Packages by role. A role that is missing here, or in none of the lists, sees no package. */
const PURE_PACKAGES = ["zod", "@noble/hashes", "ipaddr.js"];
const PACKAGES: Record<string, readonly string[]> = {
  model: PURE_PACKAGES,
  rules: PURE_PACKAGES,
  machine: PURE_PACKAGES,
  service: [...PURE_PACKAGES, "drizzle-orm", "cloudflare:", "jose"],
  store: [...PURE_PACKAGES, "drizzle-orm", "cloudflare:"],
  operators: [...PURE_PACKAGES, "cloudflare:"],
  routes: [...PURE_PACKAGES, "hono", "@hono/zod-openapi"],
  consumer: [...PURE_PACKAGES, "cloudflare:"],
  schedule: PURE_PACKAGES,
  object: [...PURE_PACKAGES, "cloudflare:"],
};

/**
 * Why `from` may not import `to`, or null when it may.
 *
 * @param from repository path of the importing file
 * @param to   repository path of an imported file of ours, or the bare name of a package
 */
export function importRefusal(from: string, to: string): string | null {
  const place = placeOf(from);
  if (place.kind === "test-file" || place.kind === "config" || place.kind === "test") return null;
  return isPath(to) ? fileRefusal(place, placeOf(to), to) : packageRefusal(place, to);
}

/** Repository paths end in a file name with an extension below a folder; packages never do. */
const isPath = (to: string): boolean =>
  /^(?!@)[\w.-]+\/.*\.(?:[cm]?[jt]sx?|json|css|sql|html|svg)$/.test(to) || to === "package.json";

function fileRefusal(from: Place, to: Place, path: string): string | null {
  if (to.kind === "test-file") return "a test is imported by nothing";
  if (to.kind === "test") return from.kind === "bench" ? null : "nothing imports test/";
  if (to.kind === "templates")
    return from.kind === "templates" ? null : "templates are read as data, never imported";
  if (from.kind === "templates") return "a template imports nothing of ours";
  if (isPure(to) || isData(path)) return null;
  switch (from.kind) {
    case "composition":
      return to.kind === "capability" && to.unit !== from.unit && to.unit !== "durable-objects"
        ? "a Worker sees only the pure files of another Worker"
        : null;
    case "console":
      return to.kind === "console" ? null : "the console sees pure files and its own";
    case "cli":
      return to.kind === "cli" ? null : "the command line tool sees pure files and its own";
    case "local":
      return to.kind === "local" || to.kind === "cli"
        ? null
        : "the launcher sees pure files and its own";
    case "bench":
      return to.kind === "bench" || to.kind === "local" || to.kind === "cli"
        ? null
        : "a bench sees pure files, local/ and test/";
    case "http":
      return plumbingRefusal(from, to);
    case "adapters":
      return to.kind === "adapters" || isObjectClient(to)
        ? null
        : "outbound plumbing sees pure files and other adapters";
    case "capability":
      return capabilityRefusal(from, to);
    default:
      return isPure(from) ? "a pure file imports pure files only" : null;
  }
}

/** The caller's side of a Durable Object: the local database port speaks through one; it takes the object's RPC type. */
const isObjectClient = (place: Place): boolean =>
  place.kind === "capability" && place.unit === "durable-objects" && place.role === "client";

const isData = (path: string): boolean => path === "package.json" || path.endsWith(".css");

/** Inbound plumbing authenticates and authorizes, so it may ask services; it never reaches a route. */
function plumbingRefusal(from: Place, to: Place): string | null {
  if (isPure(from)) return "a pure file imports pure files only";
  if (to.kind === "http" || to.kind === "adapters") return null;
  return to.kind === "capability" && VISIBLE.has(to.role)
    ? null
    : "inbound plumbing sees adapters, models, rules and services";
}

function capabilityRefusal(from: Extract<Place, { kind: "capability" }>, to: Place): string | null {
  if (isPure(from)) return `a pure file (${from.role}) imports pure files only`;
  if (to.kind === "adapters") return null;
  if (to.kind === "http") return INBOUND.has(from.role) ? null : "http/ is for inbound files";
  if (to.kind !== "capability")
    return "capabilities are composed in index.ts, app.ts and registry.ts alone";
  if (!sameUnit(from.unit, to.unit)) return "a Worker sees only the pure files of another Worker";
  if (isObjectClient(from) && to.role === "object") return null;
  if (from.unit === to.unit && from.capability === to.capability)
    return ownRefusal(from.role, to.role);
  return VISIBLE.has(to.role)
    ? null
    : `of another capability only model, rules and service are visible, not ${to.role}`;
}

/** Durable Objects are hosted by `platform`, so the two share services. */
const sameUnit = (from: string, to: string): boolean =>
  from === to || [from, to].every((unit) => unit === "platform" || unit === "durable-objects");

function ownRefusal(from: string, to: string): string | null {
  if (from === to) return null;
  if (INBOUND.has(from) && INBOUND.has(to)) return "an inbound file never imports an inbound file";
  return OWN[from]?.includes(to) === true ? null : `${from} may not import ${to}`;
}

function packageRefusal(from: Place, name: string): string | null {
  if (isPure(from))
    return allowed(PURE_PACKAGES, name) ? null : `a pure file may not import ${name}`;
  if (from.kind !== "capability" || from.role === "client") return null;
  const list = PACKAGES[from.role];
  if (list === undefined) return `unknown role ${from.role}: see the role list in ARCHITECTURE.md`;
  return allowed(list, name) ? null : `${from.role} may not import the package ${name}`;
}

const allowed = (list: readonly string[], name: string): boolean =>
  list.some(
    (entry) => name === entry || name.startsWith(entry.endsWith(":") ? entry : `${entry}/`),
  );
