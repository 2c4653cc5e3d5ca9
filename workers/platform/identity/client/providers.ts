/** The configured providers, each behind the one interface. */
import { egressOf } from "../../adapters/egress.ts";
import type { Instant } from "../../model.ts";
import type { ProviderSetting } from "../rules/providers.ts";
import { githubProvider } from "./github.ts";
import { oidcProvider } from "./oidc.ts";
import type { Complain, SignInProvider } from "./provider.ts";

export interface ProviderPorts {
  readonly env: Env;
  readonly now: () => Instant;
}

export function providerOf(
  ports: ProviderPorts,
  setting: ProviderSetting,
  complain: Complain,
): SignInProvider {
  const egress = egressOf(ports.env);
  return setting.id === "github"
    ? githubProvider(setting, egress, complain)
    : oidcProvider({ setting, egress, now: ports.now }, complain);
}
