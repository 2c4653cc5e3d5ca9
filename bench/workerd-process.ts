/** CPU seconds and memory of the workerd processes of a running product. */
import { readFileSync } from "node:fs";
import { cpuSeconds, memoryMb, processTree, resetPeakMemory } from "./machine.ts";

/** The workerd processes below the launcher; empty where there is no /proc. */
export const workerdPids = (launcherPid: number): readonly number[] =>
  processTree(launcherPid).filter((pid) => commandOf(pid) === "workerd");

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

export interface Cost {
  /** User and system seconds of all workerd processes. */
  readonly cpuSeconds: number;
  /** Peak resident set above the one at the start, of the process that grew most, in MB. */
  readonly grownMb: number;
}

/** Runs `work` and tells what it cost workerd. Throws where the system does not count it (no /proc). */
export async function withWorkerdCost<T>(
  launcherPid: number,
  work: () => Promise<T>,
): Promise<{ value: T; cost: Cost }> {
  const pids = workerdPids(launcherPid);
  const idle = new Map(pids.map((pid) => [pid, restingMb(pid)]));
  const before = cpuSeconds(pids);
  const value = await work();
  const after = cpuSeconds(pids);
  if (before === null || after === null || pids.length === 0)
    throw new Error("workerd's CPU time cannot be read here.");
  const grown = pids.map((pid) => (memoryMb(pid)?.peak ?? 0) - (idle.get(pid) ?? 0));
  return { value, cost: { cpuSeconds: after - before, grownMb: Math.max(...grown) } };
}

function restingMb(pid: number): number {
  if (!resetPeakMemory(pid)) throw new Error("The peak of workerd's memory cannot be reset here.");
  return memoryMb(pid)?.now ?? 0;
}
