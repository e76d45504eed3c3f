import { describe, expect, test } from 'vitest';
import { editDistance, nearestName } from '../../src/config/nearest.ts';

describe('how far two names are from each other', () => {
  test.each([
    ['', '', 0],
    ['port', 'port', 0],
    ['port', '', 4],
    ['', 'port', 4],
    ['prot', 'port', 1],
    ['sever', 'server', 1],
    ['servers', 'server', 1],
    ['sarver', 'server', 1],
    ['kitten', 'sitting', 3],
  ])('%j and %j: %d', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
    expect(editDistance(other, one)).toBe(distance);
  });
});

describe('the nearest name', () => {
  const known = ['server', 'port', 'password', 'password-file'];

  test.each([
    ['sever', 'server', true],
    ['PROT', 'port', true],
    ['passwort', 'password', true],
    ['password-flie', 'password-file', true],
    ['colour', 'server', false],
    ['x'.repeat(100_000), 'server', false],
  ])('to %.20s', (typed, name, isSlip) => {
    expect(nearestName(typed, known)).toEqual({ name, isSlip });
  });
});
