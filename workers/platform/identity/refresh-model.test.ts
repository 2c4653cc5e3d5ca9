/** Ten thousand histories of one session: tabs, lost answers, thieves and clocks, step by step in any order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REISSUE_MS, SESSION_ABSOLUTE_MS, SESSION_MS } from "./model.ts";
import { judgeRepeat } from "./rules.ts";

/** The row, with the one statement that moves it on as store/families.ts has it. */
class Family {
  counter = 1;
  rotatedAt = 0;
  expiresAt = SESSION_MS;
  endedAt: number | null = null;
  /** How often each number was left behind: more than once would be a fork. */
  readonly rotations = new Map<number, number>();

  rotate(counter: number, now: number): boolean {
    if (this.counter !== counter || this.endedAt !== null || this.expiresAt <= now) return false;
    this.rotations.set(counter, (this.rotations.get(counter) ?? 0) + 1);
    this.counter += 1;
    this.rotatedAt = now;
    this.expiresAt = Math.min(now + SESSION_MS, SESSION_ABSOLUTE_MS);
    return true;
  }
}

/** Whoever holds a token: a tab, or a thief who copied one. A request is two steps, between which others come. */
interface Holder {
  token: number;
  /** The token whose rotation matched no row, now waiting to be judged. */
  pending: number | null;
  out: boolean;
}

interface Step {
  readonly kind: "send" | "judge" | "lose" | "steal" | "wait";
  readonly holder: number;
  readonly other: number;
  readonly ms: number;
}

const HOLDERS = 4;
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("send", "send", "send", "judge", "judge", "lose", "steal", "wait"),
  holder: fc.nat(HOLDERS - 1),
  other: fc.nat(HOLDERS - 1),
  ms: fc.oneof(
    fc.nat(2_000),
    fc.integer({ min: REISSUE_MS - 2, max: REISSUE_MS + 2 }),
    fc.nat(SESSION_MS),
  ),
});

/** What a history showed. */
interface Seen {
  forks: number;
  /** Tokens that were handed out though they are not the one that comes next. */
  stray: number;
  /** Answers given by a session that had ended. */
  undead: number;
  /** Tokens taken though they were left behind a minute ago or more. */
  stale: number;
  reissues: number;
  reuses: number;
}

function play(history: readonly Step[]): Seen {
  const family = new Family();
  const holders: Holder[] = Array.from({ length: HOLDERS }, (_, i) => ({
    token: 1,
    pending: null,
    out: i !== 0,
  }));
  const seen: Seen = { forks: 0, stray: 0, undead: 0, stale: 0, reissues: 0, reuses: 0 };
  let now = 0;
  const take = (holder: Holder, token: number, lost: boolean): void => {
    if (token !== family.counter) seen.stray += 1;
    if (family.endedAt !== null || family.expiresAt <= now) seen.undead += 1;
    if (!lost) holder.token = token;
  };
  const judge = (holder: Holder, counter: number, lost: boolean): void => {
    holder.pending = null;
    const leftAt = family.rotatedAt;
    const verdict = judgeRepeat(family, counter, now);
    if (verdict === "reissue") {
      seen.reissues += 1;
      if (now - leftAt >= REISSUE_MS || counter !== family.counter - 1) seen.stale += 1;
      take(holder, counter + 1, lost);
    } else if (verdict === "reused") {
      seen.reuses += 1;
      family.endedAt ??= now;
    }
  };
  for (const { kind, holder: at, other, ms } of history) {
    const holder = holders[at];
    const victim = holders[other];
    if (holder === undefined || victim === undefined) continue;
    if (kind === "wait") now += ms;
    else if (kind === "steal") {
      holder.token = victim.token;
      holder.out = victim.out;
    } else if (holder.out) continue;
    else if (kind === "judge") {
      if (holder.pending !== null) judge(holder, holder.pending, false);
    } else if (family.rotate(holder.token, now)) take(holder, holder.token + 1, kind === "lose");
    else if (kind === "lose") judge(holder, holder.token, true);
    else holder.pending = holder.token;
  }
  seen.forks = [...family.rotations.values()].filter((times) => times > 1).length;
  return seen;
}

describe("a session under many hands", () => {
  test("[TK10] [TK11] [TK12] 10,000 concurrent histories hold no fork, no stray token and no life after the end", () => {
    const total = { reissues: 0, reuses: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (history) => {
        const seen = play(history);
        expect(seen).toMatchObject({ forks: 0, stray: 0, undead: 0, stale: 0 });
        total.reissues += seen.reissues;
        total.reuses += seen.reuses;
      }),
      { numRuns: 10_000 },
    );
    // Histories in which nothing interesting happens prove nothing.
    expect(total.reissues).toBeGreaterThan(500);
    expect(total.reuses).toBeGreaterThan(500);
  });

  test("[TK12] of two holders of one token, taking turns more than a minute apart, both are out at the second turn", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: REISSUE_MS, max: SESSION_MS - 1 }),
        fc.integer({ min: 1, max: 50 }),
        (apart, rotations) => {
          const family = new Family();
          let now = 0;
          for (let counter = 1; counter <= rotations; counter += 1) {
            now += 1_000;
            expect(family.rotate(counter, now)).toBe(true);
          }
          now += 1_000;
          const copied = family.counter;
          expect(family.rotate(copied, now)).toBe(true);
          now += apart;
          expect(family.rotate(copied, now)).toBe(false);
          expect(judgeRepeat(family, copied, now)).toBe("reused");
        },
      ),
    );
  });
});
