import { describe, expect, test } from 'vitest';
import { parseFstab } from '../../src/system/fstab.ts';

describe('fstab', () => {
  test('what should be mounted at all times', () => {
    const text = `# a comment
UUID=1b1f8c2e  /            ext4  errors=remount-ro 0 1
/dev/md0\t/srv/backups/\txfs\tdefaults,nofail\t0\t2
 /dev/sdc1 /srv/with\\040blank\\011tab ext4 defaults
//nas/share  /srv/nas  cifs  credentials=/root/nas,_netdev
/dev/sdb1 /media/usb ext4 noauto,user
/dev/sda2 none swap sw 0 0
/dev/sda3 /swapfile swap sw 0 0
tmpfs /tmp tmpfs defaults
#/dev/sdd1 /srv/old ext4 defaults

/dev/broken
`;
    expect(parseFstab(text)).toEqual(['/', '/srv/backups', '/srv/with blank\ttab', '/srv/nas', '/tmp']);
  });

  test('an option that only begins like noauto', () => {
    expect(parseFstab('/dev/a /a ext4 noautodefrag\n/dev/b /b ext4 rw,noauto')).toEqual(['/a']);
  });

  test('every escape that fstab knows', () => {
    expect(parseFstab('/dev/a /a\\040b\\134c\\012d ext4 defaults')).toEqual(['/a b\\c\nd']);
  });

  test('none', () => {
    expect(parseFstab('')).toEqual([]);
  });
});
