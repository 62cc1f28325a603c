/** The page: scenarios at the left, C in the middle, verdict and picture at the right. */
import { signal, useSignalEffect } from "@preact/signals";
import { type ComponentChildren, createRef } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Diagnostic } from "../src/base/diagnostics.ts";
import { type Violation, viewOf } from "../src/picture/view.ts";
import { footLines } from "../src/report/text.ts";
import type { Verdict } from "../src/report/verdict.ts";
import type { SiteScenario } from "../src/site/site-data.ts";
import type { Editor } from "./editor.ts";
import { toDom } from "./element-dom.ts";
import { readerOf, showFile } from "./source-files.ts";
import * as page from "./state.ts";
import { attachViewer } from "./viewer.ts";

export function App() {
  return (
    <>
      <header class="top">
        <h1>shootdown</h1>
        <p>A model checker for Linux memory-invalidation code. Everything runs in this browser; nothing is sent anywhere.</p>
      </header>
      {page.problem.value !== "" && (
        <p class="problem" role="alert">
          {page.problem.value}
        </p>
      )}
      <div class="panes">
        <Scenarios />
        <Code />
        <main class="result" aria-busy={page.doing.value !== ""}>
          <Result />
        </main>
      </div>
    </>
  );
}

function Scenarios() {
  const all = page.data.value?.scenarios ?? [];
  const groups = [...new Set(all.map(({ group }) => group))];
  const wide = matchMedia("(min-width: 900px)").matches;
  return (
    <nav class="scenarios" aria-label="Scenarios">
      <details open={wide}>
        <summary>Scenarios</summary>
        {groups.map((group) => (
          <section key={group}>
            <h2>{group}</h2>
            <ul>
              {all
                .filter((scenario) => scenario.group === group)
                .map((scenario) => (
                  <Scenario key={scenario.id} scenario={scenario} />
                ))}
            </ul>
          </section>
        ))}
        <Findings />
      </details>
    </nav>
  );
}

