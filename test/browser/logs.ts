/** Ordinary CI logs for the console's tests, made here so that their lines are known. */

/** Bytes the API takes at most. */
export const LOG_BYTES_MAX = 52_428_800;

/** A failed test run of about 5 KB: the cause stands in the lines `causes`. */
export function failedTestLog(): string {
  const lines = [
    "\u001b[36m##[group]Run npx vitest run\u001b[0m",
    "",
    " RUN  v4.1.12 /home/runner/work/shop/shop",
    "",
  ];
  for (let n = 1; n <= 60; n += 1)
    lines.push(` \u001b[32m✓\u001b[0m src/module-${n}.test.ts (${(n % 9) + 1} tests) ${n * 7}ms`);
  lines.push(
    " \u001b[31m❯\u001b[0m src/cart/total.test.ts (9 tests | \u001b[31m1 failed\u001b[0m) 41ms",
    "   \u001b[31m×\u001b[0m cart total > adds the shipping of the cheapest carrier 12ms",
    "",
    "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯",
    "",
    " FAIL  src/cart/total.test.ts > cart total > adds the shipping of the cheapest carrier",
    "AssertionError: expected 41 to be 42 // Object.is equality",
    "",
    "- Expected",
    "+ Received",
    "",
    "- 42",
    "+ 41",
    "",
    " ❯ src/cart/total.test.ts:88:32",
    "     86|   const cart = cartOf(line('book', 2, 19), line('pen', 1, 3))",
    "     87|   const total = totalOf(cart, carriers)",
    "     88|   expect(total).toBe(42)",
    "",
    " Test Files  1 failed | 60 passed (61)",
    "      Tests  1 failed | 299 passed (300)",
    "   Duration  3.11s",
    "",
    "hostile <img src=x onerror=alert(1)> \u202eecnereffid\u202c",
    "##[error]Process completed with exit code 1.",
  );
  return `${lines.join("\n")}\n`;
}

/** Line of hugeLog that holds the failure's first line. */
export const HUGE_FAILURE_LINE = 412_000;

/** A log just below the largest upload, of ordinary lines with one failure in the middle. */
export function hugeLog(): { readonly bytes: Uint8Array; readonly lines: number } {
  const end = "##[error]Process completed with exit code 1.\n";
  const text: string[] = [];
  let size = 0;
  for (let n = 1; size < LOG_BYTES_MAX - 4_096; n += 1) {
    const line = n === HUGE_FAILURE_LINE ? failure : ordinary(n);
    text.push(line);
    size += line.length;
  }
  text.push(end);
  return { bytes: new TextEncoder().encode(text.join("")), lines: text.length };
}

const failure =
  "src/cart.ts(88,14): error TS2322: Type 'string' is not assignable to type 'number'.\n";

const ordinary = (n: number): string =>
  `2026-11-20T09:${two(n / 6_000)}:${two(n / 100)}.${String(n % 1_000).padStart(3, "0")}Z compiled module ${n} of package ${n % 977} in ${n % 89} ms, from cache\n`;

const two = (n: number): string => String(Math.floor(n) % 60).padStart(2, "0");
