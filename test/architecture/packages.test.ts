/** What is installed: exact versions, one runtime, no address of a download. */
import { expect, test } from "vitest";
import { z } from "zod";
import { readText } from "./files.ts";

const Versions = z.record(z.string(), z.string()).default({});
const Package = z.object({
  dependencies: Versions,
  devDependencies: Versions,
  optionalDependencies: Versions,
  engines: z.object({ node: z.string() }).optional(),
});
const Lock = z.object({
  packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })),
});

const manifest = Package.parse(JSON.parse(readText("package.json")));
const lock = Lock.parse(JSON.parse(readText("package-lock.json")));
const bench = Package.parse(JSON.parse(readText("bench/package.json")));
const all = (of: z.infer<typeof Package>): Record<string, string> => ({
  ...of.dependencies,
  ...of.devDependencies,
  ...of.optionalDependencies,
});

test.each([
  ["the product", manifest],
  ["the benches", bench],
])("every version of %s is exact", (_, of) => {
  const loose = Object.entries(all(of)).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version),
  );
  expect(loose).toEqual([]);
});

test("the lock installs what package.json names", () => {
  const different = Object.entries(all(manifest)).filter(
    ([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version,
  );
  expect(different).toEqual([]);
});

test("there is one workerd, for every platform it is built for", () => {
  const named = Object.keys(lock.packages);
  expect(named.filter((path) => path.endsWith("node_modules/workerd"))).toEqual([
    "node_modules/workerd",
  ]);
  const platforms = named.filter((path) => /node_modules\/@cloudflare\/workerd-/.test(path));
  expect(platforms.map((path) => path.replace(/.*workerd-/, "")).toSorted()).toEqual([
    "darwin-64",
    "darwin-arm64",
    "linux-64",
    "linux-arm64",
    "windows-64",
  ]);
});

test("every part of Vitest has one version", () => {
  const parts = Object.entries(lock.packages).filter(([path]) =>
    /node_modules\/(?:vitest|@vitest\/[a-z-]+)$/.test(path),
  );
  expect([...new Set(parts.map(([, { version }]) => version))]).toEqual([all(manifest)["vitest"]]);
});

test("Node 20 may install; the peers of the benches are no part of the product", () => {
  expect(manifest.engines?.node).toBe(">=20");
  for (const peer of ["graphile-worker", "pg-boss", "bullmq"])
    expect(all(manifest)).not.toHaveProperty(peer);
});
