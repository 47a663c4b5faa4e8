// Which portal is tested, and how. Every variable is optional.
//
//   PORTAL_URL          the portal to test; several, separated by commas, are tested in
//                       parallel, each by a worker; without it, each worker starts its own
//   PORTAL_API_URL      the URL of /api, if it is not that of the page
//   PORTAL_HOST         the Host header to send, to reach a proxy by its address
//   PORTAL_API_KEY      the API key of an editor, for a portal in which others may only read
//   PORTAL_TARGET_HOST  the name or address by which that portal's health worker
//                       reaches this machine, where the tests' targets listen;
//                       "none": it does not, and the tests that need it are skipped
//   PORTAL_BIN          the dev-portal binary to start; without it, one is built
//   PORTAL_CHROMIUM     the browser; by default Debian's Chromium, preferably its headless
//                       shell, which takes half the time
import { existsSync } from 'node:fs';

const { env } = process;

export const settings = Object.freeze({
  urls: (env.PORTAL_URL || '')
    .split(',')
    .filter(Boolean)
    .map((text) => address('PORTAL_URL', text)),
  apiURL: address('PORTAL_API_URL', env.PORTAL_API_URL || ''),
  host: env.PORTAL_HOST || '',
  apiKey: env.PORTAL_API_KEY || '',
  targetHost: env.PORTAL_TARGET_HOST || '127.0.0.1',
  binary: env.PORTAL_BIN || '',
  chromium: env.PORTAL_CHROMIUM || chromium(),
});

if (settings.urls.length !== 1 && (settings.apiURL || settings.host || settings.apiKey)) {
  throw new Error(
    'PORTAL_API_URL, PORTAL_HOST and PORTAL_API_KEY say how to reach one portal that runs: give its PORTAL_URL, and no other.',
  );
}

function address(name, text) {
  if (text && !/^https?:\/\/[^/]/.test(text)) throw new Error(`${name} is "${text}": it needs http:// or https://.`);
  return text.replace(/\/+$/, '');
}

function chromium() {
  const windowless = '/usr/bin/chromium-headless-shell';
  return existsSync(windowless) ? windowless : '/usr/bin/chromium';
}
