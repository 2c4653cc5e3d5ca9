/** Goes somewhere with a fresh page: what was read in one organization is not there in the next. */
import { useRouter } from "@tanstack/react-router";
import type { LinkProps } from "@tanstack/react-router";

/** For places whose organization or user is another one than that of the page before. */
export function useStartAnew(): (to: LinkProps) => void {
  const router = useRouter();
  return (to) => window.location.assign(router.buildLocation(to).href);
}