function Findings() {
  const all = page.data.value?.findings ?? [];
  if (all.length === 0) return null;
  return (
    <section>
      <h2>Findings</h2>
      <ul>
        {all.map(({ href, title }) => (
          <li key={href}>
            <a href={href}>{title}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A link may lead to one further down. */
const intoView = (item: HTMLElement | null): void => item?.scrollIntoView({ block: "nearest" });

function Scenario({ scenario }: { readonly scenario: SiteScenario }) {
  const isChosen = page.chosen.value?.id === scenario.id;
  return (
    <li class={isChosen ? "chosen" : ""} ref={isChosen && hasRoom.matches ? intoView : null}>
      <strong>{scenario.title}</strong>
      {isChosen && <p>{scenario.about}</p>}
      <div class="variants">
        {scenario.variants.map(({ label }, at) => (
          <button
            key={label}
            type="button"
            aria-pressed={isChosen && page.variant.value === at}
            onClick={() => void page.choose(scenario, at)}
          >
            {label}
          </button>
        ))}
      </div>
    </li>
  );
}

/** It comes later than the rest. */
const editor = signal<Editor | undefined>(undefined);
/** Below the editor, where there is room for it beside the picture. */
const machineHost = createRef<HTMLElement>();
const drawsMachine = signal(false);
const hasRoom = matchMedia("(min-width: 900px)");

function Code() {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The verdict does not wait for the editor.
    void import("./editor.ts").then(({ createEditor }) => {
      if (host.current === null || editor.value !== undefined) return;
      editor.value = createEditor(
        host.current,
        page.text.value,
        (next) => (page.text.value = next),
        () => void page.check(),
      );
    });
  }, []);
  useSignalEffect(() => editor.value?.setText(page.text.value));
  useSignalEffect(() => editor.value?.complain(page.complaints.value));
  const busy = page.doing.value !== "";
  return (
    <section class="code" aria-label="C">
      <div class="tools">
        <code class="file">
          {page.chosen.value?.file ?? ""}
          {page.edited.value ? " (edited)" : ""}
        </code>
        <label>
          <span>options</span>
          <input
            type="text"
            value={page.options.value}
            spellcheck={false}
            placeholder="-DFIX=0"
            onInput={(event) => (page.options.value = event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && void page.check()}
          />
        </label>
        {busy ? (
          <button type="button" onClick={page.cancel}>
            Cancel
          </button>
        ) : (
          <button type="button" class="primary" onClick={() => void page.check()} disabled={page.chosen.value === undefined}>
            Check
          </button>
        )}
      </div>
      <div class="editor" ref={host} />
      <section class="machine-host" ref={machineHost} aria-label="The machine" hidden={!drawsMachine.value} />
    </section>
  );
}

function Result() {
  const outcome = page.shown.value;
  if (page.doing.value !== "") return <Busy />;
  if (outcome === undefined) return null;
  switch (outcome.kind) {
    case "verdict":
      return <Told verdict={outcome.verdict} />;
    case "fault":
      return <Faults diagnostics={outcome.diagnostics} />;
    case "failed":
      return <Alone headline="not decided">{outcome.message}</Alone>;
    case "bad C":
      return (
        <section class="alone" role="alert">
          <h2>The C does not compile</h2>
          <pre>{outcome.stderr.trim()}</pre>
        </section>
      );
  }
}

const grouped = (n: number): string => n.toLocaleString("en");

function Busy() {
  const counts = page.progress.value;
  return (
    <section class="alone" role="status">
      <h2>{page.doing.value} ...</h2>
      {counts !== undefined && (
        <p class="counts">
          {grouped(counts.states)} states, {grouped(counts.transitions)} transitions, depth {grouped(counts.depth)}
        </p>
      )}
    </section>
  );
}

function Told({ verdict }: { readonly verdict: Verdict }) {
  switch (verdict.kind) {
    case "violation":
      return <Picture verdict={verdict} />;
    case "none":
      return (
        <Alone headline="none within bounds" good verdict={verdict}>
          No interleaving within the bounds below violates a property. What the scenario does not do was not checked.
        </Alone>
      );
    case "inconclusive":
      return (
        <Alone headline="inconclusive" verdict={verdict}>
          Stopped {verdict.reason}: what was not looked at may hold a violation.
        </Alone>
      );
  }
}

interface AloneProps {
  readonly headline: string;
  readonly good?: boolean;
  readonly verdict?: Verdict;
  readonly children: ComponentChildren;
}

function Alone({ headline, good = false, verdict, children }: AloneProps) {
  return (
    <section class="alone" role="status">
      <h2 class={good ? "good" : "doubt"}>{headline}</h2>
      <p>{children}</p>
      {verdict?.remarks.map((remark) => (
        <p key={remark} class="remark">
          note: {remark}
        </p>
      ))}
      {verdict !== undefined && <pre class="facts">{footLines(verdict, 90).join("\n")}</pre>}
    </section>
  );
}

function Faults({ diagnostics }: { readonly diagnostics: readonly Diagnostic[] }) {
  return (
    <section class="alone" role="alert">
      <h2>Bad input: nothing was decided</h2>
      {diagnostics.map((d) => (
        <div key={`${d.code} ${d.message}`}>
          <p>
            <code>{d.code}</code>{" "}
            {d.file === undefined ? "" : `${[showFile(d.file), d.line].filter((part) => part !== undefined).join(":")}: `}
            {d.message}
          </p>
          {d.notes?.map((note) => (
            <p key={note}>note: {note}</p>
          ))}
          {d.help !== undefined && <p>help: {d.help}</p>}
        </div>
      ))}
    </section>
  );
}

const WIDEST = 1000;

/** The same view as in a page by itself, as wide as there is room. */
function Picture({ verdict }: { readonly verdict: Violation }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = host.current;
    if (root === null) return;
    const file = page.chosen.value?.file ?? "";
    const room = Math.min(WIDEST, root.clientWidth);
    const { element, data } = viewOf(verdict, readerOf(page.sources.value, { [file]: page.text.value }), { wide: 800, narrow: room });
    root.replaceChildren(toDom(element));
    drawsMachine.value = hasRoom.matches && data.machine !== undefined;
    const viewer = attachViewer(root, data, {
      onLine: (at, line) => editor.peek()?.mark(at === file ? line : undefined),
      play: page.newcomer(),
      machineHost: drawsMachine.value ? (machineHost.current ?? undefined) : undefined,
    });
    return () => {
      viewer.end();
      drawsMachine.value = false;
      editor.peek()?.mark(undefined);
    };
  }, [verdict]);
  return <div ref={host} />;
}
