// Runs once, before all tests: sees that there is something to test, and builds
// the portal if the tests start their own.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settings } from './settings.js';

const root = new URL('../../..', import.meta.url).pathname;

export default async function setup() {
  if (settings.url || settings.binary) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'dev-portal-build-'));
  // The workers inherit it.
  process.env.PORTAL_BIN = build(join(folder, 'dev-portal'));
  return () => rm(folder, { recursive: true });
}

// build makes the one-process edition, and returns where it is.
export function build(binary) {
  const args = ['build', '-o', binary, './services/standalone/cmd/dev-portal'];
  const { status, error, stderr } = spawnSync('go', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${error?.message ?? stderr}`);
  return binary;
}
