/** Flags and variables of the launcher. */
import { describe, expect, test } from "vitest";
import { DEFAULTS, parseFlags } from "./flags.ts";
import { checkVariables, declaredVariables, publicHosts } from "./variables.ts";

const exit1 = (message: RegExp) =>
  expect.objectContaining({ exitCode: 1, message: expect.stringMatching(message) });

describe("flags", () => {
  test("none: the documented defaults", () => expect(parseFlags([])).toEqual(DEFAULTS));

  test("a value may follow or be attached, and a variable may hold an equals sign", () => {
    const flags = parseFlags([
      "--port",
      "0",
      "--apps-port=9000",
      "--var",
      "A=b=c",
      "--no-demo",
      "--json",
    ]);
    expect(flags).toMatchObject({
      port: 0,
      appsPort: 9000,
      vars: { A: "b=c" },
      demo: false,
      json: true,
    });
  });

  test.each([
    [["--prot", "1"], /no flag --prot/],
    [["--port"], /--port needs a value/],
    [["--port", "65536"], /not a port/],
    [["--port", "8788"], /are the same/],
    [["--var", "lower=1"], /not NAME=VALUE/],
  ])("%j is refused with what is allowed", (args, message) => {
    expect(() => parseFlags(args)).toThrow(exit1(message));
  });
});

describe("variables", () => {
  const toml =
    'name = "x"\n[vars]\nISSUER = "http://a"\nLEASE_MS = "30000"\nHEARTBEAT_MS = "10000"\n\n[secrets]\nKEY = "no"\n';
  const declared = declaredVariables(toml);

  test("only the top level's own section is read", () => {
    expect(declared).toEqual({ ISSUER: "http://a", LEASE_MS: "30000", HEARTBEAT_MS: "10000" });
  });

  test("a name that the Worker does not declare is refused", () => {
    expect(() => checkVariables({ LEASE: "1" }, declared)).toThrow(
      exit1(/--var LEASE is no variable/),
    );
  });

  test.each([
    ["6000", "2000", true],
    ["6000", "2001", false],
    ["x", "2000", false],
    ["300", "99", false],
  ])("a lease of %s ms with heartbeats of %s ms is taken: %s", (lease, heartbeat, taken) => {
    const check = () => checkVariables({ LEASE_MS: lease, HEARTBEAT_MS: heartbeat }, declared);
    if (taken) expect(check).not.toThrow();
    else expect(check).toThrow(exit1(/do not fit/));
  });

  test("[LN14] hosts are loopback by its names, and the named address that is listened on", () => {
    expect(publicHosts("127.0.0.1", 1)).toBe("localhost:1,127.0.0.1:1,[::1]:1");
    expect(publicHosts("192.0.2.7", 1)).toContain("192.0.2.7:1");
    expect(publicHosts("0.0.0.0", 1)).not.toContain("0.0.0.0");
  });
});
