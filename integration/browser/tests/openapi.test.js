// The OpenAPI description, as read by other tools.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, test } from '../portal/test.js';

const here = fileURLToPath(new URL('..', import.meta.url));

// folder is beside node_modules, so that the tools find their imports.
const folder = test.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it.
  folder: async ({}, use) => {
    const path = await mkdtemp(`${here}/test-results-openapi-`);
    await use(path);
    await rm(path, { recursive: true });
  },
  file: async ({ portal, folder }, use) => {
    const response = await fetch(`${portal.url}/api/openapi.json`);
    await writeFile(`${folder}/openapi.json`, await response.text());
    await use(`${folder}/openapi.json`);
  },
});

// run runs a tool of node_modules, which must succeed.
function run(args, options) {
  const { status, stdout, stderr } = spawnSync('node', args, { cwd: here, encoding: 'utf8', ...options });
  expect(status, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
}

folder("redocly's recommended rules find nothing", async ({ file }) => {
  const config = await createConfig({ extends: ['recommended'] });
  // An id is a UUID, so no address is that of both a service's part and a name.
  const byName = ({ ruleId, message }) =>
    ruleId === 'no-ambiguous-paths' && message.includes('/api/services/by-name/{name}');
  const found = (await lint({ ref: file, config })).filter((one) => !byName(one));
  expect(found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
});

folder("Spectral's rules for OpenAPI find nothing", async ({ file, folder }) => {
  await writeFile(`${folder}/ruleset.yaml`, 'extends: ["spectral:oas"]\n');
  const spectral = 'node_modules/@stoplight/spectral-cli/dist/index.js';
  run([spectral, 'lint', '--fail-severity', 'hint', '--ruleset', `${folder}/ruleset.yaml`, file]);
});

// The compiler checks it too: the types must allow null.
const client = `
import createClient from 'openapi-fetch';
import type { paths } from './schema';

export async function clear(baseUrl: string, id: string) {
  const api = createClient<paths>({ baseUrl });
  const params = { path: { id } };
  const cleared = await api.PATCH('/api/services/{id}', {
    params,
    body: { team: null, docs_url: null, tags: null, status: null, interval: null },
  });
  const read = await api.GET('/api/services/{id}', { params });
  if (!read.data) throw new Error(JSON.stringify(read.error));
  const { id: same, tags, team }: { id: string; tags: string[]; team: string | null } = read.data;
  const put = await api.PUT('/api/services/{id}', { params, body: read.data });
  return { cleared: cleared.response.status, put: put.data, read: read.data, seen: { same, tags, team } };
}
`;

folder(
  'a client that TypeScript checks clears a field and puts back what it read',
  async ({ portal, file, folder, catalogue }) => {
    const service = await catalogue.add({ team: 'Payments', docs_url: 'https://docs.example.com/', tags: ['go'] });
    await writeFile(`${folder}/schema.d.ts`, astToString(await openapiTS(pathToFileURL(file))));
    await writeFile(`${folder}/client.ts`, client);
    const options = [
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--module',
      'esnext',
      '--moduleResolution',
      'bundler',
    ];
    run(['node_modules/typescript/bin/tsc', ...options, `${folder}/client.ts`]);
    const { clear } = await import(pathToFileURL(`${folder}/client.js`).href);
    const { cleared, put, read, seen } = await clear(portal.url, service.id);
    expect(cleared).toBe(200);
    expect(seen).toEqual({ same: service.id, tags: [], team: null });
    expect(read).toMatchObject({ docs_url: null, interval: '1m', status: 'unknown' });
    expect(put).toEqual(read);
  },
);
