/** Typed search parameters of the routes: what a URL may say, and how a wrong one is read. */

export interface AnalysesSearch {
  readonly status?: string;
  readonly category?: string;
  readonly repository?: string;
  readonly cursor?: string;
}

export interface AnalysisSearch {
  /** Rank of the selected block. */
  readonly block?: number;
  /** Text searched in the log. */
  readonly q?: string;
  readonly wrap?: boolean;
  readonly dialog?: "delete";
}

export interface RunsSearch {
  readonly status?: string;
  readonly dag?: string;
  readonly cursor?: string;
}

export interface RunSearch {
  readonly task?: string;
  readonly dialog?: "cancel";
}

export interface KeysSearch {
  readonly dialog?: "new" | "revoke";
  readonly key?: string;
}

export interface LoginSearch {
  readonly return_to?: string;
  readonly error?: string;
}

type Raw = Readonly<Record<string, unknown>>;

/** The named texts of a search, empty and foreign values left out. */
function texts<K extends string>(raw: Raw, ...names: readonly K[]): { [N in K]?: string } {
  const found: { [N in K]?: string } = {};
  for (const name of names) {
    const value = raw[name];
    if (typeof value === "string" && value !== "") found[name] = value;
    // The router reads a search as JSON where it can, so a text of digits arrives as a number.
    else if (typeof value === "number") found[name] = String(value);
  }
  return found;
}

export const analysesSearch = (raw: Raw): AnalysesSearch =>
  texts(raw, "status", "category", "repository", "cursor");

export const runsSearch = (raw: Raw): RunsSearch => texts(raw, "status", "dag", "cursor");

export const loginSearch = (raw: Raw): LoginSearch => texts(raw, "return_to", "error");

export const runSearch = (raw: Raw): RunSearch => ({
  ...texts(raw, "task"),
  ...(raw["dialog"] === "cancel" ? { dialog: "cancel" as const } : {}),
});

export function keysSearch(raw: Raw): KeysSearch {
  const dialog = raw["dialog"];
  return { ...texts(raw, "key"), ...(dialog === "new" || dialog === "revoke" ? { dialog } : {}) };
}

export function analysisSearch(raw: Raw): AnalysisSearch {
  const block = raw["block"];
  return {
    ...texts(raw, "q"),
    ...(typeof block === "number" && Number.isInteger(block) && block > 0 ? { block } : {}),
    ...(raw["wrap"] === true ? { wrap: true } : {}),
    ...(raw["dialog"] === "delete" ? { dialog: "delete" as const } : {}),
  };
}

/** A path to return to after signing in: begins with one `/`; anything else is the start page [ID5]. */
export function safeReturn(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])[^\u0000-\u001f\u007f]*$/.test(path) ? path : "/";
}
