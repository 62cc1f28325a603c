/**
 * The editor: CodeMirror with C, clang's complaints at their lines, and the line of the step that is
 * looked at. It stands in a shadow root, where its style sheets need no exception from the content
 * security policy. The colours are the page's own.
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { cpp } from "@codemirror/lang-cpp";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Complaint } from "./complaints.ts";

export interface Editor {
  readonly text: () => string;
  readonly setText: (text: string) => void;
  readonly complain: (complaints: readonly Complaint[]) => void;
  /** Marks the line and shows it; undefined: none. */
  readonly mark: (line: number | undefined) => void;
}

const marked = StateEffect.define<number | undefined>();
const markedLine = Decoration.line({ class: "cm-step", attributes: { "aria-current": "true" } });

const markedLines = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(lines, { effects, changes, state }) {
    let next = lines.map(changes);
    for (const effect of effects) {
      if (!effect.is(marked)) continue;
      const line = effect.value;
      next = line === undefined || line > state.doc.lines ? Decoration.none : Decoration.set(markedLine.range(state.doc.line(line).from));
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.modifier, tags.definitionKeyword], color: "var(--lock)", fontWeight: "600" },
  { tag: [tags.typeName, tags.standard(tags.typeName)], color: "var(--accent)" },
  { tag: [tags.string, tags.character], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--amber)" },
  { tag: [tags.comment, tags.processingInstruction, tags.meta], color: "var(--dim)" },
]);

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", backgroundColor: "var(--ground)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: '"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace', lineHeight: "1.45" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--dim)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { boxShadow: "inset 2px 0 var(--rule)" },
  ".cm-step": { backgroundColor: "var(--select)", boxShadow: "inset 3px 0 var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--select)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--rule)" },
});

export function createEditor(host: HTMLElement, text: string, changed: (text: string) => void, check: () => void): Editor {
  const checks = (): boolean => {
    check();
    return true;
  };
  const root = host.attachShadow({ mode: "open" });
  let quiet = false;
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        search({ top: true }),
        lintGutter(),
        cpp(),
        syntaxHighlighting(colours),
        theme,
        markedLines,
        indentUnit.of("\t"),
        EditorState.tabSize.of(4),
        EditorView.contentAttributes.of({ "aria-label": "C of the scenario", tabindex: "0" }),
        keymap.of([{ key: "Mod-Enter", run: checks }, ...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !quiet) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  const from = ({ line, column }: Complaint): number => {
    const at = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
    return Math.min(at.from + Math.max(0, column - 1), at.to);
  };
  return {
    text: () => view.state.doc.toString(),
    setText(next) {
      if (next === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
      quiet = false;
    },
    complain(complaints) {
      const found = complaints.map(
        (c): Diagnostic => ({ from: from(c), to: view.state.doc.lineAt(from(c)).to, severity: c.severity, message: c.message }),
      );
      view.dispatch(setDiagnostics(view.state, found));
      const first = found[0];
      if (first !== undefined) view.dispatch({ effects: EditorView.scrollIntoView(first.from, { y: "center" }) });
    },
    mark(line) {
      const there = line !== undefined && line >= 1 && line <= view.state.doc.lines ? line : undefined;
      const scroll = there === undefined ? [] : [EditorView.scrollIntoView(view.state.doc.line(there).from, { y: "center" })];
      view.dispatch({ effects: [marked.of(there), ...scroll] });
    },
  };
}
