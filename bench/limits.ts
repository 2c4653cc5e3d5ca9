/** Limits of a measured install: a load generator asks more in a minute than a user may. */
import { operatorOf, orgOf } from "../test/operator.ts";
import type { Product } from "./product.ts";

/** A limit far above what is asked, so that the window is kept as it is for everybody. */
export const PLENTY = 100_000_000;

/** Lets the organization of the product's session ask as much as it can. */
export async function liftLimits(product: Product): Promise<void> {
  const operator = await operatorOf(product);
  await operator.setLimits(await orgOf(product), {
    user_requests_per_minute: PLENTY,
    requests_per_minute: PLENTY,
  });
}
