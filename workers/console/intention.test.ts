/** One key per intention. */
import { expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { Intention, randomKey } from "./intention.ts";

function counted(): Intention {
  let drawn = 0;
  return new Intention(() => {
    drawn += 1;
    return `key-${drawn}`;
  });
}
const failure = (status: number, code = "x") =>
  new ApiError({ status, code, title: "", remedy: "" });

test("[CN5] a retry after a fault keeps the key, so that the act happens once", () => {
  const intention = counted();
  expect(intention.keyFor({ name: "ci" })).toBe("key-1");
  intention.failed(failure(503));
  expect(intention.keyFor({ name: "ci" })).toBe("key-1");
  intention.failed(failure(0, "unreachable"));
  expect(intention.keyFor({ name: "ci" })).toBe("key-1");
});

test("[CN5] a changed input, a refusal and a success each begin a new intention", () => {
  const intention = counted();
  intention.keyFor({ name: "ci" });
  expect(intention.keyFor({ name: "cd" })).toBe("key-2");
  intention.failed(failure(422));
  expect(intention.keyFor({ name: "cd" })).toBe("key-3");
  intention.succeeded();
  expect(intention.keyFor({ name: "cd" })).toBe("key-4");
});

test("[CN5] keys are 32 visible characters and differ", () => {
  expect(randomKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(randomKey()).not.toBe(randomKey());
});
