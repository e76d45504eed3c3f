/** What the charts have in common: the page's colours, its number format, a width that follows the page. */

import type uPlot from 'uplot';
import { createFormat } from '../../messages/format.ts';

export const format = createFormat(document.documentElement.lang === 'de' ? 'de' : 'en');

/** Lines differ in colour and in dashes, so that nobody needs to tell colours apart. */
export const lineStyles: readonly { colour: string; dash: number[]; border: string }[] = [
  { colour: '--busy-bar', dash: [], border: 'solid' },
  { colour: '--warning-bar', dash: [8, 4], border: 'dashed' },
  { colour: '--good-bar', dash: [2, 4], border: 'dotted' },
  { colour: '--bad-bar', dash: [14, 5], border: 'double' },
];

/** A colour of the page's style sheet as it is now, light or dark. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Options that every chart begins with: time to the right, bytes (or a rate of them) upwards. */
export function chartOptions(width: number, height: number, words: (bytes: number) => string): uPlot.Options {
  const axis: uPlot.Axis = {
    // Functions, because the colours change with the time of day on some machines.
    stroke: () => colour('--quiet'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const upwards: uPlot.Axis = {
    ...axis,
    size: 78,
    values: (_, splits) => splits.map((split) => words(split)),
  };
  return {
    width,
    height,
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [{ ...axis, space: 70, values: timeLabels }, upwards],
    series: [{}],
  };
}

/** Days where a chart goes over days, else times of day, with seconds where minutes would repeat. */
function timeLabels(chart: uPlot, splits: number[]): string[] {
  const { min = 0, max = 0 } = chart.scales.x ?? {};
  const seconds = (max ?? 0) - (min ?? 0);
  const words = new Intl.DateTimeFormat(document.documentElement.lang, {
    ...(seconds > 2 * 86_400
      ? { day: 'numeric', month: 'short' }
      : { timeStyle: seconds < 300 ? 'medium' : 'short' }),
    hourCycle: 'h23',
  });
  return splits.map((split) => words.format(split * 1000));
}

/** Keeps a chart as wide as its box, and in the colours of the page. */
export function followPage(chart: uPlot, box: HTMLElement): void {
  new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
  }).observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw(false, true));
}
