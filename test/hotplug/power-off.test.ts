/** Drives that are switched off at the end. */

import { expect } from 'vitest';
import { type Box, scenarios } from './scenario.ts';

const scenario = scenarios();

/** The drives that the kernel knows, the machine's own left out. */
async function drives(box: Box): Promise<string[]> {
  const names = await box.guest.run('ls', '/sys/block');
  return names.split('\n').filter((name) => name.startsWith('sd'));
}

for (const bus of ['usb', 'scsi'] as const) {
  scenario(
    `a ${bus} drive is gone from the machine when the mail says that it can be pulled out`,
    async (box) => {
      const disk = await box.disk();
      const other = await box.disk({ label: 'OTHER' });
      await box.plug(other, { bus });
      await box.unitEnded(other);
      await box.configure([disk], { 'power-off': 'yes' });
      await box.plug(disk, { bus });
      const run = await box.ended(disk);
      expect(run).toMatchObject({ outcome: 'done', unplug: true, warnings: [] });
      // The other one is none of its business.
      expect(await drives(box)).toEqual(['sda']);
      expect(await box.failedUnits()).toEqual([]);
      const subjects = (await box.mails()).map(({ message }) => message.subject);
      expect(subjects).toEqual([
        expect.stringMatching(/^Backup started/),
        expect.stringMatching(/^Backup done: .* – you can unplug it/),
      ]);
    },
  );
}
