// uPlot, with what it does not have: touch, keys, panning, tooltips in words. A chunk of its own, fetched when a chart is shown.
import uPlot from 'uplot';
import { exact } from '../format/time';
import type { Series } from './chart';

interface Options {
  format: (value: number) => string;
  exactly: (value: number) => string;
  say: (text: string) => void;
  zoomed: (isZoomed: boolean) => void;
}

type Data = uPlot.AlignedData;
const pointsMin = 4;

/** One time axis for all series; where one has no point there is a hole. Errors follow as two bands of bounds. */
function align(series: Series[]): Data {
  const times = [...new Set(series.flatMap(s => s.points.map(p => Date.parse(p.time) / 1000)))].sort((a, b) => a - b);
  const index = new Map(times.map((time, i) => [time, i]));
  const lines: (number | null)[][] = [];
  const bounds: (number | null)[][] = [];
  for (const { points } of series) {
    const [line, low, high] = [0, 0, 0].map(() => new Array<number | null>(times.length).fill(null)) as [
      (number | null)[],
      (number | null)[],
      (number | null)[],
    ];
    for (const point of points) {
      const at = index.get(Date.parse(point.time) / 1000)!;
      line[at] = point.value;
      const error = Math.min(point.error ?? 0, 1);
      low[at] = point.value * (1 - error);
      high[at] = point.value * (1 + error);
    }
    lines.push(line);
    bounds.push(high, low);
  }
  return [times, ...lines, ...bounds] as Data;
}

export class Plot {
  private readonly chart: uPlot;
  private readonly tip = document.createElement('div');
  private readonly resize: ResizeObserver;
  private readonly theme: MutationObserver;
  private readonly scheme = matchMedia('(prefers-color-scheme: light)');
  private readonly touches = new Map<number, number>();
  private readonly redraw = (): void => this.chart.redraw(false);
  private data: Data;
  private panFrom: { x: number; min: number; max: number } | null = null;

  constructor(
    private readonly stage: HTMLElement,
    private series: Series[],
    private readonly options: Options,
  ) {
    this.data = align(series);
    this.tip.className = 'chart-tip';
    this.tip.hidden = true;
    this.chart = new uPlot(this.describe(), this.data, stage);
    this.chart.over.append(this.tip);
    this.listen(this.chart.over);
    this.resize = new ResizeObserver(() => this.chart.setSize(this.size()));
    this.resize.observe(stage);
    this.theme = new MutationObserver(this.redraw);
    this.theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    this.scheme.addEventListener('change', this.redraw);
  }

  /** New values; a zoomed view stays where it is. */
  update(series: Series[]): void {
    const isZoomed = this.isZoomed();
    if (series.length !== this.series.length) this.series = series;
    this.series = series;
    this.data = align(series);
    const { min, max } = this.chart.scales['x']!;
    this.chart.setData(this.data, !isZoomed);
    if (isZoomed) this.show(min!, max!);
  }

  close(): void {
    this.resize.disconnect();
    this.theme.disconnect();
    this.scheme.removeEventListener('change', this.redraw);
    this.chart.destroy();
  }

  /** Narrows (below 1) or widens the view around the cursor or its middle. */
  zoom(factor: number, around?: number): void {
    const { min, max } = this.chart.scales['x']!;
    if (min == null || max == null) return;
    const centre = around ?? (min + max) / 2;
    this.show(centre - (centre - min) * factor, centre + (max - centre) * factor);
  }

  reset(): void {
    const [first, last] = this.ends();
    this.show(first, last);
  }

