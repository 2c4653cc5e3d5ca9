/** What a `User-Agent` says, as far as a person wants to know it: the browser and the system. Pure. */

export interface Device {
  /** For example `Firefox on Linux`. */
  readonly name: string;
  readonly phone: boolean;
}

/** The first match counts: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bHeadlessChrome\/|\bChrome\/|\bCriOS\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
] as const;
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;

/** What is not known is called by its first word, so that a script still has a name. */
export function deviceOf(userAgent: string | null): Device {
  if (userAgent === null || userAgent.trim() === "")
    return { name: "Unknown device", phone: false };
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const word = /^[\w.-]{1,40}/.exec(userAgent.trim())?.[0] ?? "Unknown device";
  const what = browser ?? (system === undefined ? word : undefined);
  const name = [what, system].filter((part) => part !== undefined).join(" on ");
  return { name, phone: /\bMobile\b|\biPhone\b/.test(userAgent) };
}
