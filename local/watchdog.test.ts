/** When a part counts as hung. */
import { expect, test } from "vitest";
import { WATCH, WATCH_START, judge, watch, type Sighting, type WatchState } from "./watchdog.ts";

/** The actions that a row of sightings, 2 s apart, leads to. */
function play(seen: readonly Sighting[], everyMs = WATCH.everyMs): string[] {
  let state: WatchState = WATCH_START;
  return seen.map((sighting, index) => {
    const verdict = judge(state, sighting, index * everyMs);
    state = verdict.state;
    return verdict.action;
  });
}

const missed = (n: number): Sighting[] => Array.from({ length: n }, () => "missed");

test("[WD7] five misses in a row are a hang, four are not", () => {
  expect(play(missed(5))).toEqual(["none", "none", "none", "none", "respawn"]);
  expect(play([...missed(4), "answered", ...missed(4)])).not.toContain("respawn");
});

test("[WD7] a process that ended is started again at once", () => {
  expect(play(["ended"])).toEqual(["respawn"]);
});

test("[WD7] a look that came late is void: it neither counts nor clears", () => {
  expect(play([...missed(4), "void", "missed"]).at(-1)).toBe("respawn");
  expect(play(Array.from({ length: 9 }, () => "void"))).not.toContain("respawn");
});

test("[WD7] the third respawn within five minutes gives up, in more time it does not", () => {
  expect(play(["ended", "ended", "ended"])).toEqual(["respawn", "respawn", "give_up"]);
  expect(play(["ended", "ended", "ended"], 151_000)).toEqual(["respawn", "respawn", "respawn"]);
});

test("[WD7] the loop respawns a part that stopped answering and leaves it alone once it answers", async () => {
  let answers = false;
  let respawns = 0;
  const respawned = Promise.withResolvers<void>();
  const stop = watch(
    {
      name: "part",
      lives: () => true,
      ping: async () => answers,
      respawn: async () => {
        answers = true;
        respawns += 1;
        respawned.resolve();
      },
      giveUp: () => respawned.reject(new Error("gave up")),
    },
    { everyMs: 5, timeoutMs: 50, misses: 5, respawns: 3, windowMs: 60_000 },
  );
  await respawned.promise;
  await new Promise((resolve) => setTimeout(resolve, 60));
  await stop();
  expect(respawns).toBe(1);
});
