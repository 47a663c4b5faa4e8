// Runs in a tab that was opened to sign in beside a page with unsaved work: it tells that
// page, and goes.
import { notSignedIn } from './lib/account.js';

const why = notSignedIn(location.search);
if (why) {
  document.querySelector('#outcome').textContent = why;
} else {
  new BroadcastChannel('portal-account').postMessage('changed');
  window.close();
}
