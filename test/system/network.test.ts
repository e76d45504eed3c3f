/** Ping, magic packets, SNTP, ssh, sessions and power: arguments and parsers. */

import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { askTimeCommand, parseTime, setClockArgv } from '../../src/system/clock-setting.ts';
import {
  broadcastOf,
  cardOfRoute,
  type Interface,
  interfaceFor,
  parseRoutes,
  parseRoutes6,
  prefixOf,
  whyBlind,
} from '../../src/system/interfaces.ts';
import { createPinger, parsePing, pingArgv } from '../../src/system/ping.ts';
import { alarmArgv, parseInhibitors, remoteSleepCommand, sleepArgv } from '../../src/system/power-state.ts';
import { idleOfQueryUser, idleOfWho } from '../../src/system/sessions.ts';
import { askNtpServer, parseSntpAnswer, sntpQuestion } from '../../src/system/sntp.ts';
import { sshFailure } from '../../src/system/ssh.ts';
import { probeTcp } from '../../src/system/tcp-probe.ts';
import { magicPacket, sendMagicPacket } from '../../src/system/wake-on-lan.ts';
import { fakeRunner } from '../fakes.ts';
import { fixture } from '../fixtures.ts';

describe('ping', () => {
  const request = { address: '10.0.0.9', sourceAddress: '10.0.0.1', timeoutMs: 1000 };

  test('asks once, from the right card, without looking names up', () => {
    const asked = 'ping -4 -n -q -c 1 -W 1 -w 1 -I 10.0.0.1 -- 10.0.0.9';
    expect(pingArgv(request, 'linux').join(' ')).toBe(asked);
    expect(pingArgv(request, 'win32').join(' ')).toBe('ping -4 -n 1 -w 1000 -S 10.0.0.1 10.0.0.9');
    expect(pingArgv({ ...request, address: 'fd00::9', sourceAddress: null }, 'linux')).toContain('-6');
  });

  test('many are asked by one program, and each answer belongs to its address', async () => {
    const silent = fixture('ping-silent.txt');
    const answered = fixture('ping-answered.txt').replaceAll('127.0.0.1', '10.0.0.7');
    const runner = fakeRunner((line, { input }) => {
      expect(line).toBe('xargs -P 300 -n 1 -- ping -4 -n -q -c 1 -W 1 -w 1 -I 10.0.0.1 --');
      expect(input).toBe('10.9.9.9\n10.0.0.7\n');
      return { exitCode: 123, stdout: `${silent}${answered}` };
    });
    const ask = createPinger(1000, { runner, platform: 'linux' });
    const asked = ['10.9.9.9', '10.0.0.7', '10.0.0.7'].map((address) => ask(address, '10.0.0.1'));
    expect((await Promise.all(asked)).map(({ answer }) => answer)).toEqual([false, true, true]);
    expect(runner.calls).toHaveLength(1);
  });

  test('without ping nobody is taken for absent', async () => {
    const ask = createPinger(1000, { runner: fakeRunner(() => ({ exitCode: 127 })), platform: 'linux' });
    await expect(Promise.all([ask('10.0.0.1', null), ask('10.0.0.2', null)])).rejects.toThrow(
      'program-missing',
    );
  });

  test.each([
    ['ping-answered.txt', 0, true],
    ['ping-silent.txt', 1, false],
    // It could not even ask: nothing is known of the other machine.
    ['ping-unreachable.txt', 2, null],
    // Whatever it says, the exit code counts, too.
    ['ping-answered.txt', 1, false],
  ])('%s with exit code %d: %s', (name, exitCode, answered) => {
    expect(parsePing({ exitCode, stdout: fixture(name) }, request, 'linux')).toBe(answered);
  });

  test('what this machine could not ask is not known, never absence', async () => {
    const answered = fixture('ping-answered.txt').replaceAll('127.0.0.1', '10.0.0.7');
    const silent = fixture('ping-silent.txt');
    const unsent = '--- 10.9.9.8 ping statistics ---\n0 packets transmitted, 0 received\n';
    const asked = (answer: { stdout?: string; stderr?: string }) => {
      const ask = createPinger(1000, {
        runner: fakeRunner(() => ({ exitCode: 123, ...answer })),
        platform: 'linux',
      });
      return Promise.all(['10.9.9.9', '10.9.9.8', '10.0.0.7'].map((address) => ask(address, null)));
    };
    const answers = async (stdout: string, stderr = '') =>
      (await asked({ stdout, stderr })).map(({ answer }) => answer);
    expect(await answers(silent + unsent + answered)).toEqual([false, null, true]);
    expect(await answers(answered)).toEqual([null, null, true]);
    expect(await answers('', 'ping: bind: Cannot assign requested address')).toEqual([null, null, null]);
    expect(await answers(silent + answered, 'ping: sendmsg: Operation not permitted')).toEqual([
      null,
      null,
      true,
    ]);
  });

  test('those that wait for their turn are given the time', async () => {
    const runner = fakeRunner((_line, { timeoutMs }) => {
      expect(timeoutMs).toBeGreaterThan(10_000);
      return { exitCode: 123 };
    });
    const ask = createPinger(1000, { runner, platform: 'linux' });
    await Promise.all(
      Array.from({ length: 2500 }, (_, index) => ask(`10.0.${index >> 8}.${index & 255}`, null)),
    );
    expect(runner.calls).toHaveLength(1);
  });

  test.each([
    [
      'Zeitüberschreitung der Anforderung.\r\n    Pakete: Gesendet = 1, Empfangen = 0, Verloren = 1\r\n',
      false,
    ],
    ['IP-Optionsfehler: Quelladresse ungültig', null],
  ])('Windows, exit code 1: %s', (stdout, answered) => {
    expect(parsePing({ exitCode: 1, stdout }, request, 'win32')).toBe(answered);
  });

  test.each([
    ['Antwort von 10.0.0.9: Bytes=32 Zeit<1ms TTL=128', true],
    ['Antwort von 10.0.0.1: Zielhost nicht erreichbar.', false],
    ['Reply from 10.0.0.9: bytes=32 time=3ms TTL=64', true],
  ])('Windows, where the exit code is 0 all the same: %s', (stdout, answered) => {
    expect(parsePing({ exitCode: 0, stdout }, request, 'win32')).toBe(answered);
  });
});

