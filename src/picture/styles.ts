/**
 * The colours of a picture, light and dark, and what paper gets. Contrast of text is 4.5 to 1 or
 * better; red and amber never stand without a form or a word that says the same.
 */

const LIGHT = `--ground:#fff;--raised:#f5f6f8;--ink:#1b1f24;--dim:#57606a;--rule:#d3d8de;--accent:#0b5cad;--run:#8291a3;
--red:#b3121d;--red-soft:#fdeaea;--amber:#7d4e00;--amber-soft:#fdf3d9;--lock:#6b3fa0;--lock-soft:#c3aadd;--pill:#e3ebf5;--select:#dcebfb;--good:#0d6b33;`;
const DARK = `--ground:#14171b;--raised:#1d2126;--ink:#e6e9ec;--dim:#9ba5b0;--rule:#363d45;--accent:#77b6ff;--run:#6d7b8a;
--red:#ff8f8a;--red-soft:#45181b;--amber:#f2c063;--amber-soft:#382a10;--lock:#c49bf2;--lock-soft:#6d4c94;--pill:#283545;--select:#1f3854;--good:#6fd394;`;

/** The theme is the system's, unless the root has an attribute data-theme. */
export const THEME = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
:root[data-theme=light]{color-scheme:light;${LIGHT}}
:root[data-theme=dark]{color-scheme:dark;${DARK}}
@media print{:root,:root[data-theme]{color-scheme:light;${LIGHT}}}
`;

export const PICTURE_STYLE = `.picture{font:12px "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;display:block}
.picture text{fill:var(--ink);white-space:pre}
.picture .head{font-weight:700;font-size:13px}
.picture .number{fill:var(--dim);text-anchor:end;font-size:11px}
.picture .faint{opacity:.75;font-size:10px}
.picture .divide,.picture .under{stroke:var(--rule)}
.picture .moment{fill:transparent}
.picture .stripe{pointer-events:none}
.picture .stripe.cited{fill:var(--amber-soft)}
.picture .stripe.failed{fill:var(--red-soft)}
.picture .rail{stroke:var(--rule);stroke-width:1}
.picture .run{fill:var(--run)}
.picture .parked{stroke:var(--run);stroke-width:1.5;stroke-dasharray:2 4}
.picture .suspended{stroke:var(--ink);stroke-width:2}
.picture .tick{fill:var(--ground);stroke:var(--run)}
.picture .lead{stroke:var(--rule);stroke-dasharray:1 3}
.picture .lock{fill:var(--lock)}
.picture .lock.shared{fill:var(--lock-soft)}
.picture .lock.wanted{fill:var(--red)}
.picture .kept{stroke:var(--amber);stroke-width:1}
.picture .kept.decisive{stroke:var(--red);stroke-width:1.5}
.picture .ground{fill:var(--ground);stroke:none}
.picture .hatch{stroke:var(--amber);fill:none;opacity:.75}
.picture .hatch-red{stroke:var(--red);fill:none;opacity:.8}
.picture rect.ground{opacity:1;fill:var(--ground)}
.picture .arrow{stroke:var(--accent);stroke-width:1.75}
.picture .arrow.missed{stroke:var(--red);stroke-dasharray:5 4}
.picture .tip{fill:var(--accent)}
.picture .tip-red{fill:var(--red)}
.picture .missed-cross,.picture .join-cross{stroke:var(--red);stroke-width:2.5;fill:none}
.picture .join{stroke:var(--red);stroke-width:1.5}
.picture .join-dot{fill:var(--amber);stroke:var(--ground)}
.picture .halo{fill:var(--ground);opacity:.85}
.picture .mark{stroke:var(--ground);stroke-width:1.5}
.picture .mark.told{fill:var(--accent)}
.picture .mark.cited{fill:var(--amber)}
.picture .mark.fail{stroke:var(--red);stroke-width:4;fill:none}
.picture .pill{fill:var(--pill)}
.picture .pill.cited{fill:var(--amber)}
.picture .pill.fail{fill:var(--red)}
.picture .badge{font-size:11px;text-anchor:middle;font-weight:600}
.picture .badge.cited,.picture .badge.fail{fill:var(--ground)}
.picture .place,.picture .quiet{fill:var(--dim);font-size:11px}
.picture .box{fill:var(--ground);stroke:var(--red);stroke-width:1.5}
.picture .words.fail{font-weight:700;fill:var(--red)}
.picture .note{font-size:11px;fill:var(--amber)}
.picture .note.cause{fill:var(--red);font-weight:600}
`;

const MACHINE_STYLE = `.machine-figure{margin:0 0 6px}
.machine-figure figcaption{color:var(--dim);font:600 12px system-ui,"DejaVu Sans",sans-serif;padding:2px 0 4px}
.machine{font:11px "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;display:block;max-width:100%;height:auto}
.machine text{fill:var(--ink);white-space:pre}
.machine .frame{fill:var(--raised);stroke:var(--run)}
.machine .title{font-weight:700}
.machine .part .ground{fill:none}
.machine .part .dot{fill:var(--amber)}
.machine .changed .ground{fill:var(--amber-soft)}
.machine .stale .ground{fill:var(--red-soft);stroke:var(--red);stroke-dasharray:4 2}
.machine .stale .said{fill:var(--red);font-weight:700}
.machine .gone .frame{fill:none;stroke:var(--red);stroke-dasharray:5 4}
.machine .gone .title{fill:var(--red)}
.machine .box.absent .frame{fill:none;stroke:var(--rule);stroke-dasharray:2 4}
.machine .edge{fill:none;stroke:var(--run);stroke-width:1.5;marker-end:url(#edge-tip)}
.machine .edge[d=""]{display:none}
.machine .edge.stale{stroke:var(--red);stroke-width:2;stroke-dasharray:6 3;marker-end:url(#edge-tip-stale)}
.machine .edge-tip{fill:var(--run)}
.machine .edge-tip-stale{fill:var(--red)}
`;

const MONO = `"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace`;

/** Around the picture: the page, the stepper, and what paper gets. */
export const PAGE_STYLE = `${MACHINE_STYLE}*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:14px 16px}
.view{container:view/inline-size}
.view h1{font-size:19px;margin:0 0 6px;overflow-wrap:anywhere}
.view .bad{color:var(--red)}
.view .closing{margin:0 0 10px;max-width:110ch}
.view .note{margin:0 0 8px;color:var(--amber)}
.view a{color:var(--accent)}
.story{display:grid;grid-template-columns:minmax(0,800px) minmax(0,1fr);gap:20px;align-items:start}
.pictures figure{margin:0}
.pictures .narrow{display:none}
.picture{max-width:100%;height:auto}
.picture .moment{cursor:pointer}
.picture .moment:hover{fill:var(--select);fill-opacity:.5}
.pictures figure{position:relative;isolation:isolate;contain:layout}
.picture .away{display:none}
.cursor{position:absolute;z-index:-1;left:0;right:0;top:0;background:var(--select);box-shadow:0 0 0 2px var(--accent);will-change:transform}
.legend{list-style:none;margin:10px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:12px;color:var(--dim)}
.legend .sample{display:inline-block;width:16px;height:10px;margin-right:6px;vertical-align:-1px}
.sample.lock{border-left:5px solid var(--lock);width:8px}
.sample.kept{border:1px solid var(--red);background:repeating-linear-gradient(45deg,var(--red) 0 2px,var(--ground) 2px 4px)}
.sample.arrow{border-top:2px solid var(--accent);height:4px}
.sample.missed{border-top:2px dashed var(--red);height:4px}
.sample.joined{background:var(--amber);transform:rotate(45deg);width:9px;height:9px}
.sample.parked{border-left:2px dotted var(--run);width:8px}
.stepper{contain:layout style;position:sticky;top:8px;max-height:calc(100vh - 16px);display:flex;flex-direction:column;gap:8px;min-height:0}
.stepper .more{display:flex;flex-direction:column;gap:8px;min-height:0}
.stepper .more[hidden],.stepper .unfold{display:none}
.stepper .bar{display:flex;gap:6px;align-items:center}
.stepper button{font:inherit;color:var(--ink);background:var(--raised);border:1px solid var(--rule);border-radius:6px;padding:4px 10px;min-height:32px;cursor:pointer}
.stepper button:disabled{color:var(--dim);cursor:default}
.stepper input[type=range]{flex:1;min-width:60px;accent-color:var(--accent)}
.stepper output{white-space:nowrap;font-variant-numeric:tabular-nums}
.stepper h2{font-size:15px;margin:0}
.stepper h3{font-size:12px;margin:0;color:var(--dim);font-weight:600;overflow-wrap:anywhere}
.stepper .events{list-style:none;margin:0;padding:0;font:12px/1.4 ${MONO};overflow:auto;max-height:22vh;flex:none}
.stepper .events li{padding:1px 0;overflow-wrap:anywhere}
.stepper .events .fail{color:var(--red);font-weight:700}
.stepper .tag{background:var(--pill);border-radius:7px;padding:0 6px;margin-right:6px}
.stepper .fail .tag{background:var(--red);color:var(--ground)}
.stepper .code{contain:content;font:12px/1.45 ${MONO};background:var(--raised);border:1px solid var(--rule);border-radius:6px;overflow:auto;height:14em;margin:0;padding:4px 0;flex:none}
.stepper .code div{white-space:pre;padding:0 8px;width:max-content;min-width:100%;tab-size:8}
.stepper .code .now{background:var(--select);box-shadow:inset 3px 0 var(--accent);font-weight:700}
.stepper .code .at{display:inline-block;width:4ch;text-align:right;color:var(--dim);margin-right:1.2ch;font-weight:400}
.stepper .frames{display:flex;flex-wrap:wrap;gap:4px;font:11px ${MONO}}
.stepper .frames button{font:inherit;padding:1px 6px;min-height:24px}
.stepper .frames [aria-pressed=true]{border-color:var(--accent);background:var(--select)}
.stepper .state{contain:content;overflow:auto;min-height:8em;font:12px/1.4 ${MONO}}
.stepper table{border-collapse:collapse;width:100%}
.stepper caption{text-align:left;color:var(--dim);font:600 12px system-ui,"DejaVu Sans",sans-serif;padding:4px 0 2px}
.stepper td{padding:1px 8px 1px 2px;vertical-align:top;overflow-wrap:break-word;border-top:1px solid var(--rule)}
.stepper tr.changed td{background:var(--amber-soft)}
.stepper tr.changed td:first-child::before{content:"\\25cf ";color:var(--amber)}
.stepper tr.stale td{color:var(--red);font-weight:700}
.stepper .was{color:var(--dim);text-decoration:line-through;font-weight:400}
.stepper details summary{cursor:pointer;color:var(--dim);padding:4px 0}
.facts{font:12px/1.45 ${MONO};color:var(--dim);white-space:pre-wrap;overflow-wrap:anywhere;margin:18px 0 0;border-top:1px solid var(--rule);padding-top:10px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@container view (max-width:1000px){.story{grid-template-columns:minmax(0,1fr)}
.stepper{position:sticky;bottom:0;top:auto;max-height:52vh;overflow:auto;background:var(--ground);border-top:2px solid var(--rule);padding:8px 0}
.stepper .unfold{display:block;align-self:flex-start}.stepper .more{flex:none}.stepper .events{max-height:15vh}
.stepper .code{height:9.5em}.stepper .state{overflow:visible;min-height:0}}
@container view (max-width:829px){.pictures .wide{display:none}.pictures .narrow{display:block}}
@media(max-width:860px){main{padding:10px 16px}.view h1{font-size:16px}.view .closing{font-size:14px}}
@media print{main{max-width:none;padding:0}.view{container:none}.story{display:block}.stepper{display:none}.pictures .wide{display:block}.pictures .narrow{display:none}.cursor{display:none}.picture .away{display:inline}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.closing,.facts,.legend{break-inside:avoid}}
`;
