/** The copy's speed over the last minutes, as far as this page has seen it. */

import uPlot from 'uplot';
import { chartOptions, colour, followPage, format } from './chart.ts';

const keptSeconds = 15 * 60;

/** @returns to be called with each rate in bytes a second; null: nothing is being copied */
export function createRateChart(figure: HTMLElement): (rate: number | null) => void {
  const box = figure.querySelector<HTMLElement>('.chart-canvas');
  const caption = figure.querySelector('figcaption');
  const times: number[] = [];
  const rates: number[] = [];
  let chart: uPlot | null = null;

  return (rate) => {
    figure.hidden = rate === null;
    if (rate === null || box === null || caption === null) {
      // The next copy begins with an empty chart.
      times.length = 0;
      rates.length = 0;
      return;
    }
    const now = Date.now() / 1000;
    times.push(now);
    rates.push(rate);
    while ((times[0] ?? now) < now - keptSeconds) {
      times.shift();
      rates.shift();
    }
    caption.textContent = (figure.dataset.said ?? '')
      .replace('{current}', format.rate(rate))
      .replace('{highest}', format.rate(Math.max(...rates)));
    chart ??= drawEmpty(box);
    chart.setData([times, rates]);
  };
}

function drawEmpty(box: HTMLElement): uPlot {
  const options = chartOptions(box.clientWidth, 150, format.rate);
  const [time] = options.axes ?? [];
  // Never less than its labels can tell apart.
  if (time !== undefined) time.incrs = [5, 10, 30, 60, 120, 300];
  options.series.push({
    stroke: () => colour('--busy-bar'),
    fill: () => colour('--busy-soft'),
    width: 2,
    points: { show: false },
  });
  const chart = new uPlot(options, [[], []], box);
  followPage(chart, box);
  return chart;
}
