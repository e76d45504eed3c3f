import { describe, expect, test } from 'vitest';
import {
  classifyFailure,
  concernsServer,
  isMailFailureKind,
  MailError,
  type MailFailureKind,
  mailFailure,
  tellMailFailure,
} from '../../src/mail/failure.ts';
import { en } from '../../src/messages/en.ts';
import { createTranslator } from '../../src/messages/translator.ts';

const context = {
  config: { server: 'mail.office.example', port: 587, security: 'starttls' as const },
  secrets: ['hunter22'],
};

const kinds = Object.keys(en)
  .filter((key) => key.startsWith('mail.failure.'))
  .map((key) => key.slice('mail.failure.'.length)) as MailFailureKind[];

function thrown(fields: Record<string, unknown>): Error {
  return Object.assign(new Error(String(fields.message ?? 'x')), fields);
}

describe('a failure is recognised', () => {
  // The errors as nodemailer 10.6 and Node 20 throw them, seen against real servers.
  const cases: [MailFailureKind, Record<string, unknown>][] = [
    ['unknown-host', { code: 'ENOTFOUND' }],
    ['unknown-host', { code: 'EAI_AGAIN' }],
    ['connection-refused', { code: 'ECONNREFUSED' }],
    ['unreachable', { code: 'ENETUNREACH' }],
    ['connect-timeout', { code: 'ETIMEDOUT', timeoutType: 'CONNECT_TIMEOUT' }],
    ['connect-timeout', { code: 'ETIMEDOUT' }],
    ['silent', { code: 'ETIMEDOUT', timeoutType: 'GREETING_TIMEOUT', command: 'CONN' }],
    ['silent', { code: 'ETIMEDOUT', timeoutType: 'SOCKET_TIMEOUT', command: 'CONN' }],
    ['silent', { code: 'ETIMEDOUT', timeoutType: 'UPGRADE_TIMEOUT', command: 'CONN' }],
    ['hung-up', { code: 'ECONNECTION', command: 'CONN' }],
    ['hung-up', { code: 'ESOCKET', originalCode: 'ECONNRESET' }],
    ['hung-up', { code: 'EENVELOPE', command: 'MAIL FROM', response: '421 4.7.0 bye', responseCode: 421 }],
    ['turned-away', { code: 'EPROTOCOL', command: 'CONN', response: '554 no thanks', responseCode: 554 }],
    ['turned-away', { code: 'EPROTOCOL', command: 'CONN', response: '421 too busy', responseCode: 421 }],
    ['tls-not-offered', { code: 'ETLS', command: 'STARTTLS', response: '502 what?', responseCode: 502 }],
    ['tls-failed', { code: 'ESOCKET', originalCode: 'ERR_SSL_WRONG_VERSION_NUMBER' }],
    ['tls-failed', { code: 'ESOCKET', originalCode: 'EPROTO' }],
    ['tls-failed', { code: 'ETLS', command: 'CONN' }],
    ['certificate-untrusted', { code: 'ESOCKET', originalCode: 'SELF_SIGNED_CERT_IN_CHAIN' }],
    ['certificate-untrusted', { code: 'ESOCKET', originalCode: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }],
    ['certificate-name', { code: 'ESOCKET', originalCode: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    ['certificate-expired', { code: 'ESOCKET', originalCode: 'CERT_HAS_EXPIRED' }],
    ['login-refused', { code: 'EAUTH', command: 'AUTH PLAIN', response: '535 5.7.8 no', responseCode: 535 }],
    ['try-later', { code: 'EAUTH', command: 'AUTH PLAIN', response: '454 4.7.0 later', responseCode: 454 }],
    ['login-required', { code: 'EENVELOPE', command: 'MAIL FROM', response: '530 login', responseCode: 530 }],
    [
      'tls-required',
      {
        code: 'EENVELOPE',
        command: 'MAIL FROM',
        response: '530 Must issue a STARTTLS first',
        responseCode: 530,
      },
    ],
    ['sender-refused', { code: 'EENVELOPE', command: 'MAIL FROM', response: '553 no', responseCode: 553 }],
    ['recipient-refused', { code: 'EENVELOPE', command: 'RCPT TO', response: '550 no', responseCode: 550 }],
    [
      'recipient-refused',
      { code: 'EENVELOPE', command: 'RCPT TO', response: '552 5.2.2 mailbox full', responseCode: 552 },
    ],
    ['try-later', { code: 'EENVELOPE', command: 'RCPT TO', response: '451 greylisted', responseCode: 451 }],
    [
      'too-large',
      { code: 'EMESSAGE', command: 'MAIL FROM', message: 'Message size larger than allowed 100' },
    ],
    ['too-large', { code: 'EENVELOPE', command: 'MAIL FROM', response: '552 too big', responseCode: 552 }],
    ['too-large', { code: 'EMESSAGE', command: 'DATA', response: '554 5.3.4 too big', responseCode: 554 }],
    ['message-refused', { code: 'EMESSAGE', command: 'DATA', response: '554 5.7.1 spam', responseCode: 554 }],
    ['unexpected', { message: 'what is this' }],
  ];
  test.each(cases)('%s: %j', (kind, fields) => {
    expect(classifyFailure(thrown(fields), context).kind).toBe(kind);
  });

  test('one that is known already stays as it is', () => {
    const failure = mailFailure('password-file', context, { path: '/x', said: 'ENOENT' });
    expect(classifyFailure(new MailError(failure), context)).toEqual(failure);
  });

  test('anything may be thrown', () => {
    for (const odd of [null, undefined, 'text', 7, { code: 7, response: {} }]) {
      expect(classifyFailure(odd, context).kind).toBe('unexpected');
    }
  });

  test('what the server said is on one line, short, without control characters and without secrets', () => {
    const response = `535 5.7.8 "hunter22" is wrong\r\n535 \x1b[31mred\u202e${'x'.repeat(900)}`;
    const { said } = classifyFailure(thrown({ code: 'EAUTH', response, responseCode: 535 }), context);
    expect(said).toMatch(/^535 5\.7\.8 "\*\*\*" is wrong 535 \\x1b\[31mred\\u202exxx/);
    expect(said.length).toBe(300);
  });

  test('a refused recipient is no reason to stop, a refused login is', () => {
    expect(concernsServer('recipient-refused')).toBe(false);
    expect(concernsServer('too-large')).toBe(false);
    expect(concernsServer('login-refused')).toBe(true);
    expect(concernsServer('connection-refused')).toBe(true);
  });
});

describe('a failure is told', () => {
  const known = { said: '535 no', addresses: ['a@x.example'], path: '/etc/plugback/password' };

  test('every kind has its words', () => {
    expect(kinds.length).toBeGreaterThan(20);
    expect(kinds.filter((kind) => !isMailFailureKind(kind))).toEqual([]);
  });

  test.each(kinds)('%s: with a remedy, in both languages', (kind) => {
    const failure = mailFailure(kind, context, known);
    const [english, german] = (['en', 'de'] as const).map((language) =>
      tellMailFailure(failure, createTranslator(language)),
    );
    expect(english?.problem).toMatch(/\.$/);
    expect(english?.remedy).toMatch(/\.$/);
    expect(german?.problem).not.toBe(english?.problem);
    expect(german?.remedy).not.toBe(english?.remedy);
  });

  /** These pass by themselves, or are no matter of the configuration. */
  const withoutKey = ['try-later', 'stopped', 'outbox-busy', 'unexpected'];
  test.each(kinds.filter((kind) => !withoutKey.includes(kind)))(
    '%s: the remedy names a config key',
    (kind) => {
      for (const language of ['en', 'de'] as const) {
        const { remedy } = tellMailFailure(mailFailure(kind, context, known), createTranslator(language));
        expect(remedy).toMatch(
          /[“„](server|port|security|username|password-file|from-mail-address|to-mail-addresses-sysop|attach-limit-mb)\b/,
        );
      }
    },
  );

  test('where nothing was said, nothing is left hanging', () => {
    const { problem } = tellMailFailure(mailFailure('hung-up', context), createTranslator('en'));
    expect(problem).toBe('The mail server mail.office.example ended the connection too early.');
  });
});
