/** Who a process is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { alive, childrenOf, gone, identify, membersOf, signal } from "./process.ts";

const sleeper = async (detached = false) => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    detached,
    stdio: "ignore",
  });
  await once(child, "spawn");
  const found = identify(child.pid ?? 0);
  if (found === undefined) throw new Error("the child is gone");
  return { child, found };
};

test("[LN2] a process is known by pid, start time and executable; any other value of one is another process", async () => {
  const { child, found } = await sleeper();
  expect(alive(found)).toBe(true);
  expect(alive({ ...found, startTime: "another" })).toBe(false);
  expect(alive({ ...found, executable: "/bin/other" })).toBe(false);
  child.kill("SIGKILL");
  expect(await gone(found, 2_000)).toBe(true);
});

test("[LN2] a signal meant for a process that is gone reaches nobody", async () => {
  const { child, found } = await sleeper();
  expect(signal({ ...found, startTime: "earlier" }, "SIGKILL")).toBe(false);
  expect(alive(found)).toBe(true);
  expect(signal(found, "SIGKILL")).toBe(true);
  await once(child, "exit");
  expect(signal(found, "SIGKILL")).toBe(false);
});

test("[LN3] children and the members of a group are found without knowing their names", async () => {
  const { child, found } = await sleeper(true);
  expect(childrenOf(process.pid)).toContainEqual(found);
  expect(membersOf(found.pid)).toEqual([found]);
  child.kill("SIGKILL");
  await gone(found, 2_000);
  expect(membersOf(found.pid)).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "[LN2] a zombie counts as dead: it holds nothing any more",
  async () => {
    // The shell becomes a program that never waits for the child it left.
    const shell = spawn("/bin/sh", ["-c", "sleep 0.05 & echo $!; exec sleep 5"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = await once(shell.stdout, "data");
    const zombie = Number(String(line).trim());
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(identify(zombie)).toBeUndefined();
    shell.kill("SIGKILL");
  },
);
