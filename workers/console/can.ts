/** What the signed-in user may do, and the sentence that says why not [CN6]. */
import { allows, parseGrant } from "../platform/http/rules.ts";
import type { Run, Task } from "./wire.ts";

/** Whether the grants (`action@pattern`) allow an action on a resource: decided by the rules the API refuses by [ID20]. */
export function permits(grants: readonly string[], action: string, resource: string): boolean {
  const parsed = grants.map(parseGrant).filter((grant) => grant !== undefined);
  return allows(parsed, action, resource);
}

/** The reason an action is not possible, or null. The permission is named, so that it can be asked for. */
export function whyNot(grants: readonly string[], action: string, resource: string): string | null {
  return permits(grants, action, resource)
    ? null
    : `You need the permission ${action}. An administrator of the organization can give it.`;
}

/** Task states in which the API accepts an action; it refuses all others with `task_state`. */
export const TASK_ACTIONS = {
  retry: ["failed"],
  cancel: ["ready", "queued", "leased"],
} as const satisfies Record<string, readonly Task["state"][]>;

/** Why a task cannot be retried or canceled now, or null. */
export function whyNotTask(
  grants: readonly string[],
  action: keyof typeof TASK_ACTIONS,
  task: Task,
): string | null {
  const states: readonly Task["state"][] = TASK_ACTIONS[action];
  const permission = whyNot(grants, `tasks.${action}`, `runs/${task.run_id}`);
  if (permission !== null) return permission;
  if (states.includes(task.state)) return null;
  return action === "retry"
    ? `Only a failed task can be retried; this one is ${task.state}.`
    : `Only a waiting or running task can be canceled; this one is ${task.state}.`;
}

/** Why a whole run cannot be canceled now, or null. */
export function whyNotCancelRun(grants: readonly string[], run: Run): string | null {
  const permission = whyNot(grants, "tasks.cancel", `runs/${run.id}`);
  if (permission !== null) return permission;
  return run.status === "running" ? null : `Nothing is running: this run has ${run.status}.`;
}
