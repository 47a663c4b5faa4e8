// How Chromium is started: headless, with a profile of its own, and silent
// towards everything but the portal.
import { settings } from './settings.js';

export const launchOptions = {
  executablePath: settings.chromium,
  args: [
    // Its sandbox refuses to work for root, who runs tests in containers.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run',
  ],
};
