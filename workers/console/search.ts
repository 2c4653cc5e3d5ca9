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
  readonly status?: string;
  readonly dialog?: "new" | "edit" | "rotate" | "revoke";
  /** The selected key: alone it opens the drawer, with a dialog it is the one meant. */
  readonly key?: string;
}

export interface SecretsSearch {
  /** Only names that these readers may use: `env`, `app`, `channel`, `model`. */
  readonly reader?: string;
  readonly dialog?: "put" | "delete";
  readonly name?: string;
}

export interface WebhooksSearch {
  readonly dialog?: "new";
}

export interface WebhookSearch {
  readonly status?: string;
  readonly cursor?: string;
  readonly dialog?: "edit" | "rotate" | "delete" | "test";
  /** Key of the delivery in the drawer. */
  readonly delivery?: string;
}

export interface UsageSearch {
  /** `YYYY-MM` in UTC; absent: this month. */
  readonly month?: string;
  readonly meter?: string;
  readonly dialog?: "cap";
  readonly scope?: string;
}

export interface AuditSearch {
  readonly action?: string;
  readonly resource?: string;
  /** Days, `YYYY-MM-DD` in UTC. */
  readonly from?: string;
  readonly to?: string;
  readonly cursor?: string;
  /** Id of the record that is unfolded. */
  readonly entry?: string;
}

export interface MembersSearch {
  readonly dialog?: (typeof MEMBERS_DIALOGS)[number];
  /** Whom the dialog `change` or `remove` is about. */
  readonly member?: string;
  /** What the dialog `revoke` is about. */
  readonly invitation?: string;
  readonly cursor?: string;
}

export interface SettingsOrgSearch {
  readonly dialog?: "delete";
}

export interface AccountSearch {
  readonly dialog?: (typeof ACCOUNT_DIALOGS)[number];
  /** What the dialog `unlink` is about. */
  readonly identity?: string;
  /** Why linking an identity failed, as the provider's way back says. */
  readonly error?: string;
}

const MEMBERS_DIALOGS = ["invite", "change", "remove", "revoke"] as const;
const ACCOUNT_DIALOGS = ["org", "unlink", "everywhere", "delete"] as const;

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

export const membersSearch = (raw: Raw): MembersSearch => ({
  ...texts(raw, "member", "invitation", "cursor"),
  ...dialog(raw, MEMBERS_DIALOGS),
});

export const settingsOrgSearch = (raw: Raw): SettingsOrgSearch => dialog(raw, ["delete"] as const);

export const accountSearch = (raw: Raw): AccountSearch => ({
  ...texts(raw, "identity", "error"),
  ...dialog(raw, ACCOUNT_DIALOGS),
});

/** One of the dialogs a page knows, or none. */
function dialog<D extends string>(raw: Raw, known: readonly D[]): { dialog?: D } {
  const found = known.find((name) => name === raw["dialog"]);
  return found === undefined ? {} : { dialog: found };
}

export const keysSearch = (raw: Raw): KeysSearch => ({
  ...texts(raw, "status", "key"),
  ...dialog(raw, ["new", "edit", "rotate", "revoke"] as const),
});

export const secretsSearch = (raw: Raw): SecretsSearch => ({
  ...texts(raw, "reader", "name"),
  ...dialog(raw, ["put", "delete"] as const),
});

export const webhooksSearch = (raw: Raw): WebhooksSearch => dialog(raw, ["new"] as const);

export const webhookSearch = (raw: Raw): WebhookSearch => ({
  ...texts(raw, "status", "cursor", "delivery"),
  ...dialog(raw, ["edit", "rotate", "delete", "test"] as const),
});

const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;
const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

export function usageSearch(raw: Raw): UsageSearch {
  const { month, ...rest } = texts(raw, "month", "meter", "scope");
  return {
    ...(month !== undefined && MONTH.test(month) ? { month } : {}),
    ...rest,
    ...dialog(raw, ["cap"] as const),
  };
}

export function auditSearch(raw: Raw): AuditSearch {
  const { from, to, ...rest } = texts(raw, "action", "resource", "from", "to", "cursor", "entry");
  return {
    ...rest,
    ...(from !== undefined && DAY.test(from) ? { from } : {}),
    ...(to !== undefined && DAY.test(to) ? { to } : {}),
  };
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
