/** Finds the Chromium that browser tests drive; none is downloaded. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const MAC_APP = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** What a run without a browser prints. */
export const NO_CHROMIUM = "no Chromium found; install it or set CHROMIUM_PATH";

/** @returns the path of an executable Chromium: CHROMIUM_PATH, else the first on PATH, else the macOS app; or null */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") return executable(named) ? named : null;
  const folders = (env["PATH"] ?? "").split(delimiter);
  const found = folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(executable);
  return found ?? (executable(MAC_APP) ? MAC_APP : null);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