describe('cards', () => {
  const card = (name: string, address: string, netmask = '255.255.255.0'): Interface => ({
    name,
    address,
    netmask,
    mac: '',
    isInternal: name === 'lo',
  });
  const cards = [
    card('lo', '127.0.0.1', '255.0.0.0'),
    card('eth0', '192.168.1.1'),
    card('eth1', '10.0.2.1', '255.255.254.0'),
    card('eth1', 'fd00:2::1', 'ffff:ffff:ffff:ffff::'),
  ];

  test.each([
    ['192.168.1.20', null, '192.168.1.1'],
    ['10.0.3.20', null, '10.0.2.1'],
    ['fd00:2::20', null, 'fd00:2::1'],
    ['10.0.4.20', null, null],
    ['10.0.4.20', 'eth1', '10.0.2.1'],
    ['10.0.4.20', '192.168.1.1', '192.168.1.1'],
    // The second card of a computer whose first one hangs at eth0.
    ['10.0.3.20', '192.168.1.1', '10.0.2.1'],
    ['fd00:9::1', 'eth1', 'fd00:2::1'],
    ['10.0.2.9', 'eth7', null],
    ['127.0.0.9', null, null],
  ])('%s through %s: %s', (address, chosen, own) => {
    expect(interfaceFor(address, chosen, cards)?.address ?? null).toBe(own);
  });

  test.each([
    ['192.168.1.1', '255.255.255.0', '192.168.1.255'],
    ['10.0.2.1', '255.255.254.0', '10.0.3.255'],
    ['10.1.2.3', '255.0.0.0', '10.255.255.255'],
    ['10.1.2.3', '255.255.255.255', null],
    ['10.1.2.2', '255.255.255.254', null],
    ['10.1.2.2', '255.255.255.252', '10.1.2.3'],
    ['fd00::1', 'ffff::', null],
  ])('all of the net of %s / %s are at %s', (address, netmask, broadcast) => {
    expect(broadcastOf({ address, netmask })).toBe(broadcast);
  });

  const routes = [
    ...parseRoutes(fixture('proc-net-route.txt')),
    ...parseRoutes6(fixture('proc-net-ipv6_route.txt')),
  ];

  test('the routes of the system', () => {
    expect(routes).toEqual(
      expect.arrayContaining([
        { net: '0.0.0.0', prefix: 0, card: 'eth1' },
        { net: '10.5.0.0', prefix: 24, card: 'eth0' },
      ]),
    );
    expect(cardOfRoute('10.5.0.9', routes)).toBe('eth0');
    expect(cardOfRoute('10.99.0.9', routes)).toBe('eth1');
    expect(cardOfRoute('10.99.0.9', routes.slice(1))).toBeNull();
    expect(cardOfRoute('fd00:5::9', routes)).toBe('eth0');
    expect(parseRoutes('rubbish\n\n')).toEqual([]);
  });

  const other = card('eth1', '10.6.0.1');
  test.each([
    ['in the net of a card', '10.5.0.9', null, [card('eth0', '10.5.0.1'), other], null],
    ['behind a router', '10.99.0.9', null, [other], null],
    ['its cable is pulled', '10.5.0.9', null, [other], 'eth0: no link'],
    ['no card has a cable', '10.99.0.9', null, [card('lo', '127.0.0.1')], 'eth1: no link'],
    ['the card that was named is gone', '10.99.0.9', 'eth7', [other], 'eth7: no link'],
  ])('%s', (_what, address, chosen, interfaces, why) => {
    expect(whyBlind(address, chosen, { interfaces, routes })).toBe(why);
  });

  test('without any route nothing is known', () => {
    expect(whyBlind('10.99.0.9', null, { interfaces: [other], routes: [] })).toBe('no route');
    // Where the system does not tell its routes.
    expect(whyBlind('10.99.0.9', null, { interfaces: [other], routes: null })).toBeNull();
    expect(whyBlind('10.99.0.9', null, { interfaces: [], routes: null })).toBe('all cards: no link');
  });

  test('a netmask in bits', () => {
    expect([prefixOf('255.255.254.0'), prefixOf('ffff:ffff:ffff:ffff::'), prefixOf('0.0.0.0')]).toEqual([
      23, 64, 0,
    ]);
  });
});

