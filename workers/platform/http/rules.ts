/** Decisions of the HTTP layer: what a grant covers, and which paths are never looked at. */
import type { Grant, Principal } from "./model.ts";

/** True when `pattern` covers `resource`: `*` is one whole segment, a final `**` any depth, also none [ID20]. */
export function covers(pattern: string, resource: string): boolean {
  const wanted = resource.split("/");
  const given = pattern.split("/");
  const open = given.at(-1) === "**";
  const fixed = open ? given.slice(0, -1) : given;
  if (open ? wanted.length < fixed.length : wanted.length !== fixed.length) return false;
  return fixed.every((segment, i) => segment === "*" || segment === wanted[i]);
}

/** True when the grants allow it; an empty list allows nothing [ID23]. */
export const allows = (grants: readonly Grant[], action: string, resource: string): boolean =>
  grants.some((grant) => grant.action === action && covers(grant.resource, resource));

/** Areas whose reading is granted under another name [C47]. */
const READ_AREA: Readonly<Record<string, string>> = {
  tasks: "runs",
  backfills: "dags",
  sources: "dags",
  queries: "datasets",
  silences: "alerts",
  channels: "alerts",
  deliveries: "alerts",
};

/** Values of secrets are read by nobody; who may list them knows that they exist. */
const SECRETS_AREA = "secrets";

export const readActionOf = (action: string): string => {
  const area = action.split(".")[0] ?? action;
  if (area === SECRETS_AREA) return "secrets.list";
  return `${READ_AREA[area] ?? area}.read`;
};

/** What an API key may never do, whatever it was granted [KY3]. */
const KEY_CANNOT = new Set([
  "keys.write",
  "secrets.write",
  "members.write",
  "org.write",
  "org.delete",
  "org.owners",
]);

export const keyCannot = (action: string): boolean => KEY_CANNOT.has(action);

export type Decision = "allowed" | "not_found" | "forbidden" | "key_cannot";

/** A thing somebody may not even read does not exist for them; so 404 comes before 403 [ID22]. */
export function decide(principal: Principal, action: string, resource: string): Decision {
  if (!allows(principal.grants, readActionOf(action), resource)) {
    return allows(principal.grants, action, resource) &&
      !(principal.kind === "key" && keyCannot(action))
      ? "allowed"
      : "not_found";
  }
  if (principal.kind === "key" && keyCannot(action)) return "key_cannot";
  return allows(principal.grants, action, resource) ? "allowed" : "forbidden";
}

const GRANT = /^([a-z_]+\.[a-z_]+)(?:@([A-Za-z0-9_.~*/-]{1,200}))?$/;

/** `apps.deploy@apps/*` -> a grant; without `@` it covers everything. Undefined if malformed. */
export function parseGrant(text: string): Grant | undefined {
  const match = GRANT.exec(text);
  return match?.[1] === undefined ? undefined : { action: match[1], resource: match[2] ?? "**" };
}

export const grantText = (grant: Grant): string => `${grant.action}@${grant.resource}`;

/** True when whoever holds `held` may hand `wanted` on: the same action on the same or a narrower resource. */
export const includesGrant = (held: readonly Grant[], wanted: Grant): boolean =>
  held.some(
    (grant) =>
      grant.action === wanted.action &&
      (grant.resource === wanted.resource || narrower(wanted.resource, grant.resource)),
  );

/** Every resource of `inner` is one of `outer`. */
function narrower(inner: string, outer: string): boolean {
  const from = inner.split("/");
  const to = outer.split("/");
  const open = to.at(-1) === "**";
  const fixed = open ? to.slice(0, -1) : to;
  const innerOpen = from.at(-1) === "**";
  if (innerOpen && (!open || from.length - 1 < fixed.length)) return false;
  if (!innerOpen && (open ? from.length < fixed.length : from.length !== fixed.length))
    return false;
  return fixed.every((segment, i) => (segment === "*" ? from[i] !== "**" : segment === from[i]));
}

/**
 * True for a path in its one normal form. Doubled slashes, dot segments, encoded slashes, dots and backslashes are
 * ways around prefix checks; they name nothing [RL5].
 */
export function isNormalPath(path: string): boolean {
  return !/\/\/|\\|%2f|%5c|%2e|%00/i.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
}
