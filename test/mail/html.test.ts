import { describe, expect, test } from 'vitest';
import { escapeHtml, htmlFromText } from '../../src/mail/html.ts';
import type { LetterTone } from '../../src/mail/letter.ts';

describe('the HTML part', () => {
  test('shows text as text', () => {
    const html = htmlFromText(['Disk “<b>x</b>” & \'y\' "z"', '<script>alert(1)</script>'], 'bad', 'en');
    expect(html).not.toContain('<b>');
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain('“&lt;b&gt;x&lt;/b&gt;” &amp; &#39;y&#39; &quot;z&quot;');
  });

  test('fetches nothing and links nowhere', () => {
    const html = htmlFromText(['Done. See http://evil.example/x.png', '<img src=x>'], 'good', 'en');
    expect(html).not.toMatch(/<(img|link|a|iframe|script|object|form)\b/i);
    expect(html).not.toMatch(/\b(src|href|url)\s*[=(]\s*["'h]/i);
  });

  test('tells the outcome by a symbol of its own, not by colour alone', () => {
    const symbols = (['good', 'warning', 'bad', 'neutral'] as LetterTone[]).map(
      (tone) => /aria-hidden="true">(.)</u.exec(htmlFromText(['x'], tone, 'en'))?.[1],
    );
    expect(new Set(symbols)).toEqual(new Set(['✔', '⚠', '✖', '●']));
  });

  test('keeps the lines as they are and says its language', () => {
    const html = htmlFromText(['Kopf', '', 'a:  1', '  b: 2'], 'neutral', 'de');
    expect(html).toContain('<html lang="de">');
    expect(html).toContain('>a:  1\n  b: 2</div>');
    expect(html).toContain('white-space:pre-wrap');
  });
});

test('escapeHtml leaves nothing that HTML reads', () => {
  expect(escapeHtml(`<>&"'äß`)).toBe('&lt;&gt;&amp;&quot;&#39;äß');
});