describe('the magic packet', () => {
  test('is six times 0xff and sixteen times the address', () => {
    const packet = magicPacket('00:1b:21:3c:4d:5e');
    expect(packet).toHaveLength(102);
    expect(packet.toString('hex')).toBe('ff'.repeat(6) + '001b213c4d5e'.repeat(16));
  });

  test('goes to a net that can be reached, and says when it cannot', async () => {
    const card = { name: 'x', address: '192.0.2.77', netmask: '255.255.255.0', mac: '', isInternal: false };
    await expect(sendMagicPacket('00:1b:21:3c:4d:5e', card)).rejects.toThrow('EADDRNOTAVAIL');
  });
});

/** Puts another byte at a place of a packet. */
const overwritten = (byte: number, at: number) => (packet: Buffer) => {
  packet[at] = byte;
  return packet;
};

describe('SNTP', () => {
  const sentAt = 1_795_000_000_123;
  /** A server whose clock is so many ms ahead, half a second away. */
  function answer(ahead: number, change: (packet: Buffer) => void = () => undefined): Buffer {
    const packet = sntpQuestion(sentAt + 250 + ahead);
    sntpQuestion(sentAt).copy(packet, 24, 40, 48);
    packet.copy(packet, 32, 40, 48);
    packet[0] = 0b00_100_100;
    packet[1] = 2;
    change(packet);
    return packet;
  }
  const times = { sentAt, receivedAt: sentAt + 500 };

  test.each([0, 1_200_000, -1_200_000, 7, -86_400_000])('a clock %d ms ahead', (ahead) => {
    expect(parseSntpAnswer(answer(ahead), times)).toBeCloseTo(ahead, 0);
  });

  test('after February 2036 NTP counts from zero again', () => {
    const late = Date.parse('2036-03-01T00:00:00Z');
    const packet = sntpQuestion(late);
    packet.copy(packet, 24, 40, 48);
    packet.copy(packet, 32, 40, 48);
    packet[0] = 0b00_100_100;
    packet[1] = 1;
    expect(parseSntpAnswer(packet, { sentAt: late, receivedAt: late })).toBeCloseTo(0, 0);
  });

  test.each([
    ['cut off', (packet: Buffer) => packet.subarray(0, 40)],
    ['of a client', overwritten(0b00_100_011, 0)],
    ['of one that does not know the time', overwritten(0b11_100_100, 0)],
    ['a kiss of death', overwritten(0, 1)],
    ['to another question', overwritten(1, 27)],
    ['without the time it was sent', (packet: Buffer) => packet.fill(0, 40, 48)],
    ['without the time the question came', (packet: Buffer) => packet.fill(0, 32, 40)],
    ['of one that is not synchronised', overwritten(16, 1)],
    ['empty', () => Buffer.alloc(0)],
  ])('an answer that is %s is none', (_what, spoil) => {
    expect(parseSntpAnswer(spoil(answer(0)), times)).toBeNull();
  });

  test('no way there, or none from that address: no answer, and no end of this process', async () => {
    for (const options of [
      { address: '255.255.255.255', sourceAddress: null },
      { address: 'fd00:dead::1', sourceAddress: '::1' },
      { address: '127.0.0.1', sourceAddress: '192.0.2.77' },
    ])
      expect(await askNtpServer({ ...options, timeoutMs: 50, now: () => Date.now() })).toBeNull();
  });

  test('nobody there', async () => {
    const options = { address: '127.0.0.1', sourceAddress: null, timeoutMs: 50, now: () => Date.now() };
    expect(await askNtpServer(options)).toBeNull();
  });
});

