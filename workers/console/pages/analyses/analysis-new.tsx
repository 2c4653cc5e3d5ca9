/** A new analysis: drop a file, choose one, or paste; what came back opens at once. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { FormEvent } from "react";
import { whyNot } from "../../can.ts";
import { paths } from "../../paths.ts";
import { analysesKey, analysisKey } from "../../queries/analyses.ts";
import { useMe } from "../../queries/me.ts";
import { Button } from "../../ui/button.tsx";
import { uploadCommand } from "../../ui/commands.ts";
import { Command } from "../../ui/copy.tsx";
import { InlineError } from "../../ui/failure.tsx";
import { bytes } from "../../ui/format.ts";
import { Page, Section } from "../../ui/page.tsx";
import { Origin, originOf } from "./analysis-origin.tsx";
import { DropZone } from "./log-drop.tsx";
import { useUpload } from "./upload.ts";
import type { UploadState } from "./upload.ts";

export function AnalysisNew() {
  const me = useMe();
  const org = me.org.slug;
  const navigate = useNavigate();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [text, setText] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const upload = useUpload((uploaded) => {
    void client.invalidateQueries({ queryKey: analysesKey, refetchType: "none" });
    void client.invalidateQueries({ queryKey: ["overview"], refetchType: "none" });
    // The inline answer is the whole analysis: the page opens without asking for it again.
    if ("result" in uploaded) client.setQueryData(analysisKey(uploaded.id), uploaded);
    void navigate(paths.analysis(org, uploaded.id));
  });
  const send = (chosen: File | null) => {
    if (form.current === null) return;
    const body = chosen ?? new Blob([text], { type: "text/plain" });
    const origin = originOf(new FormData(form.current));
    upload.send({
      body,
      query: { ...origin, name: origin["name"] ?? chosen?.name ?? "pasted log" },
    });
  };
  const nothing =
    file === null && text.trim() === "" ? "Choose a file or paste a log first." : null;
  return (
    <Page
      title="New analysis"
      facts="The lines that broke it, the failed tests, and what to do next."
    >
      <form
        ref={form}
        className="flex max-w-lg flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (nothing === null) send(file);
        }}
      >
        <DropZone file={file} choose={setFile} clear={() => setFile(null)} />
        {file === null ? <Paste text={text} change={setText} /> : null}
        <Origin />
        <InlineError error={upload.state.status === "idle" ? upload.state.error : null} />
        <Sending state={upload.state} cancel={upload.cancel} />
        <div>
          <Button
            type="submit"
            variant="primary"
            icon="analyses"
            pending={upload.state.status === "sending"}
            disabledReason={whyNot(me.grants, "analyses.write", "analyses") ?? nothing}
          >
            Analyse
          </Button>
        </div>
      </form>
      <div className="mt-9 max-w-lg">
        <Section title="From a terminal or CI">
          <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
        </Section>
      </div>
    </Page>
  );
}

function Paste({ text, change }: { text: string; change: (text: string) => void }) {
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium">Or paste the log</span>
      <textarea
        value={text}
        onChange={(event) => change(event.target.value)}
        rows={10}
        spellCheck={false}
        placeholder="Paste the output of the failed job"
        className="w-full rounded-md border border-edge bg-panel p-2 font-mono text-sm"
      />
    </label>
  );
}

function Sending({ state, cancel }: { state: UploadState; cancel: () => void }) {
  if (state.status === "idle") return null;
  const sent = state.sentBytes >= state.totalBytes;
  return (
    <div className="flex items-center gap-3">
      <progress
        aria-label="Upload"
        value={state.sentBytes}
        max={state.totalBytes}
        className="h-1.5 flex-1 accent-(--color-accent)"
      />
      <span role="status" className="text-soft">
        {sent
          ? "Sent; reading the log …"
          : `${bytes(state.sentBytes)} of ${bytes(state.totalBytes)}`}
      </span>
      <Button onClick={cancel}>Cancel</Button>
    </div>
  );
}
