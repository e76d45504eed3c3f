import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';
import { redact, redactEnvironment, redactText, secretsOf } from '../../src/config/redact.ts';
import type { Config } from '../../src/config/types.ts';

const password = 'hunter2-geheim';

function configWith(lines: string): Config {
  const text = `[BACKUP]\nbackup-source = /a\n[MAIL]\n${lines}\n`;
  const { config } = checkConfig(Buffer.from(text), '/c', {}, { platform: 'posix' });
  if (config === null) throw new Error('no configuration');
  return config;
}

describe('the configuration', () => {
  test('is shown without its password', () => {
    const config = configWith(`server = mail\nusername = u\npassword = ${password}`);
    const shown = redact(config);
    expect(shown.mail.password).toBe('***');
    expect(JSON.stringify(shown)).not.toContain(password);
    expect({ ...shown, mail: { ...shown.mail, password } }).toEqual(config);
    expect(config.mail.password).toBe(password);
    expect(secretsOf(config)).toEqual([password]);
  });

  test('shows that there is no password', () => {
    expect(redact(configWith('')).mail.password).toBeNull();
    expect(secretsOf(configWith(''))).toEqual([]);
  });
});

describe('the environment', () => {
  const config = configWith(`password = ${password}`);

  test.each([
    ['PATH', '/usr/bin', '/usr/bin'],
    ['PWD', '/root', '/root'],
    ['OLDPWD', '/', '/'],
    ['LANG', 'de_DE.UTF-8', 'de_DE.UTF-8'],
    ['EMPTY', '', ''],
    ['MAIL_PASSWORD', 'x', '***'],
    ['mail_password', 'x', '***'],
    ['MYSQL_PWD', 'x', '***'],
    ['RSYNC_PASSWORD', 'x', '***'],
    ['GITHUB_TOKEN', 'x', '***'],
    ['AWS_SECRET_ACCESS', 'x', '***'],
    ['API_KEY', 'x', '***'],
    ['CREDENTIALS_DIRECTORY', '/run/x', '***'],
    ['PASSPHRASE', '', ''],
    ['HTTP_PROXY', 'http://u:p@proxy:3128/', 'http://***@proxy:3128/'],
    ['URL', 'ftp://user:pa/ss@w@host/x', 'ftp://***@host/x'],
    ['URL', 'https://token@host/x https://host/', 'https://***@host/x https://host/'],
    ['URL', 'https://host/x?a=1&access_token=abc&b=2', 'https://host/x?a=1&access_token=***&b=2'],
    ['URL', 'https://host:8080/x', 'https://host:8080/x'],
    ['ANY', password, '***'],
    ['ANY', `--password ${password} --x`, '--password *** --x'],
  ])('%s=%s', (name, value, shown) => {
    expect(redactEnvironment({ [name]: value }, config)).toEqual({ [name]: shown });
  });

  test('without a configuration, names and URLs still count', () => {
    expect(redactEnvironment({ A_TOKEN: 'x', B: 'y', C: undefined }, null)).toEqual({
      A_TOKEN: '***',
      B: 'y',
    });
  });

  test('a very short secret is hidden where it stands alone only', () => {
    expect(redactText('a', ['a'])).toBe('***');
    expect(redactText('banana', ['a'])).toBe('banana');
    expect(redactText('', [''])).toBe('');
  });
});
