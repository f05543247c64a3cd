import type { Machine } from '../machine.js';
import type { Known } from '../rows/row.js';
import type { Result } from './text.js';

type Costs = NonNullable<Known['costs']>;

interface Line {
  readonly name: string;
  readonly costs: Costs;
}

interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

const WIDTH = 860;
const HEIGHT = 480;
const LEFT = 76;
const RIGHT = 640;
const TOP = 62;
const BOTTOM = 416;
const LABEL_GAP = 17;

// Told apart in grey and by the colour-blind, on light and on dark ground.
const COLOURS = ['#2b8a3e', '#1c7ed6', '#e8590c', '#9c36b5', '#c2255c', '#0c8599', '#868e96', '#846358'];

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 16px; font-weight: 600 }
    .grid { stroke: #d0d7de }
    .ground { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .grid { stroke: #373e47 }
      .ground { fill: #0d1117 }
    }`;

/** What a replayed request costs with more and more recordings; undefined where no row tells. */
export function toPlot(results: readonly Result[], { node }: Machine): string | undefined {
  const lines = results.flatMap(({ measured }) =>
    [...measured].flatMap(([name, figure]) =>
      'ratio' in figure && figure.costs !== undefined ? [{ name, costs: figure.costs }] : [],
    ),
  );
  if (lines.length === 0) {
    return undefined;
  }
  const points = lines.flatMap(({ costs }) => costs);
  const across = logScale(
    points.map(({ size }) => size),
    LEFT,
    RIGHT,
    [1],
  );
  const up = logScale(
    points.map(({ cost }) => cost),
    BOTTOM,
    TOP,
    [1, 3],
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `  <title>Cost of a replayed request by the size of its cassette, Node ${node}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    `  <text class="title" x="${LEFT}" y="30">What a replayed fetch of 1 KB costs (bare dispatcher = 1), Node ${node}</text>`,
    ...across.ticks.flatMap((size) => [
      `  <line class="grid" x1="${across.place(size)}" x2="${across.place(size)}" y1="${TOP}" y2="${BOTTOM}"/>`,
      `  <text x="${across.place(size)}" y="${BOTTOM + 20}" text-anchor="middle">${size.toLocaleString('en')}</text>`,
    ]),
    `  <text x="${(LEFT + RIGHT) / 2}" y="${BOTTOM + 44}" text-anchor="middle">recordings in the cassette</text>`,
    ...up.ticks.flatMap((cost) => [
      `  <line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${up.place(cost)}" y2="${up.place(cost)}"/>`,
      `  <text x="${LEFT - 10}" y="${up.place(cost) + 4}" text-anchor="end">${cost}×</text>`,
    ]),
    ...drawLines(lines, across, up),
    '</svg>',
    '',
  ].join('\n');
}

function drawLines(lines: readonly Line[], across: Scale, up: Scale): string[] {
  const last = ({ costs }: Line) => up.place(costs.at(-1)?.cost ?? 1);
  let free = Number.NEGATIVE_INFINITY;
  return lines
    .toSorted((a, b) => last(a) - last(b))
    .flatMap((line) => {
      const colour = COLOURS[lines.indexOf(line) % COLOURS.length];
      const width = line.name === 'interposition' ? 4 : 2;
      const points = line.costs.map(({ size, cost }) => `${across.place(size)},${up.place(cost)}`);
      // A label stands at the end of its line, or below the one that stands there.
      free = Math.max(last(line), free + LABEL_GAP);
      return [
        `  <polyline fill="none" stroke="${colour}" stroke-width="${width}" points="${points.join(' ')}"/>`,
        `  <line stroke="${colour}" x1="${RIGHT}" y1="${last(line)}" x2="${RIGHT + 14}" y2="${free}"/>`,
        `  <text x="${RIGHT + 18}" y="${free + 4}">${line.name} ${line.costs.at(-1)?.cost.toFixed(1)}×</text>`,
      ];
    });
}

/** A logarithmic scale with ticks at these multiples of each power of ten. */
function logScale(values: readonly number[], from: number, to: number, steps: readonly number[]): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(least)); decade <= most * 10; decade *= 10) {
    ticks.push(...steps.map((step) => step * decade));
  }
  const first = ticks.findLast((tick) => tick <= least) ?? least;
  const end = ticks.find((tick) => tick >= most) ?? most;
  const place = (value: number) =>
    Math.round((from + ((to - from) * Math.log(value / first)) / Math.log(end / first)) * 10) / 10;
  return { ticks: ticks.filter((tick) => tick >= first && tick <= end), place };
}