test('a port tells whether somebody is there', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const question = { address: '127.0.0.1', port, sourceAddress: '127.0.0.1', timeoutMs: 2000 };
  expect(await probeTcp(question)).toBe('open');
  await new Promise((resolve) => server.close(resolve));
  expect(await probeTcp(question)).toBe('refused');
  // 192.0.2.77 is no address of this machine: nobody was asked.
  expect(await probeTcp({ ...question, sourceAddress: '192.0.2.77' })).toBe('not-asked');
  expect(await probeTcp(question, AbortSignal.abort())).toBe('silent');
});

describe('who sits there', () => {
  test.each([
    ['anna     tty1         2026-11-21 09:12   .          4711', 0],
    ['anna     tty1         2026-11-21 09:12 00:17        4711', 17],
    ['anna     tty1         2026-11-21 09:12  old         4711 (10.0.0.1)', 1440],
    ['anna     :0           2026-11-21 09:12   ?          4711 (:0)', 0],
    ['anna     tty1         Nov 21 09:12 01:05        4711', 65],
    ['anna  tty1  2026-11-21 09:12 03:00  1\notto  tty2  2026-11-21 09:12 00:05  2', 5],
    ['', Number.POSITIVE_INFINITY],
    // What is not understood is taken for use.
    ['\x1b[2J $(reboot)', 0],
    ['anna  pts/0  heute 09:12  00:17', 0],
    // utmp knows nobody, logind does.
    ['--\n 2 1000 anna seat0 tty2 active no -', 0],
    ['--\n 7 1000 anna - pts/0 active no -', 0],
    ['--\n c1 110 gdm seat0 tty1 active no -\n 9 0 root - - active no -', Number.POSITIVE_INFINITY],
    ['--\n 2 1000 anna seat0 tty2 closing no -', Number.POSITIVE_INFINITY],
    ['anna  tty2  2026-11-21 09:12 00:17  4711\n--\n 2 1000 anna seat0 tty2 active no -', 17],
  ])('%j: %d minutes', (text, minutes) => {
    expect(idleOfWho(text)).toBe(minutes);
  });

  test.each([
    ['>anna   console   1  Aktiv   17  21.11.2026 09:12', 17],
    [' anna             2  Getr.   1+03:15  21.11.2026 09:12', 1635],
    [' anna   rdp-tcp#3 3  Active  1:05  11/21/2026 9:12 AM', 65],
    [' anna   console   1  Active  none  11/21/2026 9:12 AM', 0],
    [' anna   console   1  Active  .  11/21/2026 9:12 AM', 0],
  ])('Windows, %j: %d minutes', (line, minutes) => {
    const stdout = ` USERNAME  SESSIONNAME  ID  STATE  IDLE TIME  LOGON TIME\r\n${line}\r\n`;
    expect(idleOfQueryUser({ exitCode: 0, stdout, stderr: '' })).toBe(minutes);
  });

  test.each([
    ['nobody is logged in', 1, 'Es ist kein Benutzer für * vorhanden.', Number.POSITIVE_INFINITY],
    [
      'Windows Home has no such program',
      1,
      "'query' is not recognized as an internal or external command",
      null,
    ],
    ['it was ended', null, '', null],
    ['it says nothing', 0, '', null],
  ])('Windows: %s', (_what, exitCode, stderr, idle) => {
    expect(idleOfQueryUser({ exitCode, stdout: '', stderr })).toBe(idle);
  });

  test('a host that answers with nonsense does not keep this machine busy', () => {
    const began = performance.now();
    for (const piece of ['>', '1 ', ' 1', 'Nov 1 ', ' 2026-11-21 09:12 ', 'x']) {
      const stdout = `head\n${piece.repeat(64_000 / piece.length)}`;
      idleOfQueryUser({ exitCode: 0, stdout, stderr: '' });
      idleOfWho(stdout);
      parseTime(stdout);
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('power', () => {
  test('this machine asks who holds it', () => {
    expect(sleepArgv('hibernate', 'posix')).toEqual(['systemctl', '--check-inhibitors=yes', 'hibernate']);
    expect(sleepArgv('shutdown', 'win32')).toEqual(['shutdown.exe', '/s', '/t', '0']);
    expect(remoteSleepCommand('suspend', 'ssh', false)).toBe(
      'sudo -n systemctl --check-inhibitors=yes suspend',
    );
    expect(remoteSleepCommand('suspend', 'windows-ssh', false)).toBe(
      'powershell -NoProfile -Command "Add-Type -AssemblyName System.Windows.Forms; [System.Windows.Forms.Application]::SetSuspendState(0, 0, 0)"',
    );
    expect(remoteSleepCommand('hibernate', 'windows-ssh', false)).toBe('shutdown.exe /h');
    expect(alarmArgv(1_795_000_000_999)).toEqual(['rtcwake', '--mode', 'no', '--time', '1795000000']);
  });

  test('who holds it off counts, who only delays does not', () => {
    const text = JSON.stringify({
      type: 'a(ssssuu)',
      data: [
        [
          ['sleep', 'NetworkManager', 'turns off networks', 'delay', 0, 1],
          ['shutdown:sleep', 'apt', 'upgrading', 'block', 0, 2],
          ['handle-lid-switch', 'GNOME', 'screen', 'block', 0, 3],
          ['shutdown', 'dnf', 'upgrading', 'block', 0, 4],
          ['sleep:handle-lid-switch', 'plugback', 'copying', 'block', 0, 5],
        ],
      ],
    });
    expect(parseInhibitors(text, 'hibernate').map(({ who }) => who)).toEqual(['apt', 'plugback']);
    expect(parseInhibitors(text, 'shutdown').map(({ who }) => who)).toEqual(['apt', 'dnf', 'plugback']);
    for (const nothing of ['', 'x', '{}', '{"data":[1]}', '{"data":[[1]]}']) {
      expect(parseInhibitors(nothing, 'suspend')).toEqual([]);
    }
  });
});

describe('time', () => {
  test.each([
    ['1795000000.123456789\n', 1_795_000_000_123.4568],
    ['1795000000,5', 1_795_000_000_500],
    ['1795000000', 1_795_000_000_000],
    ['1795000000; reboot', null],
    ['soon', null],
    ['', null],
  ])('%j', (text, time) => {
    const parsed = parseTime(text);
    if (time === null) expect(parsed).toBeNull();
    else expect(parsed).toBeCloseTo(time, 2);
  });

  test('is set to the millisecond', () => {
    expect(setClockArgv(1_795_000_000_123)).toEqual(['date', '--utc', '--set=@1795000000.123']);
    expect(askTimeCommand('ssh')).toBe('date +%s.%N');
  });
});

test.each([
  ['Host key verification failed.', 'host-key-unknown'],
  ['No ED25519 host key is known for 10.0.0.1 and you have requested strict checking.', 'host-key-unknown'],
  ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', 'host-key-changed'],
  ['root@10.0.0.1: Permission denied (publickey).', 'login-refused'],
  ['ssh: connect to host 10.0.0.1 port 22: Connection refused', 'no-answer'],
  ['something else', 'other'],
])('ssh: %s', (stderr, failure) => {
  expect(sshFailure(stderr)).toBe(failure);
});
