/** What a page without its data says. */
import { expect, test } from "vitest";
import { forgotten } from "./prefetched.ts";

test("[CN2] a page whose loader forgot a query names the route and the missing line", () => {
  expect(forgotten("/o/$org/runs", ["runs", "list", {}]).message).toBe(
    'Route /o/$org/runs: add ensureQueryData for the query ["runs","list",{}] to its loader.',
  );
});
