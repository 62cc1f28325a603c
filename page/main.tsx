/** Where the page begins. */
import { render } from "preact";
import { PAGE_STYLE, PICTURE_STYLE, THEME } from "../src/picture/styles.ts";
import { App } from "./app.tsx";
import { start } from "./state.ts";
import "./site.css";

// The picture's own style sheet, which is a text of the core: made without an element, it needs no exception.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`${THEME}${PICTURE_STYLE}${PAGE_STYLE}`);
document.adoptedStyleSheets = [sheet];

const root = document.getElementById("page");
if (root !== null) render(<App />, root);
void start();
