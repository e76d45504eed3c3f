/** The one place where secrets are hidden, for logs with `debug = yes` and whatever else shows settings. */

import type { Environment } from './check.ts';
import type { Config } from './types.ts';

const hidden = '***';

/** Shorter ones would be found in half of all values, and hide them for nothing. */
const shortestSearched = 4;

/** The configuration as it may be shown: safe for JSON, with secrets as `***`. The original stays as it is. */
export function redact(config: Config): Config {
  const { mail } = config;
  return { ...config, mail: { ...mail, password: mail.password === null ? null : hidden } };
}

/** Everything in a configuration that must never be shown. */
export function secretsOf(config: Config): string[] {
  return [config.mail.password].filter((secret) => secret !== null);
}

/**
 * The environment variables as they may be shown: hidden are those whose names look like a secret, a login inside a URL,
 * and everything in which one of the configuration's secrets appears. Variables without a value are left out.
 */
export function redactEnvironment(environment: Environment, config: Config | null): Record<string, string> {
  const secrets = config === null ? [] : secretsOf(config);
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined)
      shown[name] = isSecretName(name) && value !== '' ? hidden : redactText(value, secrets);
  }
  return shown;
}

/** Does a variable's name say that its value is secret? PWD and OLDPWD are folders. */
function isSecretName(name: string): boolean {
  return (
    /pass|secret|token|key|cred|auth|cookie|private|signature/i.test(name) ||
    (/pwd/i.test(name) && !/^(?:OLD)?PWD$/.test(name))
  );
}

/** A text with logins in URLs, secret parameters of URLs and the given secrets hidden. */
export function redactText(text: string, secrets: readonly string[]): string {
  if (secrets.includes(text) && text !== '') return hidden;
  let shown = text
    // A password may hold the slash that ends the host: behind a colon everything counts, up to the last @.
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#:@]*:\S*|[^\s/?#]*)@/gi, `$1${hidden}@`)
    .replaceAll(/([?&][^=&\s]*(?:pass|pwd|secret|token|key|sig|auth)[^=&\s]*=)[^&\s#]+/gi, `$1${hidden}`);
  for (const secret of secrets) {
    if (secret.length >= shortestSearched) shown = shown.replaceAll(secret, hidden);
  }
  return shown;
}
