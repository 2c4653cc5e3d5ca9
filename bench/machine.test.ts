import { expect, test } from "vitest";
import { commit, cpuSeconds, machine, memoryMb, processTree, withCpu } from "./machine.ts";

test("[BH3] the machine is named by its parts: no host name, no path", () => {
  expect(Object.keys(machine()).toSorted()).toEqual([
    "cores",
    "cpu",
    "memory_gib",
    "node",
    "postgres",
    "system",
    "workerd",
  ]);
});

test.runIf(process.platform === "linux")(
  "[BH3] CPU seconds of a process tree grow while it works",
  async () => {
    expect(processTree(process.pid)).toContain(process.pid);
    const { cpuSeconds: spent } = await withCpu([process.pid], async () => {
      for (const end = performance.now() + 60; performance.now() < end;);
    });
    expect(spent).toBeGreaterThan(0.02);
  },
);

test("a process that is gone has no CPU time and no memory", () => {
  expect(cpuSeconds([2 ** 30])).toBe(null);
  expect(memoryMb(2 ** 30)).toBe(null);
});

test("outside a clone the commit is unknown", () => {
  expect(commit("/")).toBe("unknown");
});
