/** A state as icon, word and colour, never colour alone. */
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";

type Tone = "ok" | "warn" | "fail" | "run" | "idle";

interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

const STATES: Readonly<Record<string, Look>> = {
  pending: { tone: "run", icon: "clock", word: "Pending" },
  processing: { tone: "run", icon: "spinner", word: "Processing" },
  completed: { tone: "ok", icon: "check", word: "Completed" },
  running: { tone: "run", icon: "spinner", word: "Running" },
  ready: { tone: "idle", icon: "clock", word: "Ready" },
  queued: { tone: "run", icon: "clock", word: "Queued" },
  leased: { tone: "run", icon: "spinner", word: "Running" },
  succeeded: { tone: "ok", icon: "check", word: "Succeeded" },
  failed: { tone: "fail", icon: "alert", word: "Failed" },
  canceled: { tone: "idle", icon: "stop", word: "Canceled" },
  canceling: { tone: "warn", icon: "spinner", word: "Canceling" },
  superseded: { tone: "idle", icon: "right", word: "Superseded" },
  active: { tone: "ok", icon: "check", word: "Active" },
  expired: { tone: "warn", icon: "clock", word: "Expired" },
  retiring: { tone: "warn", icon: "clock", word: "Rotated" },
  revoked: { tone: "idle", icon: "stop", word: "Revoked" },
  healthy: { tone: "ok", icon: "check", word: "Healthy" },
  unused: { tone: "idle", icon: "dot", word: "Nothing sent" },
  failing: { tone: "warn", icon: "alert", word: "Failing" },
  disabled: { tone: "fail", icon: "stop", word: "Disabled" },
  paused: { tone: "idle", icon: "stop", word: "Switched off" },
  sending: { tone: "run", icon: "spinner", word: "Sending" },
  retry: { tone: "warn", icon: "clock", word: "Will retry" },
  delivered: { tone: "ok", icon: "check", word: "Delivered" },
  unknown: { tone: "warn", icon: "help", word: "Unknown" },
  suppressed: { tone: "idle", icon: "stop", word: "Suppressed" },
  deferred: { tone: "run", icon: "clock", word: "Deferred" },
  voided: { tone: "idle", icon: "close", word: "Voided" },
  done: { tone: "ok", icon: "check", word: "Done" },
  refused: { tone: "warn", icon: "stop", word: "Refused" },
};

export const TONES: Readonly<Record<Tone, string>> = {
  ok: "text-ok",
  warn: "text-warn",
  fail: "text-fail",
  run: "text-run",
  idle: "text-idle",
};

export function State({ state }: { state: string }) {
  const look = STATES[state] ?? { tone: "idle", icon: "dot", word: state };
  return (
    <span
      className={`inline-flex h-5 items-center gap-1 align-top font-medium whitespace-nowrap ${TONES[look.tone]}`}
    >
      <Icon name={look.icon} />
      {look.word}
    </span>
  );
}

/** A small label: category, role, source. */
export function Tag({ tone, children }: { tone?: Tone; children: string }) {
  const wash = {
    ok: "bg-ok-wash text-ok",
    warn: "bg-warn-wash text-warn",
    fail: "bg-fail-wash text-fail",
    run: "bg-run-wash text-run",
    idle: "bg-raised text-soft",
  };
  return (
    <span
      className={`inline-block max-w-full truncate rounded-sm px-1.5 align-middle font-mono text-xs leading-[18px] ${wash[tone ?? "idle"]}`}
    >
      {children}
    </span>
  );
}
