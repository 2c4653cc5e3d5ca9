/** The table of roles, and what members may do to each other, case by case. */
import { describe, expect, test } from "vitest";
import { PLATFORM_ORG_ID } from "../tasks/rules.ts";
import type { Role } from "./model.ts";
import {
  ACTIONS,
  firstNotGiven,
  grantsOf,
  invitationStatus,
  mayAccept,
  moveRefusal,
  ROLES,
  slugOf,
} from "./rules.ts";

/** The table of the design: what each role adds to the one before it. */
const ADDS: Readonly<Record<Role, string>> = {
  viewer:
    "org.read members.read apps.read dags.read runs.read datasets.read alerts.read reviews.read rules.read analyses.read documents.read webhooks.read usage.read queries.run",
  operator:
    "tasks.cancel tasks.retry backfills.write silences.write deliveries.retry sources.emit reviews.run reviews.dismiss reviews.write analyses.write analyses.run analyses.read_raw documents.write",
  developer: "apps.write apps.deploy apps.data dags.plan dags.deploy webhooks.write secrets.list",
  admin:
    "org.write members.write keys.write secrets.write usage.write alerts.write channels.write keys.read audit.read apps.admin apps.delete dags.drop rules.manage analyses.manage github.manage workers.connect",
  owner: "org.delete org.owners",
};
const actionsOf = (role: Role, extra: string[] = [], org?: string): string[] =>
  grantsOf(role, extra, org).map(({ action }) => action);

describe("roles", () => {
  test.each(ROLES)("[B19] %s may what the table says, and nothing else", (role) => {
    const expected = ROLES.slice(0, ROLES.indexOf(role) + 1).flatMap((one) => ADDS[one].split(" "));
    for (const action of ACTIONS)
      expect([action, actionsOf(role).includes(action)]).toEqual([
        action,
        expected.includes(action),
      ]);
    expect(actionsOf(role)).toHaveLength(expected.length);
  });

  test("[ID24] what a role grants, it grants on everything of the organization", () => {
    for (const role of ROLES)
      expect(new Set(grantsOf(role).map(({ resource }) => resource))).toEqual(new Set(["**"]));
  });

  test("[ID24] a secret writer may list and write secrets besides their role", () => {
    expect(
      actionsOf("viewer", ["secret_writer"]).filter((one) => one.startsWith("secrets.")),
    ).toEqual(["secrets.list", "secrets.write"]);
    expect(actionsOf("viewer", ["unknown"])).toEqual(actionsOf("viewer"));
  });

  test("[ID24] the installation is run by owners of its own organization alone", () => {
    const holders = ROLES.flatMap((role) =>
      [PLATFORM_ORG_ID, "01900000-0000-7000-8000-00000000000a", undefined]
        .filter((org) => actionsOf(role, ["secret_writer"], org).includes("install.admin"))
        .map((org) => [role, org]),
    );
    expect(holders).toEqual([["owner", PLATFORM_ORG_ID]]);
  });
});

describe("changing members", () => {
  const moves = ROLES.flatMap((actor) =>
    ROLES.flatMap((from) => [...ROLES, undefined].map((to) => ({ actor, from, to }))),
  );

  test("[ID17] of all moves among two owners or more, only these are allowed", () => {
    for (const { actor, from, to } of moves) {
      const allowed =
        actor === "owner" || (actor === "admin" && from !== "owner" && to !== "owner");
      expect(moveRefusal({ actor, from, to, owners: 2 }), `${actor}: ${from} to ${to}`).toBe(
        allowed ? undefined : "forbidden",
      );
    }
  });

  test("[ID16] the one owner neither goes nor becomes something else, whoever asks", () => {
    for (const { actor, to } of moves.filter(({ from }) => from === "owner")) {
      const refusal = moveRefusal({ actor, from: "owner", to, owners: 1 });
      if (to !== "owner") expect(refusal, `${actor}: to ${to}`).toBe("last_owner");
    }
  });

  test("[ID17] who is no member any more changes nobody", () => {
    expect(moveRefusal({ actor: undefined, from: "viewer", to: "operator", owners: 1 })).toBe(
      "forbidden",
    );
  });

  test("[ID17] invitations stand as long as their maker may give the role", () => {
    expect(ROLES.map(firstNotGiven)).toEqual(["viewer", "viewer", "viewer", "owner", undefined]);
    expect(firstNotGiven(undefined)).toBe("viewer");
  });
});

describe("invitations", () => {
  test("[ID18] they are open until they are used, taken back or too old", () => {
    const open = { acceptedAt: null, revokedAt: null, expiresAt: 10 };
    expect(invitationStatus(open, 9)).toBe("open");
    expect(invitationStatus(open, 10)).toBe("expired");
    expect(invitationStatus({ ...open, revokedAt: 1 }, 10)).toBe("revoked");
    expect(invitationStatus({ ...open, acceptedAt: 1 }, 10)).toBe("accepted");
  });

  test("[ID18] without an address only a local install asks no more", () => {
    expect([mayAccept(null, null, true), mayAccept(null, "a@b.c", false)]).toEqual([true, false]);
    expect(mayAccept("A@b.c", "a@B.c", false)).toBe(true);
    expect([mayAccept("a@b.c", null, true), mayAccept("a@b.c", "e@b.c", true)]).toEqual([
      false,
      false,
    ]);
  });
});

test("an organization's short name is made of its name", () => {
  expect(["My Team!", "Ünïcode", "---", "platform"].map(slugOf)).toEqual([
    "my-team",
    "u-ni-code",
    "org",
    "org",
  ]);
});
