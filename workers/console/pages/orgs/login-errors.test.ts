/** The sign-in page and the API say the same about a code. */
import { expect, test } from "vitest";
import { PROBLEMS } from "../../../platform/http/model.ts";
import { LOGIN_ERRORS, loginError } from "./login-errors.ts";

test.each(Object.entries(LOGIN_ERRORS))(
  "[CN7] /login?error=%s has the title and the remedy of the API",
  (code, { title, remedy }) => {
    expect({ title, remedy }).toEqual(pick(code));
  },
);

function pick(code: string) {
  const problem = Object.entries(PROBLEMS).find(([known]) => known === code)?.[1];
  return { title: problem?.title, remedy: problem?.remedy };
}

test("[CN7] a code that is not known says what to do too", () => {
  expect(loginError("something_else").remedy).toContain("show the code to the operator");
});
