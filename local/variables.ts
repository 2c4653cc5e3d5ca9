/** The Workers' variables: what wrangler.toml declares, what `--var` overrides, what the launcher itself sets. */
import { EXIT, Failure } from "./failure.ts";

/** The `[vars]` of a wrangler.toml. We write that file: one `NAME = "value"` per line, so no TOML library is needed. */
export function declaredVariables(toml: string): Record<string, string> {
  const section = /^\[vars\]\n((?:(?!\[).*\n?)*)/m.exec(toml)?.[1] ?? "";
  const pairs = [...section.matchAll(/^([A-Z][A-Z0-9_]*)\s*=\s*"(.*)"\s*$/gm)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value]));
}

/** The hosts a plane answers for: loopback by its names, and the address it was told to listen on [LN14]. */
export function publicHosts(host: string, port: number): string {
  const named = ["0.0.0.0", "::", "127.0.0.1", "localhost"].includes(host)
    ? []
    : [host.includes(":") ? `[${host}]` : host];
  return ["localhost", "127.0.0.1", "[::1]", ...named].map((name) => `${name}:${port}`).join(",");
}

/**
 * Checks the overrides against what the Workers declare, and the two that belong together (C10).
 *
 * @param declared `[vars]` of wrangler.toml
 * @throws Failure(check)
 */
export function checkVariables(
  overrides: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, string>>,
): void {
  const unknown = Object.keys(overrides).find((name) => !Object.hasOwn(declared, name));
  if (unknown !== undefined) {
    const remedy = `use one of: ${Object.keys(declared).join(", ")}`;
    throw new Failure(EXIT.check, `--var ${unknown} is no variable of wrangler.toml`, { remedy });
  }
  const all = { ...declared, ...overrides };
  const leaseMs = Number(all["LEASE_MS"] ?? 30_000);
  const heartbeatMs = Number(all["HEARTBEAT_MS"] ?? 10_000);
  if (
    Number.isSafeInteger(leaseMs) &&
    Number.isSafeInteger(heartbeatMs) &&
    heartbeatMs >= 100 &&
    leaseMs >= 3 * heartbeatMs
  )
    return;
  throw new Failure(
    EXIT.check,
    `LEASE_MS ${leaseMs} and HEARTBEAT_MS ${heartbeatMs} do not fit: a worker may miss two heartbeats`,
    {
      remedy: "give whole milliseconds with LEASE_MS >= 3 x HEARTBEAT_MS and HEARTBEAT_MS >= 100",
    },
  );
}
