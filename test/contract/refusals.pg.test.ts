/** Refusals that lie between two capabilities, or that the tests of one do not come across. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../workers/platform/http/model.ts";
import { post } from "../platform.ts";
import { openWorld, RESOURCES, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const refusalOf = async (answer: Response): Promise<readonly [number, string]> => {
  const problem = Problem.parse(await answer.json());
  return [answer.status, problem.code];
};

test("[AP3] an organization's name that another has is refused", async () => {
  const answer = await world.a.send("/api/v1/orgs", post({ name: "B" }));
  expect(await refusalOf(answer)).toEqual([409, "name_taken"]);
});

test("[AP3] a delivery that is on its way cannot be sent again", async () => {
  const key = await RESOURCES["/api/v1/deliveries/{key}"]?.make(world);
  await world.platform.db.as("superuser")`update platform.deliveries set status = 'sending'`;
  const answer = await world.a.send(`/api/v1/deliveries/${key}/retry`, { method: "POST" });
  expect(await refusalOf(answer)).toEqual([409, "delivery_state"]);
});
