/** Which pages of a log are in memory, on the way, or aborted. */
import { expect, test } from "vitest";
import type { LogPage } from "../wire.ts";
import { LinePages, PAGE_LINES, PAGES_MAX } from "./lines.ts";

interface Request {
  readonly from: number;
  readonly signal: AbortSignal;
  answer(): Promise<void>;
  fail(): Promise<void>;
}

/** A log of `total` lines whose answers the test gives by hand. */
function play(total: number) {
  const requests: Request[] = [];
  let changes = 0;
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  const load = (from: number, count: number, signal: AbortSignal): Promise<LogPage> =>
    new Promise((resolve, reject) => {
      const lines = Array.from({ length: Math.min(count, total - from + 1) }, (_, i) => ({
        n: from + i,
        text: `line ${from + i}`,
      }));
      requests.push({
        from,
        signal,
        answer: () => (resolve({ from_line: from, total_lines: total, lines }), settled()),
        fail: () => (reject(new Error("503")), settled()),
      });
    });
  const pages = new LinePages(load, total, () => {
    changes += 1;
  });
  return {
    pages,
    requests,
    changes: () => changes,
    asked: () => requests.map((request) => request.from),
  };
}

test("[CN21] the shown page and the next one are asked for, each once", async () => {
  const { pages, requests, asked, changes } = play(606_222);
  pages.want(300_000, 300_040);
  expect(asked()).toEqual([299_001, 300_001, 301_001]);
  pages.want(300_000, 300_041);
  expect(asked()).toHaveLength(3);
  await requests[0]?.answer();
  expect(pages.line(300_000)?.text).toBe("line 300000");
  expect(pages.line(300_001)).toBeUndefined();
  expect(changes()).toBe(1);
});

test("[CN21] requests of pages that were scrolled past are aborted, and their late answers are dropped", async () => {
  const { pages, requests } = play(606_222);
  pages.want(1, 40);
  pages.want(500_000, 500_040);
  expect(requests[0]?.signal.aborted).toBe(true);
  expect(requests[1]?.signal.aborted).toBe(true);
  await requests[0]?.answer();
  expect(pages.line(1)).toBeUndefined();
});

test("[CN21] at most 20 pages are held; the one used longest ago goes first", async () => {
  const { pages, requests } = play(100_000);
  for (let page = 0; page < 40; page += 1) {
    pages.want(page * PAGE_LINES + 1, page * PAGE_LINES + 40);
    for (const request of requests.splice(0)) await request.answer();
    pages.want(1, 40);
    for (const request of requests.splice(0)) await request.answer();
  }
  expect(pages.pagesHeld).toBe(PAGES_MAX);
  expect(pages.line(1)?.text).toBe("line 1");
  expect(pages.line(20 * PAGE_LINES)).toBeUndefined();
});

test("[CN21] nothing behind the end is asked for, and a shorter log than announced is believed", async () => {
  const { pages, requests, asked } = play(1_500);
  pages.want(1_001, 1_500);
  expect(asked()).toEqual([1_001]);
  await requests[0]?.answer();
  expect(pages.total).toBe(1_500);
});

test("[CN21] a page that failed is told and read again when it is wanted again", async () => {
  const { pages, requests, asked } = play(500);
  pages.want(1, 40);
  await requests[0]?.fail();
  expect(pages.error).toBeInstanceOf(Error);
  pages.want(1, 40);
  expect(asked()).toEqual([1, 1]);
  await requests[1]?.answer();
  expect(pages.error).toBeNull();
});
