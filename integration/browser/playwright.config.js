// How the tests run; portal/settings.js says what can be set from outside.
import { defineConfig } from '@playwright/test';
import { launchOptions } from './portal/chromium.js';
import { settings } from './portal/settings.js';

export default defineConfig({
  testDir: 'tests',
  globalSetup: './portal/setup.js',
  // Each worker has a portal to itself.
  workers: settings.urls.length || 2,
  grepInvert: settings.targetHost === 'none' ? /@probes/ : undefined,
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
