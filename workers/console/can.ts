/** What the signed-in user may do, and the sentence that says why not [CN6]. */
import { allows, parseGrant } from "../platform/http/rules.ts";
import { mayGive, moveRefusal, ROLES } from "../platform/orgs/rules.ts";
import type { Me, Member, Role, Run, Task } from "./wire.ts";

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

interface MemberAct {
  readonly act: "change" | "remove";
  /** The role that is wished; absent while none is chosen. */
  readonly to?: Role;
  /** Owners of the organization; null when not all are known: then the API decides. */
  readonly owners: number | null;
}

/** Leaving needs no permission [ID26]. */
const whyNotLeave = (role: Role, owners: number | null): string | null =>
  role === "owner" && (owners ?? 2) <= 1 ? LAST_OWNER : null;

const LAST_OWNER = "An organization keeps at least one owner. Make somebody else an owner first.";

/** Why a member cannot be changed or removed, or null: the permission, then the table the API refuses by [ID16] [ID17]. */
export function whyNotMember(
  me: Pick<Me, "grants" | "org" | "user">,
  member: Pick<Member, "user_id" | "role">,
  wish: MemberAct,
): string | null {
  if (wish.act === "remove" && member.user_id === me.user.id)
    return whyNotLeave(member.role, wish.owners);
  const permission = whyNot(me.grants, "members.write", `members/${member.user_id}`);
  if (permission !== null) return permission;
  const wished = rolesOf(me.org.role, member.role, wish);
  const refusals = wished.map((to) =>
    moveRefusal({ actor: me.org.role, from: member.role, to, owners: wish.owners ?? 2 }),
  );
  const [refusal] = refusals;
  // While no role is chosen, one that is possible is enough.
  if (refusal === undefined || refusals.includes(undefined)) return null;
  if (refusal === "last_owner") return LAST_OWNER;
  return member.role === "owner"
    ? "Only an owner may change or remove an owner."
    : `Nobody gives a role above their own; yours is ${me.org.role}.`;
}

function rolesOf(own: Role, from: Role, wish: MemberAct): readonly (Role | undefined)[] {
  if (wish.act === "remove") return [undefined];
  if (wish.to !== undefined) return [wish.to];
  return ROLES.filter((role) => role !== from && mayGive(own, role));
}
