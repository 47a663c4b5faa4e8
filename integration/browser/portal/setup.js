// Runs once, before all tests: checks the prerequisites, and builds the portal if the tests
// start their own.
import { spawnSync } from 'node:child_process';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from './settings.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export default async function setup() {
  await access(settings.chromium, constants.X_OK).catch(() => {
    throw new Error(`There is no browser at ${settings.chromium}: install Chromium, or name one by PORTAL_CHROMIUM.`);
  });
  if (settings.urls.length > 0) return undefined;
  const { binary, remove } = await provide();
  process.env.PORTAL_BIN = binary; // the workers inherit it
  return remove;
}

// provide returns the binary to start, built if none was given, and a function that removes
// it.
export async function provide() {
  if (settings.binary) {
    await access(settings.binary, constants.X_OK);
    return { binary: settings.binary, remove: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), 'dev-portal-build-'));
  const binary = join(folder, 'dev-portal');
  const args = ['build', '-o', binary, './services/standalone/cmd/dev-portal'];
  const { status, error, stderr } = spawnSync('go', args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${error?.message ?? stderr}`);
  return { binary, remove: () => rm(folder, { recursive: true }) };
}
