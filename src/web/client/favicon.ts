/** The tab's symbol: the state's colour and shape, and a ring that closes as the copy goes on. */

const looks: Readonly<Record<string, { colour: string; shape: string }>> = {
  neutral: { colour: '#4a5870', shape: 'M11 12h10v8H11z' },
  busy: { colour: '#1b4fa8', shape: '' },
  good: { colour: '#136438', shape: 'm9.5 16.5 4.5 4.5 8.5-9.5' },
  warning: { colour: '#8a5200', shape: 'M16 9v8.5M16 22.5v.2' },
  bad: { colour: '#a31622', shape: 'm11 11 10 10m0-10L11 21' },
};
const circumference = 2 * Math.PI * 11;

/**
 * @param tone of the headline
 * @param percent of the copy; null when nothing is being copied
 */
export function showFavicon(tone: string, percent: number | null): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const { colour, shape } = looks[tone] ?? { colour: '#4a5870', shape: '' };
  const filled = ((percent ?? 25) / 100) * circumference;
  const ring =
    `<circle cx="16" cy="16" r="11" opacity=".3"/>` +
    `<circle cx="16" cy="16" r="11" transform="rotate(-90 16 16)" stroke-dasharray="${filled} ${circumference}"/>`;
  const drawing = tone === 'busy' ? ring : `<path d="${shape}"/>`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${colour}"/>` +
    `<g fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">${drawing}</g></svg>`;
  const address = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  if (link !== null && link.href !== address) link.href = address;
}
