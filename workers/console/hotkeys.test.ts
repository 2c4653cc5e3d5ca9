/** Key presses and sequences. */
import { expect, test } from "vitest";
import { expire, press } from "./hotkeys.ts";

const BINDINGS = ["?", "n", "g", "g r", "g a", "/"];

test("[CN20] a single key fires at once when nothing longer begins with it", () => {
  expect(press("", "n", BINDINGS)).toEqual({ held: "", fired: "n" });
  expect(press("", "x", BINDINGS)).toEqual({ held: "" });
});

test("[CN20] g waits for its second key; g r goes to runs", () => {
  expect(press("", "g", BINDINGS)).toEqual({ held: "g" });
  expect(press("g", "r", BINDINGS)).toEqual({ held: "", fired: "g r" });
});

test("[CN20] g and a digit, or g and time, is the prompt for a line", () => {
  expect(press("g", "4", BINDINGS)).toEqual({ held: "", fired: "g", trailing: "4" });
  expect(expire("g", BINDINGS)).toEqual({ held: "", fired: "g" });
});

test("[CN20] where g is no binding of its own, the key behind it counts alone", () => {
  const elsewhere = ["n", "g r"];
  expect(press("g", "n", elsewhere)).toEqual({ held: "", fired: "n" });
  expect(expire("g", elsewhere)).toEqual({ held: "" });
});
