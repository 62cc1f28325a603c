/** The viewer of a page that holds one counterexample and its data: what `check --html` writes. */
import type { StoryData } from "../src/picture/story-data.ts";
import { attachViewer } from "./viewer.ts";

const root = document.querySelector<HTMLElement>(".view");
const text = document.getElementById("story")?.textContent;
// Of our own making, a few lines further up.
if (root !== null && text !== undefined && text !== null) attachViewer(root, JSON.parse(text) as StoryData);
