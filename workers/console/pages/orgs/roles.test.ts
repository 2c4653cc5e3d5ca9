/** What the dialogs offer to whom. */
import { expect, test } from "vitest";
import { ROLES } from "../../../platform/orgs/rules.ts";
import { roleOptions, rolesUpTo, writesSecrets } from "./roles.ts";

test.each(ROLES.map((role, index) => [role, ROLES.slice(0, index + 1)] as const))(
  "[CN12] the role %s is offered %j, none above its own",
  (own, offered) => {
    expect(rolesUpTo(own)).toEqual(offered);
    expect(roleOptions(own).map((option) => option.value)).toEqual(offered);
  },
);

test("the roles that write secrets by themselves are those the API lets", () => {
  expect(ROLES.filter(writesSecrets)).toEqual(["admin", "owner"]);
});
