import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { peerSides } from "./fanout-peers.ts";
import { sampleOf } from "./peers/outcome.ts";

const Package = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()).optional(),
});
const read = (path: string): string => readFileSync(join(import.meta.dirname, path), "utf8");

test("[BH1] peers are pinned in bench/package.json and none is a package of the product", () => {
  const peers = Package.parse(JSON.parse(read("package.json"))).dependencies;
  const product = Package.parse(JSON.parse(read("../package.json")));
  const ours = Object.keys({ ...product.dependencies, ...product.devDependencies });
  expect(Object.keys(peers).filter((name) => ours.includes(name))).toEqual([]);
  for (const version of Object.values(peers)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("[BH1] the lock of the peers names no download address", () => {
  expect(read("package-lock.json")).not.toContain('"resolved"');
});

const sides = peerSides(10_000, {
  urlFor: () => {
    throw new Error("not opened");
  },
  process: { pid: 0, startTime: "", executable: "" },
});

test("[BH5] each peer has its defaults first and a tuned row after it", () => {
  const measured = sides.filter(({ id }) => id !== "bullmq");
  for (let n = 0; n < measured.length; n += 2) {
    const [defaults, tuned] = measured.slice(n, n + 2).map(({ id }) => id);
    expect([defaults?.replace("-defaults", ""), tuned]).toEqual([
      tuned?.replace("-tuned", ""),
      expect.stringMatching(/-tuned$/),
    ]);
  }
});

test("[BH5] a default that would take hours is named, not measured", () => {
  expect(sides.find(({ id }) => id === "pg-boss-defaults")).toMatchObject({
    missing: "not measured",
    reason: "one job every 2 s: this workload would take 5.6 h",
  });
});

test("[BH3] every store of a peer is durable, Redis in both of its ways", () => {
  const settings = sides.flatMap((side) => ("settings" in side ? [side.settings] : []));
  expect(settings.every((each) => each["fsync"] === true || "appendfsync" in each)).toBe(true);
  const redis = settings.flatMap((each) => each["appendfsync"] ?? []);
  if (redis.length > 0) expect(new Set(redis)).toEqual(new Set(["everysec", "always"]));
});

test("[BH4] a round with a lost, doubled or unstored task is inexact", () => {
  const right = { emitted: 2, succeeded: 2, lost: 0, doubled: 0, stored: 2, elapsedMs: 1_500 };
  expect(sampleOf(right, 1, 2)).toMatchObject({ values: { elapsed: 1.5 }, wrong: null });
  for (const wrong of [{ lost: 1, succeeded: 1 }, { doubled: 1 }, { stored: 1 }, { emitted: 3 }]) {
    expect(sampleOf({ ...right, ...wrong }, 1, 2).wrong).toContain("inexact");
  }
});
