/** Calls to the outside in workerd, where no launcher is: the resolver and the receiver are a stubbed `fetch`. */
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { egressOf } from "./egress.ts";

afterEach(() => vi.unstubAllGlobals());

/** Answers DNS questions with these addresses and everything else with `answer`; notes what was asked. */
function stubbed(addresses: readonly string[], answer: () => Response): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (input: URL | string) => {
    const url = new URL(String(input));
    asked.push(url.searchParams.has("type") ? `dns ${url.searchParams.get("type")}` : url.href);
    if (!url.searchParams.has("type")) return Promise.resolve(answer());
    const wanted = url.searchParams.get("type") === "AAAA" ? 28 : 1;
    const Answer = addresses
      .map((data) => ({ type: data.includes(":") ? 28 : 1, data }))
      .filter(({ type }) => type === wanted);
    return Promise.resolve(Response.json({ Status: 0, Answer }));
  });
  return asked;
}

const REQUEST = { method: "POST", body: "x", timeoutMs: 1_000, bytesMax: 4 };

test("[WH8] in workerd too a name is looked up before each call, and an address inside refuses it", async () => {
  const asked = stubbed(["93.184.215.14", "2606:2800:21f::1"], () => new Response("answer"));
  const sent = await egressOf(env).fetch("https://hooks.example.com/x", REQUEST);
  expect(sent.ok && [sent.value.status, new TextDecoder().decode(sent.value.body)]).toEqual([
    200,
    "answ",
  ]);
  expect(asked.toSorted()).toEqual(["dns A", "dns AAAA", "https://hooks.example.com/x"]);
  const inside = stubbed(["93.184.215.14", "fd00::1"], () => new Response("secret"));
  const refused = await egressOf(env).fetch("https://hooks.example.com/x", REQUEST);
  expect(refused.ok ? null : refused.refusal.code).toBe("egress_refused");
  expect(inside.toSorted()).toEqual(["dns A", "dns AAAA"]);
});

test("[WH7] in workerd too addresses in other notations are refused without asking anybody", async () => {
  const asked = stubbed([], () => new Response("secret"));
  for (const url of [
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::ffff:127.0.0.1]/",
    "https://localhost/",
    "https://example.com/",
  ]) {
    const sent = await egressOf(env).fetch(url, REQUEST);
    expect(sent.ok ? null : sent.refusal.code, url).toBe("egress_refused");
  }
  expect(asked).toEqual([]);
});

test("[WH4] in workerd too an answer that does not come in time is a timeout", async () => {
  vi.stubGlobal("fetch", (input: URL | string, init: RequestInit = {}) =>
    new URL(String(input)).searchParams.has("type")
      ? Promise.resolve(Response.json({ Status: 0, Answer: [{ type: 1, data: "93.184.215.14" }] }))
      : new Promise((_resolve, reject) =>
          init.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
        ),
  );
  const sent = egressOf(env).fetch("https://hooks.example.com/x", { ...REQUEST, timeoutMs: 50 });
  await expect(sent).rejects.toMatchObject({ system: "egress", reason: "timeout" });
});
