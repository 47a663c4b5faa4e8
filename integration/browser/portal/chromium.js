// Launch options of Chromium: headless, with its own profile, and no requests to anything
// but the portal.
import { settings } from './settings.js';

export const launchOptions = {
  executablePath: settings.chromium,
  args: [
    // The sandbox does not work for root, who runs tests in containers.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--no-first-run',
  ],
};
