/** A backup that fails tells so by mail, by itself, and later if the mail server is down. */

import { afterAll, expect } from 'vitest';
import { unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import { type SmtpCatcher, type SmtpCatchers, smtpCatchers } from '../mail/smtp-catcher.ts';
import type { TestDisk } from './machine.ts';
import { officeTests } from './office.ts';

let disk: TestDisk;
let servers: SmtpCatchers | null = null;
let server: SmtpCatcher;

const { test, office } = officeTests(1, async (it, deb) => {
  disk = it.machine.makeDisk('MINE');
  await it.boot();
  it.install(deb.file);
  servers = await smtpCatchers(it.machine.onItsNetwork());
  server = await servers.start();
});

afterAll(() => servers?.endAll());

function configure(source: string): void {
  const mail = {
    'to-mail-addresses-sysop': 'sysop@example.com',
    'from-mail-address': 'plugback@example.com',
    server: server.host,
    port: server.port,
    security: 'none',
  };
  office().configure([disk], { BACKUP: { 'backup-source': source }, MAIL: mail });
}

const waiting = () =>
  (JSON.parse(office().inside('plugback', 'outbox', '--json')) as { waiting: [] }).waiting;

test('an empty source: the mail says so, and the unit counts as failed until the next backup is done', async () => {
  office().inside('mkdir', '/srv/empty');
  configure('/srv/empty/');
  expect(await office().backUp(disk)).toMatchObject({ outcome: 'refused', error: { exitCode: 76 } });
  const unit = unitOfDisk(disk.uuid);
  expect(office().failedUnits()).toContain(unit);
  expect(office().property(unit, 'ExecMainStatus')).toBe('76');
  const mail = (await server.mails()).at(-1);
  expect(mail?.to).toEqual(['sysop@example.com']);
  expect(mail?.message.subject).toMatch(/^Backup REFUSED: disk “MINE”/);
  expect(mail?.message.text).toContain('/srv/empty');
  expect(mail?.message.text).toMatch(/Nothing was (copied or )?deleted/i);
  expect(mail?.message.attachments.map(({ filename }) => filename)).toEqual([
    expect.stringMatching(/^plugback-.*\.log$/),
  ]);
  expect(waiting()).toEqual([]);
  await office().machine.pull(disk);

  configure('/srv/office/');
  expect(await office().backUp(disk)).toMatchObject({ outcome: 'done' });
  expect(office().failedUnits()).toBe('');
});

test('the mail server is down: the timer’s service delivers what waits, once the server is back', async () => {
  configure('/srv/missing/');
  await server.goDown();
  const before = (await server.mails()).length;
  expect((await office().backUp(disk)).error).toMatchObject({ exitCode: 76 });
  expect(waiting()).toHaveLength(1);

  // Still down: nothing that an administrator would have to look at.
  const outbox = 'plugback-outbox.service';
  office().inside('systemctl', 'start', outbox);
  expect(office().property(outbox, 'ExecMainStatus')).toBe('75');
  expect(office().failedUnits()).not.toContain(outbox);

  await server.comeUp();
  // The timer's next turn, now instead of in a quarter of an hour.
  office().machine.write(
    '/run/systemd/system/plugback-outbox.timer.d/soon.conf',
    '[Timer]\nOnActiveSec=1s\nAccuracySec=1ms\n',
  );
  office().inside('systemctl', 'daemon-reload');
  office().inside('systemctl', 'restart', 'plugback-outbox.timer');
  await waitFor('the mail to leave', async () => (await server.mails()).length > before);
  await waitFor('the empty outbox', () => waiting().length === 0);
  const mails = await server.mails();
  expect(mails).toHaveLength(before + 1);
  expect(mails.at(-1)?.message.text).toContain('/srv/missing');
});
