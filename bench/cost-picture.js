// The picture of bench/cost.js: a panel for each thing that grows, states on a logarithmic scale, a line for each checker. Text in, text out.

const WIDTH = 210;
const HEIGHT = 190;
const LEFT = 46;
const TOP = 34;
/** Powers of ten at the bottom and the top. */
const LOWEST = 2;
const HIGHEST = 8;

const SERIES = [
  { name: "shootdown", of: (point) => point.ours?.states, mark: "circle" },
  { name: "SPIN", of: (point) => point.spin?.states, mark: "square" },
];

const STYLE = `text { font: 11px sans-serif; fill: #333 } .title { font-weight: bold } .grid { stroke: #ccc } .line { fill: none; stroke-width: 2 }
.s0 { stroke: #0072b2 } .m0 { fill: #0072b2 } .s1 { stroke: #d55e00; stroke-dasharray: 5 3 } .m1 { fill: #d55e00 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .grid { stroke: #555 } .s0 { stroke: #56b4e9 } .m0 { fill: #56b4e9 } .s1 { stroke: #e69f00 } .m1 { fill: #e69f00 } }`;

const heightOf = (states) => TOP + (HEIGHT * (HIGHEST - Math.log10(states))) / (HIGHEST - LOWEST);
const at = (number) => number.toFixed(1);

function markOf(kind, x, y, series) {
  if (kind === "circle") return `<circle class="m${series}" cx="${at(x)}" cy="${at(y)}" r="3.5"/>`;
  return `<rect class="m${series}" x="${at(x - 3)}" y="${at(y - 3)}" width="6" height="6"/>`;
}

/** One panel at `x`. A checker that did not end has no mark there, and its line ends before. */
function panel({ name, points }, x) {
  const step = WIDTH / Math.max(1, points.length - 1);
  const parts = [`<text class="title" x="${x}" y="18">${name}</text>`];
  for (let power = LOWEST; power <= HIGHEST; power++) {
    const y = at(heightOf(10 ** power));
    parts.push(`<path class="grid" d="M${x} ${y}h${WIDTH}"/>`);
    if (x === LEFT)
      parts.push(`<text x="${x - 8}" y="${y}" dy="4" text-anchor="end">10<tspan dy="-4" font-size="8">${power}</tspan></text>`);
  }
  for (const [i, { configuration }] of points.entries())
    parts.push(`<text x="${at(x + i * step)}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${configuration}</text>`);
  for (const [series, { of, mark }] of SERIES.entries()) {
    const places = points.flatMap((point, i) => {
      const states = of(point);
      return states === undefined ? [] : [[x + i * step, heightOf(states)]];
    });
    if (places.length > 1) parts.push(`<path class="line s${series}" d="M${places.map(([px, py]) => `${at(px)} ${at(py)}`).join("L")}"/>`);
    for (const [px, py] of places) parts.push(markOf(mark, px, py, series));
  }
  return parts.join("\n");
}

export function costPicture(axes, { withSpin }) {
  const width = LEFT + axes.length * (WIDTH + 34) + 6;
  const height = TOP + HEIGHT + 58;
  const legend = SERIES.slice(0, withSpin ? 2 : 1).map(({ name, mark }, i) => {
    const x = LEFT + 8 + i * 110;
    const y = height - 14;
    return `<path class="line s${i}" d="M${x - 8} ${y}h28"/>${markOf(mark, x + 6, y, i)}<text x="${x + 28}" y="${y + 4}">${name}</text>`;
  });
  const note = `<text x="${LEFT + 250}" y="${height - 10}">states; CPUs, pages, guests, migrations</text>`;
  const panels = axes.map((axis, i) => panel(axis, LEFT + i * (WIDTH + 34)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="States over CPUs, pages, guests and migrations">`,
    `<style>${STYLE}</style>`,
    ...panels,
    ...legend,
    note,
    "</svg>",
    "",
  ].join("\n");
}
