/** Forms of endpoints and what they send. */
import { expect, test } from "vitest";
import { BANDS, fieldsOf, filtersText, inputOf, NO_FIELDS } from "./webhook-fields.ts";

test("what is typed between commas and spaces is sent once each, and reads back as it was", () => {
  const input = inputOf({
    ...NO_FIELDS,
    url: " https://hooks.example.com/ ",
    repositories: "acme/*, acme/shop  acme/shop,",
    bands: ["high"],
  });
  expect(input).toEqual({
    url: "https://hooks.example.com/",
    events: [],
    filters: {
      repositories: ["acme/*", "acme/shop"],
      branches: [],
      categories: [],
      bands: ["high"],
    },
  });
  const fields = fieldsOf({
    ...input,
    events: [],
    id: "0199aaaa-0000-7000-8000-000000000001",
    active: true,
    disabled_reason: null,
    failures: 0,
    failing_since: null,
    last_attempt_at: null,
    last_success_at: null,
    created_at: "2026-11-20T10:00:00Z",
    version: 1,
  });
  expect(inputOf(fields)).toEqual(input);
  expect(filtersText(input.filters)).toBe("repositories acme/*, acme/shop; confidence high");
});

test("no filter takes everything", () => {
  expect(filtersText(inputOf(NO_FIELDS).filters)).toBeNull();
  expect(BANDS).toEqual(["high", "medium", "low"]);
});
