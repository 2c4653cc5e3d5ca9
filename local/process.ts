/** Who a process is: a pid alone is reused by the system, so it counts only with its start time and executable [LN2]. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "./failure.ts";

/** A process beyond doubt. `startTime` is comparable only for equality: boot id and clock ticks, or a date on macOS. */
export type Identity = { pid: number; startTime: string; executable: string };

/** The process with this pid, or undefined when there is none. A zombie counts as dead (it holds nothing any more). */
export function identify(pid: number): Identity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return process.platform === "linux" ? identifyLinux(pid) : identifyByPs(pid);
}

/** True while exactly this process lives. */
export function alive(known: Identity): boolean {
  const found = identify(known.pid);
  return (
    found !== undefined &&
    found.startTime === known.startTime &&
    found.executable === known.executable
  );
}

/**
 * Sends a signal to exactly this process, or to its group; nothing happens when it is gone or is somebody else now.
 *
 * @returns whether the signal was sent
 */
export function signal(
  known: Identity,
  name: NodeJS.Signals,
  target: "process" | "group" = "process",
): boolean {
  if (!alive(known)) return false;
  try {
    process.kill(target === "group" ? -known.pid : known.pid, name);
    return true;
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
    throw error;
  }
}

/** Waits until the process is gone; false when it still lives after `limitMs`. */
export async function gone(known: Identity, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (alive(known)) {
    if (performance.now() >= end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** The processes whose parent is this one. */
export const childrenOf = (pid: number): Identity[] => related(pid, STAT_PARENT);

/**
 * The processes of a group, also when its leader is gone. While one of them lives, the system gives the group's number to nobody
 * else, so a group remembered with its leader's identity is still the same group.
 */
export const membersOf = (group: number): Identity[] => related(group, STAT_GROUP);

/** The words a process was started with; none when it is gone. */
export function argumentsOf(pid: number): string[] {
  try {
    if (process.platform === "linux")
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).split(" ");
  } catch {
    return []; // It ended between two looks.
  }
}

const POLL_MS = 20;

let bootId: string | undefined;

function related(pid: number, field: typeof STAT_PARENT | typeof STAT_GROUP): Identity[] {
  return allPids(field)
    .filter(([, other]) => other === pid)
    .flatMap(([member]) => identify(member) ?? []);
}

/** Every process with its parent or its group. */
function allPids(field: typeof STAT_PARENT | typeof STAT_GROUP): [pid: number, other: number][] {
  if (process.platform !== "linux") {
    const column = field === STAT_PARENT ? "ppid=" : "pgid=";
    const lines = execFileSync("ps", ["-axo", `pid=,${column}`], { encoding: "utf8" })
      .trim()
      .split("\n");
    return lines
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([pid = 0, other = 0]) => [pid, other]);
  }
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.flatMap((pid): [number, number][] => {
    const fields = statFields(pid);
    return fields === undefined ? [] : [[pid, Number(fields[field - STAT_STATE])]];
  });
}

/** Fields 3 and up of /proc/<pid>/stat; undefined when there is no such process. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces and parentheses: fields are counted after the last one.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw error;
  }
}

function identifyLinux(pid: number): Identity | undefined {
  try {
    const fields = statFields(pid);
    if (fields === undefined) return undefined;
    const [state] = fields;
    const ticks = fields[STAT_STARTTIME - STAT_STATE];
    if (state === undefined || ticks === undefined || state === "Z" || state === "X")
      return undefined;
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { pid, startTime: `${bootId}/${ticks}`, executable: executableOf(pid) };
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw error;
  }
}

/** Numbers of the fields in proc_pid_stat(5). */
const STAT_STATE = 3;
const STAT_PARENT = 4;
const STAT_GROUP = 5;
const STAT_STARTTIME = 22;

function executableOf(pid: number): string {
  try {
    // A reinstall deletes the file under a running process; it is still the same program.
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  } catch (error) {
    // Another user's process may hide its executable; then it is certainly not one of ours.
    if (codeOf(error) === "EACCES" || codeOf(error) === "EPERM") return "";
    throw error;
  }
}

function identifyByPs(pid: number): Identity | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=,comm=", "-p", String(pid)], {
      encoding: "utf8",
    }).trim();
    const match = /^(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s+(.+)$/.exec(line);
    if (match?.[2] === undefined || match[3] === undefined || match[1]?.startsWith("Z") === true)
      return undefined;
    return { pid, startTime: match[2], executable: match[3] };
  } catch {
    return undefined; // ps ends with 1 when there is no such process.
  }
}
