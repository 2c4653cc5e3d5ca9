/** The permissions a key can be given here, with what each allows. */

export interface KeyGrant {
  readonly action: string;
  readonly text: string;
  /** Chosen when the dialog opens: what sending logs from CI needs. */
  readonly preset: boolean;
}

export const KEY_GRANTS: readonly KeyGrant[] = [
  { action: "analyses.write", text: "send logs, re-run and delete analyses", preset: true },
  { action: "analyses.read", text: "read analyses and redacted logs", preset: true },
  {
    action: "analyses.read_raw",
    text: "read logs as they were sent, secrets included",
    preset: false,
  },
  { action: "runs.read", text: "read runs and tasks", preset: false },
  { action: "tasks.retry", text: "retry failed tasks", preset: false },
  { action: "tasks.cancel", text: "cancel runs and tasks", preset: false },
];

export const EXPIRIES = [
  { value: "90", label: "in 90 days" },
  { value: "30", label: "in 30 days" },
  { value: "365", label: "in a year" },
  { value: "", label: "never" },
] as const;

const DAY_MS = 86_400_000;

/** The chosen number of days as an instant, undefined for `never`. */
export const expiresAt = (days: string, now: number): string | undefined =>
  days === "" ? undefined : new Date(now + Number(days) * DAY_MS).toISOString();
