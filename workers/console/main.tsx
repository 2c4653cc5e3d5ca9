/** Starts the console. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { Query } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { asApiError, isFault } from "./errors.ts";
import { providerName, takeParameter } from "./fragment.ts";
import { createConsoleRouter } from "./routes.tsx";
import { onSessionEnd } from "./session.ts";
import { paths } from "./paths.ts";
import { toastNote } from "./ui/toast.tsx";
import "./theme.css";

/** Attempts after the first one, for faults alone: a refusal stays a refusal. */
const RETRIES_MAX = 2;
/** A list read this recently is shown without asking again. */
const STALE_MS = 5_000;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      retry: (failures, error) => failures < RETRIES_MAX && isFault(asApiError(error)),
      refetchOnWindowFocus: true,
    },
  },
});
// An identity was attached to this user by its verified address: they are told, whatever page this is [ID8].
const linked = takeParameter("linked");
if (linked !== null)
  toastNote(
    `Your identity at ${providerName(linked)} now signs you in too, because its verified address is yours. You find it under Account.`,
  );

const router = createConsoleRouter(queryClient);

onSessionEnd(() => {
  const here = router.state.location;
  // The pages leave first: one that is still drawn must not find its data gone.
  const left = here.pathname.startsWith("/o/")
    ? router.navigate(paths.login({ return_to: here.href }))
    : Promise.resolve();
  // What is being asked for meets the end of the session by itself; canceled, it would look like a defect.
  const settled = { predicate: (query: Query) => query.state.fetchStatus === "idle" };
  void left.finally(() => queryClient.removeQueries(settled));
});

// Focus follows the reader: after a navigation it stands on the new page's heading.
router.subscribe("onRendered", (event) => {
  if (event.fromLocation === undefined || !event.pathChanged) return;
  document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root.");
createRoot(root).render(
  <QueryClientProvider client={queryClient}>
    <RouterProvider router={router} />
  </QueryClientProvider>,
);
