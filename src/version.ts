/** This program's version, as package.json has it; the bundler and the test runner put it in. */

declare const PLUGBACK_VERSION: string;

export const version: string = PLUGBACK_VERSION;
