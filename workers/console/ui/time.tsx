/** A time: relative in the text, absolute on hover and focus, in local time or UTC as chosen. */
import { useEffect, useState } from "react";
import { useUtc } from "../preferences.ts";
import { relative } from "./format.ts";

/** How often relative times are read again. */
const TICK_MS = 30_000;

export function Time({ at }: { at: string }) {
  const now = useNow();
  const absolute = useAbsolute(at);
  return (
    <time dateTime={at} title={absolute} className="whitespace-nowrap">
      {relative(Date.parse(at), now)}
    </time>
  );
}

/** Date and time in full. */
export function FullTime({ at }: { at: string }) {
  return <time dateTime={at}>{useAbsolute(at)}</time>;
}

function useAbsolute(at: string): string {
  const utc = useUtc();
  return (
    new Date(at).toLocaleString("en-GB", {
      dateStyle: "medium",
      timeStyle: "medium",
      ...(utc ? { timeZone: "UTC" } : {}),
    }) + (utc ? " UTC" : "")
  );
}

/** The present, read again every half minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
