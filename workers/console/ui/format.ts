/** Numbers, sizes and times as people read them. Pure. */

const UNITS = ["B", "KB", "MB", "GB"] as const;

/** `1,536` gives `1.5 KB`; 1 KB = 1,024 B. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString("en-US", { maximumFractionDigits: digits })} ${UNITS[unit] ?? "B"}`;
}

export const count = (value: number): string => value.toLocaleString("en-US");

/** `1 block`, `2 blocks`. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Milliseconds as `340 ms`, `4.2 s`, `3 min`, `2 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** `just now`, `4 min ago`, `3 h ago`, `5 d ago`; the future likewise with `in`. */
export function relative(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 45_000) return at > now ? "in a moment" : "just now";
  const text = coarse(distance);
  return at > now ? `in ${text}` : `${text} ago`;
}

function coarse(ms: number): string {
  if (ms < 3_600_000) return `${Math.max(1, Math.round(ms / 60_000))} min`;
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}
