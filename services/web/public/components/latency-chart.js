// <latency-chart> draws the latency of a service over its status, and its deployments:
// show({ buckets, step, to, deployments }). It bubbles "range" (detail one of lib/history.js). The same is there as a table.
import { shortDay, timeOfDay, utcDay } from '../lib/dates.js';
import { ranges, row, said, series } from '../lib/history.js';
import { drawMarks } from './chart-marks.js';
import { setText, stamp } from './template.js';

const height = 180; // px
const colors = [
  'accent',
  'accent-soft',
  'line',
  'text',
  'text-2',
  'down-soft',
  'degraded-soft',
  'surface',
  'surface-2',
];

let library = null; // uPlot, which is loaded for the first chart

class LatencyChart extends HTMLElement {
  #plot = null;
  #data = null; // that is shown
  #bands = [];
  #range = '24h';

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('latency-chart'));
    const choices = Object.entries(ranges).map(([range, { label }]) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', textContent: label, ariaPressed: String(range === this.#range) });
      button.dataset.range = range;
      return button;
    });
    const bar = this.querySelector('.chart-ranges');
    bar.replaceChildren(...choices);
    bar.addEventListener('click', ({ target }) => target.dataset.range && this.#choose(target.dataset.range));
    this.querySelector('details').addEventListener('toggle', () => this.#showTable());
    new ResizeObserver(() => this.#fit()).observe(this.#canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  }

  get range() {
    return this.#range;
  }

  get #canvas() {
    return this.querySelector('.chart');
  }

  async show(data) {
    this.#data = data;
    const measured = data.buckets.some(({ latency_ms }) => latency_ms);
    this.querySelector('.chart-none').hidden = measured;
    this.#canvas.hidden = !measured;
    this.#showTable();
    library ??= import('../vendor/uplot/uPlot.esm.js');
    const { default: UPlot } = await library;
    this.UPlot = UPlot;
    if (data === this.#data) this.#draw();
  }

  #choose(range) {
    this.#range = range;
    for (const button of this.querySelectorAll('[data-range]'))
      button.ariaPressed = String(button.dataset.range === range);
    this.dispatchEvent(new CustomEvent('range', { detail: range, bubbles: true }));
  }

  #draw() {
    if (!this.UPlot || !this.#data || !this.isConnected) return;
    const { buckets, to } = this.#data;
    const { columns, bands } = series(buckets, Date.parse(to));
    this.#bands = bands;
    this.#plot?.destroy();
    this.#plot = new this.UPlot(this.#options(), columns, this.#canvas);
  }

  #fit() {
    if (this.#plot && this.#canvas.clientWidth > 0) this.#plot.setSize({ width: this.#canvas.clientWidth, height });
  }

  #options() {
    const style = getComputedStyle(this);
    const color = {};
    // A pair of light and dark is resolved by the browser where a color is wanted.
    const probe = this.querySelector('.chart-color');
    for (const name of colors) {
      probe.style.color = `var(--${name})`;
      color[name] = getComputedStyle(probe).color;
    }
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke: color['text-2'], font, grid: { stroke: color.line, width: 1 }, ticks: { show: false } };
    return {
      width: this.#canvas.clientWidth || 600,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: { y: { range: (_, __, max) => [0, Math.max(max * 1.1, 10)] } },
      axes: [
        { ...axis, values: (_, times) => ticks(times) },
        {
          ...axis,
          size: 64,
          values: (_, values) => values.map((ms) => (ms >= 10_000 ? `${ms / 1000} s` : `${ms} ms`)),
        },
      ],
      series: [
        {},
        { stroke: color.accent, width: 2, points: { show: false } },
        { stroke: color.accent, width: 1, alpha: 0.5, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: color['accent-soft'] }],
      hooks: {
        drawClear: [(plot) => this.#drawBands(plot, color)],
        draw: [
          (plot) =>
            drawMarks(plot, this.#data.deployments, {
              font,
              line: color['text-2'],
              ground: color.surface,
              text: color.text,
            }),
        ],
        setCursor: [({ cursor }) => this.#point(cursor.idx)],
      },
    };
  }

  // point says what is under the pointer.
  #point(index) {
    const bucket = this.#data.buckets[index];
    const text = bucket ? `${this.#time(bucket)}: ${said(bucket)}` : '';
    setText(this.querySelector('.chart-point'), text);
  }

  #time({ at }) {
    return this.#data.step === '1d' ? utcDay(at) : `${shortDay(at)}, ${timeOfDay(at)}`;
  }

  // drawBands draws what was not healthy behind the lines.
  #drawBands(plot, color) {
    const { ctx, bbox } = plot;
    const kinds = { down: color['down-soft'], degraded: color['degraded-soft'], unobserved: color['surface-2'] };
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { from, to, kind } of this.#bands) {
      const left = plot.valToPos(from, 'x', true);
      ctx.fillStyle = kinds[kind];
      ctx.fillRect(left, bbox.top, Math.max(plot.valToPos(to, 'x', true) - left, 2), bbox.height);
    }
    ctx.restore();
  }

  // showTable fills the table when somebody opens it: it has some hundred rows.
  #showTable() {
    const table = this.querySelector('details');
    if (!table.open || !this.#data) return;
    table.querySelector('tbody').replaceChildren(
      ...this.#data.buckets.toReversed().map((bucket) => {
        const line = stamp('latency-row').firstElementChild;
        const time = line.querySelector('time');
        time.dateTime = bucket.at;
        time.textContent = this.#time(bucket);
        for (const [name, text] of Object.entries(row(bucket)))
          line.querySelector(`[data-part="${name}"]`).textContent = text;
        return line;
      }),
    );
  }
}

// ticks says times of the axis in the reader's zone: the hour, or the day where it begins.
function ticks(times) {
  const daily = times.length > 1 && times[1] - times[0] >= 86_400;
  return times.map((time) => {
    const hour = timeOfDay(time * 1000);
    return daily || hour === '00:00' ? shortDay(time * 1000) : hour;
  });
}

customElements.define('latency-chart', LatencyChart);
