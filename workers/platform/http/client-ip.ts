/** The address a request came from, and the network it counts for [RL3]. */
import ipaddr from "ipaddr.js";
import { configurationOf } from "../adapters/configuration.ts";
import type { AppContext } from "./plumbing.ts";

/**
 * Cloudflare sets this header and drops what a client sent under its name. The local runtime sets it from the socket
 * only when the client sent none: on a local install it is as good as those who can reach the port.
 */
const HEADER = "cf-connecting-ip";
const IPV6_PREFIX_PARTS = 4;

/** Each proxy adds the address it was called from at its right end. */
const FORWARDED = "x-forwarded-for";

/**
 * The address as it was told; null when none was, or none that is one. Behind TRUST_PROXY proxies of an installation
 * outside Cloudflare it is what the outermost of them saw: everything left of that is the client's invention.
 */
export function clientIpOf(c: AppContext): string | null {
  const { trustProxy } = configurationOf(c.env);
  const told = trustProxy === 0 ? undefined : hopOf(c.req.header(FORWARDED) ?? "", trustProxy);
  return oneFormOf(told ?? c.req.header(HEADER)?.trim() ?? "");
}

/** The entry `hops` from the right; undefined when fewer proxies were passed. */
const hopOf = (list: string, hops: number): string | undefined => list.split(",").at(-hops)?.trim();

/** Six zero groups in front: an address of the times before IPv6 had addresses of its own, nobody's today. */
const COMPATIBLE_PARTS = 6;

/**
 * An address in the form in which Postgres gives it back, null for what is none: the audit chain holds the hash of one
 * form, and checks it against what is stored [AU5]. Zones name a link of one machine, and are dropped.
 */
export function oneFormOf(text: string): string | null {
  const [given = ""] = text.split("%");
  if (!ipaddr.isValid(given)) return null;
  const address = ipaddr.process(given);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  const old = address.parts.slice(0, COMPATIBLE_PARTS).every((part) => part === 0);
  return old && address.range() !== "loopback" ? null : address.toRFC5952String();
}

/** What limits per address count by: an IPv4 address, or the /64 of an IPv6 address, which is one customer's. */
export function networkOf(ip: string): string {
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv6)
    return `${address.parts
      .slice(0, IPV6_PREFIX_PARTS)
      .map((part) => part.toString(16))
      .join(":")}::/64`;
  return address.toString();
}

/** Requests of the machine itself are its operator's: nothing is limited by that address. */
export const isOwnMachine = (ip: string): boolean => ipaddr.process(ip).range() === "loopback";
