/** /setup#t=: the first user and the first organization of an installation [CN11]. */
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import type { FormEvent } from "react";
import { asApiError, errorsByField } from "../../errors.ts";
import { Field } from "../../forms/field.tsx";
import { textOf } from "../../forms/text.ts";
import { takeToken } from "../../fragment.ts";
import { setUp } from "../../queries/orgs.ts";
import { useAction } from "../../queries/action.ts";
import { adopt } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { Welcome } from "./welcome.tsx";

export function OrgSetup() {
  const [token] = useState(takeToken);
  if (token === null) return <NoToken />;
  return (
    <Welcome title="Set up Edgewright" lead="Who you are, and the organization your team works in.">
      <SetupForm token={token} />
    </Welcome>
  );
}

function SetupForm({ token }: { token: string }) {
  const router = useRouter();
  const action = useAction({
    run: setUp,
    quiet: true,
    done: (session) => {
      adopt(session);
      router.history.push("/");
    },
  });
  const errors = errorsByField(action.error === null ? [] : asApiError(action.error).errors);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = textOf(form, "email");
    action.mutate({
      token,
      name: textOf(form, "name"),
      org_name: textOf(form, "org_name"),
      ...(email === "" ? {} : { email }),
    });
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Your name"
        name="name"
        required
        maxLength={100}
        autoComplete="name"
        autoFocus
        error={errors["name"]}
      />
      <Field
        label="Organization"
        name="org_name"
        required
        maxLength={100}
        autoComplete="organization"
        hint="Your team or company; it becomes part of every address."
        error={errors["org_name"]}
      />
      <Field
        label="E-mail"
        name="email"
        type="email"
        maxLength={200}
        autoComplete="email"
        error={errors["email"]}
      />
      <InlineError error={action.error} />
      <Button type="submit" variant="primary" pending={action.isPending} className="h-9 w-full">
        Create the organization
      </Button>
    </form>
  );
}

function NoToken() {
  return (
    <Welcome
      title="Set up Edgewright"
      lead="This page needs the link that the first start prints; it works once and for 24 hours."
    >
      <Command text="npm start" label="Command that prints the setup link" />
      <p className="mt-3 text-soft">
        Set up already?{" "}
        <a href="/login" className="text-accent underline">
          Sign in
        </a>
      </p>
    </Welcome>
  );
}
