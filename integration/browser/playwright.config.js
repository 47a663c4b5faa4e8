// How the tests run; portal/settings.js says what can be set from outside.
import { defineConfig } from '@playwright/test';
import { launchOptions } from './portal/chromium.js';
import { settings } from './portal/settings.js';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './portal/setup.js',
  // Each worker has a portal to itself.
  workers: settings.urls.length || 2,
  grepInvert: leftOut(),
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    launchOptions,
    locale: 'en-GB',
    screenshot: 'only-on-failure',
    viewport: { width: 1280, height: 800 },
  },
});

// leftOut matches what cannot be tested on this portal: @probes where it does not
// reach the tests' targets, @own where its parts are not the tests' to break.
function leftOut() {
  return [settings.targetHost === 'none' && /@probes/, settings.urls.length > 0 && /@own/].filter(Boolean);
}
