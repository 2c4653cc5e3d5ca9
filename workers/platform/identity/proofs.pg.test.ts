/** What a provider says of a person is not ours: names, addresses and subjects of every shape, over a real database. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  passThrough,
  sessionOf,
  settingsOf,
  startGoogle,
  startOidc,
  type FakeOidc,
  type FakeProvider,
} from "../../../test/fakes/sign-in.ts";
import { addUser } from "../../../test/people.ts";
import { openPlatform, ORIGIN, post, setUp, type TestPlatform } from "../../../test/platform.ts";

/** The Kelvin sign: lower case makes an ordinary k of it. */
const KELVIN = "\u212A";

let google: FakeProvider;
let oidc: FakeOidc;
let platform: TestPlatform;

beforeAll(async () => {
  [google, oidc] = await Promise.all([
    startGoogle([{ login: "kim", name: "Not Kim", email: `${KELVIN}im@example.com` }]),
    startOidc(),
  ]);
  platform = await openPlatform({ ...settingsOf(google, oidc), SIGNUP: "open" });
});
afterAll(async () => {
  await platform.close();
  await Promise.all([google.close(), oidc.close()]);
});
const errorOf = (answer: Response): string | null =>
  new URL(answer.headers.get("location") ?? "", ORIGIN).searchParams.get("error");
interface Me {
  readonly user: { readonly id: string; readonly email: string | null };
}

test("[ID8] an address that only looks like a user's in lower case is not theirs, and is not stored", async () => {
  const victim = await addUser(platform, "Kim", "kim@example.com");
  const answer = await passThrough(platform, google, `${KELVIN}im@example.com`);
  const session = await sessionOf(platform, answer);
  const me = (await (await session.send("/api/v1/me")).json()) as Me;
  expect(me.user.id).not.toBe(victim);
  expect(me.user.email).toBeNull();
});

test("[ID18] nor does such an address open an invitation", async () => {
  const invited = await openPlatform(settingsOf(google));
  const owner = await setUp(invited);
  const made = await owner.send(
    "/api/v1/invitations",
    post({ email: "kim@example.com", role: "viewer" }),
  );
  expect(made.status).toBe(201);
  const answer = await passThrough(invited, google, `${KELVIN}im@example.com`);
  expect(errorOf(answer)).toBe("signup_closed");
  await invited.close();
});
test("[ID6] an identity with an endless name signs in again and again", async () => {
  const name = "n".repeat(230);
  for (let time = 1; time <= 2; time += 1) {
    const answer = await passThrough(platform, oidc, name);
    expect([time, answer.status, errorOf(answer)]).toEqual([time, 302, null]);
  }
});

test("[ID3] a subject that could not be stored is not believed", async () => {
  const answer = await passThrough(platform, oidc, "s".repeat(256));
  expect([answer.status, errorOf(answer)]).toEqual([302, "login_failed"]);
});
