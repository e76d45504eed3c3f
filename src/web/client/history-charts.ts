/** Two charts over time: what each backup copied, and what it left free, one line a disk. */

import uPlot from 'uplot';
import { printable } from '../../messages/printable.ts';
import type { HistoryPoint } from '../readers.ts';
import { chartOptions, colour, followPage, format, lineStyles } from './chart.ts';

type Measure = 'bytes' | 'freeBytes';

/** Draws the charts into their figures once there is something to compare. */
export function drawHistoryCharts(charts: HTMLElement, points: readonly HistoryPoint[]): void {
  // One backup makes no line.
  charts.hidden = points.length < 2;
  if (charts.hidden) return;
  draw(charts, 'bytes', points, 'bytes');
  draw(charts, 'free', points, 'freeBytes');
}

function draw(charts: HTMLElement, name: string, points: readonly HistoryPoint[], measure: Measure): void {
  const box = charts.querySelector<HTMLElement>(`[data-chart="${name}"] .chart-canvas`);
  if (box === null) return;
  const disks = [...new Set(points.map((point) => point.uuid))];
  const options = chartOptions(box.clientWidth, 200, format.bytes);
  options.legend = {
    live: false,
    markers: { width: 3, dash: (_, index) => lineStyles[(index - 1) % lineStyles.length]?.border ?? 'solid' },
  };
  options.series.push(...disks.map((uuid, index) => series(uuid, index, points)));
  const times = points.map((point) => Date.parse(point.finishedAt) / 1000);
  const values = disks.map((uuid) => points.map((point) => (point.uuid === uuid ? point[measure] : null)));
  box.replaceChildren();
  followPage(new uPlot(options, [times, ...values], box), box);
}

function series(uuid: string, index: number, points: readonly HistoryPoint[]): uPlot.Series {
  const label = points.findLast((point) => point.uuid === uuid)?.label || uuid;
  const style = lineStyles[index % lineStyles.length] ?? { colour: '--text', dash: [], border: 'solid' };
  const stroke = () => colour(style.colour);
  return {
    label: printable(label),
    stroke,
    dash: style.dash,
    width: 2,
    spanGaps: true,
    points: { show: true, size: 5, stroke, fill: stroke },
  };
}