  key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = this.move(event.key, event.shiftKey);
    if (done) event.preventDefault();
  }

  private move(key: string, isPan: boolean): boolean {
    const last = this.data[0].length - 1;
    const at = this.chart.cursor.idx ?? last;
    switch (key) {
      case 'ArrowLeft':
        return isPan ? this.pan(-0.2) : this.point(Math.max(0, at - 1));
      case 'ArrowRight':
        return isPan ? this.pan(0.2) : this.point(Math.min(last, at + 1));
      case 'Home':
        return this.point(0);
      case 'End':
        return this.point(last);
      case '+':
      case '=':
        this.zoom(0.5, this.data[0][at]);
        return true;
      case '-':
        this.zoom(2, this.data[0][at]);
        return true;
      case '0':
        this.reset();
        return true;
      case 'Escape':
        this.chart.setCursor({ left: -10, top: -10 });
        return this.isZoomed() && (this.reset(), true);
      default:
        return false;
    }
  }

  private point(index: number): boolean {
    const time = this.data[0][index];
    if (time === undefined) return false;
    const { min, max } = this.chart.scales['x']!;
    if (time < min! || time > max!) this.show(time - (max! - min!) / 2, time + (max! - min!) / 2);
    this.chart.setCursor({ left: this.chart.valToPos(time, 'x'), top: this.chart.over.clientHeight / 3 });
    this.options.say(
      `${exact(time * 1000)}: ${this.values(index)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
    return true;
  }

  private pan(share: number): boolean {
    const { min, max } = this.chart.scales['x']!;
    const by = (max! - min!) * share;
    this.show(min! + by, max! + by);
    return true;
  }

  private ends(): [number, number] {
    const times = this.data[0];
    return [times[0] ?? 0, times[times.length - 1] ?? 1];
  }

  private isZoomed(): boolean {
    const [first, last] = this.ends();
    const { min, max } = this.chart.scales['x']!;
    return min != null && max != null && (min > first || max < last);
  }

  /** Shows from min to max, kept inside the data and never narrower than a few points. */
  private show(min: number, max: number): void {
    const [first, last] = this.ends();
    const least = ((last - first) / Math.max(1, this.data[0].length - 1)) * pointsMin;
    let width = Math.min(Math.max(max - min, least), last - first);
    if (!(width > 0)) width = 1;
    let from = max - min < least ? (min + max) / 2 - width / 2 : min;
    from = Math.max(first, Math.min(from, last - width));
    this.chart.setScale('x', { min: from, max: from + width });
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.stage.clientWidth, 60), height: Math.max(this.stage.clientHeight, 60) };
  }

  private values(index: number): [string, string][] {
    return this.series.map((s, i) => {
      const value = this.data[i + 1]?.[index];
      const point = s.points.find(p => Date.parse(p.time) / 1000 === this.data[0][index]);
      const error = point?.error ? ` ±${(point.error * 100).toFixed(point.error < 0.1 ? 1 : 0)} %` : '';
      return [s.name, value == null ? 'none' : this.options.exactly(value) + error];
    });
  }

  private pointed(chart: uPlot): void {
    const index = chart.cursor.idx;
    const isShown = index != null && chart.cursor.left! >= 0;
    this.tip.hidden = !isShown;
    if (!isShown) return;
    const time = document.createElement('b');
    time.textContent = exact(this.data[0][index]! * 1000);
    this.tip.replaceChildren(
      time,
      ...this.values(index).map(([name, value], i) => {
        const line = document.createElement('span');
        line.className = `tip-${i}`;
        line.textContent = this.series.length > 1 ? `${name}: ${value}` : value;
        return line;
      }),
    );
    const left = chart.valToPos(this.data[0][index]!, 'x');
    const width = this.tip.offsetWidth;
    const x = left + 14 + width > chart.over.clientWidth ? left - 14 - width : left + 14;
    this.tip.style.transform = `translate(${Math.max(0, Math.round(x))}px, 8px)`;
  }

  private listen(over: HTMLElement): void {
    over.addEventListener('dblclick', () => this.reset());
    over.addEventListener(
      'wheel',
      event => {
        // Without a modifier the wheel scrolls the page, as everywhere.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.timeAt(event.clientX));
      },
      { passive: false },
    );
    over.addEventListener('pointerdown', event => this.down(event));
    over.addEventListener('pointermove', event => this.drag(event));
    for (const end of ['pointerup', 'pointercancel'] as const)
      over.addEventListener(end, event => {
        this.touches.delete(event.pointerId);
        this.panFrom = null;
      });
    // Shift and drag moves: uPlot must not see it, or it would mark a range.
    over.addEventListener(
      'mousedown',
      event => {
        if (event.shiftKey) event.stopImmediatePropagation();
      },
      true,
    );
  }

  private timeAt(clientX: number): number {
    return this.chart.posToVal(clientX - this.chart.over.getBoundingClientRect().left, 'x');
  }

  private down(event: PointerEvent): void {
    const { min, max } = this.chart.scales['x']!;
    const isTouch = event.pointerType === 'touch';
    if (isTouch) this.touches.set(event.pointerId, event.clientX);
    if (isTouch || event.shiftKey) {
      this.chart.over.setPointerCapture(event.pointerId);
      this.panFrom = this.touches.size > 1 ? null : { x: event.clientX, min: min!, max: max! };
    }
    if (isTouch) this.chart.setCursor({ left: event.clientX - this.chart.over.getBoundingClientRect().left, top: 20 });
  }

  private drag(event: PointerEvent): void {
    if (event.pointerType === 'touch' && this.touches.size === 2 && this.touches.has(event.pointerId)) {
      this.pinch(event);
      return;
    }
    if (!this.panFrom) return;
    if (this.isZoomed()) {
      const { x, min, max } = this.panFrom;
      const by = ((x - event.clientX) / this.chart.over.clientWidth) * (max - min);
      this.show(min + by, max + by);
    }
    if (event.pointerType === 'touch')
      this.chart.setCursor({ left: event.clientX - this.chart.over.getBoundingClientRect().left, top: 20 });
  }

  private pinch(event: PointerEvent): void {
    const [other] = [...this.touches].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
    const before = Math.abs(this.touches.get(event.pointerId)! - other!);
    this.touches.set(event.pointerId, event.clientX);
    const after = Math.abs(event.clientX - other!);
    if (before > 8 && after > 8) this.zoom(before / after, this.timeAt((event.clientX + other!) / 2));
  }

  private describe(): uPlot.Options {
    const colour = (name: string) => (): string => getComputedStyle(this.stage).getPropertyValue(name).trim();
    const inks = ['--accent', '--second', '--warn', '--good'];
    const lines = this.series.map((s, i): uPlot.Series => ({
      label: s.name,
      stroke: colour(inks[i % inks.length]!),
      width: 2,
      points: { show: false },
      paths: uPlot.paths.spline!(),
      ...(i === 0 ? { fill: (chart: uPlot) => this.shade(chart) } : {}),
    }));
    const edges = this.series.flatMap((): uPlot.Series[] =>
      [0, 1].map(() => ({ stroke: 'transparent', width: 0, points: { show: false } })),
    );
    const count = this.series.length;
    const axis = {
      stroke: colour('--quiet'),
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
      font: '11px "JetBrains Mono Variable", monospace',
    };
    return {
      ...this.size(),
      legend: { show: false },
      padding: [10, 24, 0, 0],
      cursor: {
        drag: { x: true, y: false, setScale: true, dist: 6 },
        focus: { prox: 30 },
        y: false,
        points: { size: 9, width: 2, fill: colour('--ground') as unknown as string },
      },
      scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.12 : 1] } },
      series: [{}, ...lines, ...edges],
      bands: this.series.map((_, i) => ({
        series: [count + 1 + 2 * i, count + 2 + 2 * i] as [number, number],
        fill: colour('--band') as unknown as string,
      })),
      axes: [
        { ...axis, size: 30, space: 70, values: (_, splits, __, ___, step) => splits.map(at => label(at, step)) },
        {
          ...axis,
          size: 76,
          values: (_, splits) => splits.map(value => (value === 0 ? '0' : this.options.format(value))),
        },
      ],
      hooks: {
        setCursor: [chart => this.pointed(chart)],
        setScale: [
          (chart, name) => {
            if (name === 'x' && chart.status === 1) this.options.zoomed(this.isZoomed());
          },
        ],
      },
    };
  }

  private shade(chart: uPlot): CanvasGradient {
    // A chart that has just been taken out of the document has no colours, and nobody sees it.
    const style = getComputedStyle(this.stage.isConnected ? this.stage : document.documentElement);
    const { top, height } = chart.bbox;
    const gradient = chart.ctx.createLinearGradient(0, top, 0, top + (height || 1));
    // A drawing that was put off may come when its page is gone: then there are no colours.
    gradient.addColorStop(0, style.getPropertyValue('--shade').trim() || 'transparent');
    gradient.addColorStop(1, style.getPropertyValue('--shade-end').trim() || 'transparent');
    return gradient;
  }
}

const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const second = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** A time on the axis, as fine as the distance to the next. */
function label(at: number, step: number): string {
  const time = new Date(at * 1000);
  if (step >= 86_400) return dayOf.format(time);
  if (step < 60) return second.format(time);
  return time.getHours() === 0 && time.getMinutes() === 0 ? dayOf.format(time) : hour.format(time);
}
