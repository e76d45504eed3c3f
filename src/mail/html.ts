/** The HTML part of a mail, made from its plain text: the same words, easier on the eye. */

import type { Language } from '../messages/format.ts';
import type { LetterTone } from './letter.ts';

interface ToneStyle {
  /** Says the same as the colour, for those who do not see it. */
  symbol: string;
  ink: string;
  paper: string;
}

const tones: { readonly [T in LetterTone]: ToneStyle } = {
  good: { symbol: '✔', ink: '#14532d', paper: '#e7f6ec' },
  warning: { symbol: '⚠', ink: '#713f12', paper: '#fdf3d7' },
  bad: { symbol: '✖', ink: '#7f1d1d', paper: '#fdeaea' },
  neutral: { symbol: '●', ink: '#1e3a5f', paper: '#e9f0f8' },
};

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that a browser shows as it is, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/**
 * A whole HTML document: the first line as headline in the tone's colour and with its symbol, the others as they are.
 *
 * Nothing in it is fetched from anywhere, and nothing in it is a script or a link.
 */
export function htmlFromText(lines: readonly string[], tone: LetterTone, language: Language): string {
  const { symbol, ink, paper } = tones[tone];
  const [headline = '', ...rest] = lines;
  const body = rest.join('\n').replace(/^\n+/, '');
  return `<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light">
<title>${escapeHtml(headline)}</title>
</head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1f2328;font:16px/1.5 system-ui,'Segoe UI',Arial,sans-serif">
<h1 style="margin:0 0 16px;padding:12px 16px;max-width:44em;border-left:4px solid ${ink};background:${paper};color:${ink};font-size:18px;line-height:1.4"><span aria-hidden="true">${symbol}</span> ${escapeHtml(headline)}</h1>
<div style="max-width:44em;padding:0 4px;white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(body)}</div>
</body>
</html>
`;
}
